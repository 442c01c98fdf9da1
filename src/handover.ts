/** What main leaves for the post step. Written anew whenever something is to be undone or saved, before it is begun. */
export interface Handover {
  readonly version: 1
  /** Builder that main made and post removes. */
  readonly builder?: string
  /** What the builder holds stays. */
  readonly keepState?: boolean
  /** Directory that local exports go to until they are complete; there is one only if main was killed. */
  readonly staging?: string
  /** Local cache directory that changed, and the key it is saved under. */
  readonly localCache?: { readonly directory: string; readonly key: string }
  /** Exports that a cancelled job did not get done. */
  readonly left?: LeftExports
}

/** What post needs beside its inputs to go on where main was stopped. */
export interface LeftExports {
  readonly builder: string
  readonly driver: string
  /** The main build's import. */
  readonly imported?: { readonly backend: string; readonly ref: string }
  /** Whether the build had succeeded by then. */
  readonly succeeded: boolean
  /** Names of stages: whole ones of which a step ran, those that hit, and those whose ref is of other content. */
  readonly ran: readonly string[]
  readonly hit: readonly string[]
  readonly stale: readonly string[]
  readonly exports: readonly { readonly stage: string; readonly backend: string }[]
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
  const { version, builder, keepState, staging, localCache, left } = (value ?? {}) as Partial<Handover>
  return (
    version === 1 &&
    (builder === undefined || typeof builder === 'string') &&
    (keepState === undefined || typeof keepState === 'boolean') &&
    (staging === undefined || typeof staging === 'string') &&
    (localCache === undefined || (typeof localCache?.directory === 'string' && typeof localCache.key === 'string')) &&
    (left === undefined || isLeft(left))
  )
}

function isLeft(left: Partial<LeftExports>): boolean {
  const { builder, driver, imported, succeeded, ran, hit, stale, exports } = left
  const areTexts = (...values: readonly unknown[]) => values.every(value => typeof value === 'string')
  return (
    areTexts(builder, driver) &&
    (imported === undefined || areTexts(imported.backend, imported.ref)) &&
    typeof succeeded === 'boolean' &&
    [ran, hit, stale].every(names => Array.isArray(names) && areTexts(...(names as readonly unknown[]))) &&
    Array.isArray(exports) &&
    exports.every((wanted: Partial<LeftExports['exports'][number]> | null) => areTexts(wanted?.stage, wanted?.backend))
  )
}
