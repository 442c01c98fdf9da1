/** What main leaves for the post step. Written anew whenever something is to be undone or saved, before it is begun. */
export interface Handover {
  readonly version: 1
  /** Builder that main made and post removes. */
  readonly builder?: string
  /** Directory that local exports go to until they are complete; there is one only if main was killed. */
  readonly staging?: string
  /** Local cache directory that changed, and the key it is saved under. */
  readonly localCache?: { readonly directory: string; readonly key: string }
}

/** Name of the state variable. */
export const handoverState = 'handover'

export function renderHandover(handover: Handover): string {
  return JSON.stringify(handover)
}

/** Undefined where main left nothing, or another version of this action did. */
export function parseHandover(text: string): Handover | undefined {
  try {
    const handover = JSON.parse(text) as unknown
    return isHandover(handover) ? handover : undefined
  } catch {
    return undefined
  }
}

function isHandover(value: unknown): value is Handover {
  const { version, builder, staging, localCache } = (value ?? {}) as Partial<Handover>
  return (
    version === 1 &&
    (builder === undefined || typeof builder === 'string') &&
    (staging === undefined || typeof staging === 'string') &&
    (localCache === undefined || (typeof localCache?.directory === 'string' && typeof localCache.key === 'string'))
  )
}
