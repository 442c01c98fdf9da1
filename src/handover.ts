/** What main leaves for the post step. Written anew whenever something is to be undone or saved, before it is begun. */
export interface Handover {
  readonly version: 1
  /** Builder that main made and post removes. */
  readonly builder?: string
  /** What the builder holds stays. */
  readonly keepState?: boolean
  /** Builder that main made the current one, and the one that was it. */
  readonly current?: { readonly name: string; readonly former: string }
  /** Docker context that main made for the builder and post removes. */
  readonly context?: string
  /** buildx that was fetched, to be saved. */
  readonly buildx?: LeftBuildx
  /** Directory that local exports go to until they are complete; there is one only if main was killed. */
  readonly staging?: string
  /** What of the local cache directory is to be saved to GitHub's cache. */
  readonly localCache?: LocalSave
  /** Exports that a cancelled job did not get done. */
  readonly left?: LeftExports | undefined
  /** Cache mounts that it did not save. */
  readonly leftMounts?: LeftMounts | undefined
}

/** A program, and the directory and key that it has in GitHub's cache. */
export interface LeftBuildx {
  readonly key: string
  readonly directory: string
  readonly path: string
}

export interface LocalSave {
  readonly directory: string
  /** Names of the indexes of the scopes that are read; the first is written. */
  readonly names: readonly string[]
  /** Keys of entries that turned out to be gone or damaged. */
  readonly gone: readonly string[]
  /** All of the Dockerfile's, in its order: what their entries are called, and the tag that this job wrote. */
  readonly stages: readonly { readonly stage: string; readonly entries: string; readonly written?: string }[]
}

/** What post needs beside its inputs to go on where main was stopped. */
export interface LeftExports {
  readonly builder: string
  readonly driver: string
  /** Platforms built together are exported each by itself. */
  readonly apart?: boolean
  /** The main build's import. */
  readonly imported?: { readonly backend: string; readonly ref: string }
  /** Whether the build had succeeded by then. */
  readonly succeeded: boolean
  /** Names of stages: whole ones of which a step ran, those that hit, those of these that no ref has, those that a build which failed saved anew, and those whose ref is of other content. */
  readonly ran: readonly string[]
  readonly hit: readonly string[]
  readonly unsaved: readonly string[]
  readonly renewed: readonly string[]
  readonly stale: readonly string[]
  readonly exports: readonly { readonly stage: string; readonly backend: string }[]
}

export interface LeftMounts {
  readonly builder: string
  /** By the name of their entries, with the digest of what is saved already; empty where nothing is. */
  readonly mounts: readonly { readonly name: string; readonly digest: string }[]
}

/** Names of the state variables: what main leaves, and whether it is under way. */
export const handoverState = 'handover'
export const underWayState = 'underway'

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
  const { version, builder, keepState, current, context, buildx, staging, localCache, left, leftMounts } = (value ??
    {}) as Partial<Handover>
  return (
    version === 1 &&
    (builder === undefined || typeof builder === 'string') &&
    (keepState === undefined || typeof keepState === 'boolean') &&
    (current === undefined || areTexts(current.name, current.former)) &&
    (context === undefined || typeof context === 'string') &&
    (buildx === undefined || areTexts(buildx.key, buildx.directory, buildx.path)) &&
    (staging === undefined || typeof staging === 'string') &&
    (localCache === undefined || isLocalSave(localCache)) &&
    (left === undefined || isLeft(left)) &&
    (leftMounts === undefined || areLeftMounts(leftMounts))
  )
}

function isLocalSave(save: Partial<LocalSave> | null): boolean {
  const { directory, names, gone, stages } = save ?? {}
  return (
    areTexts(directory) &&
    Array.isArray(names) &&
    areTexts(...(names as readonly unknown[])) &&
    Array.isArray(gone) &&
    areTexts(...(gone as readonly unknown[])) &&
    Array.isArray(stages) &&
    stages.every((one: Partial<LocalSave['stages'][number]> | null) => areTexts(one?.stage, one?.entries, one?.written ?? ''))
  )
}

function isLeft(left: Partial<LeftExports>): boolean {
  const { builder, driver, apart, imported, succeeded, ran, hit, unsaved, renewed, stale, exports } = left
  return (
    areTexts(builder, driver) &&
    (apart === undefined || typeof apart === 'boolean') &&
    (imported === undefined || areTexts(imported.backend, imported.ref)) &&
    typeof succeeded === 'boolean' &&
    [ran, hit, unsaved, renewed, stale].every(names => Array.isArray(names) && areTexts(...(names as readonly unknown[]))) &&
    Array.isArray(exports) &&
    exports.every((wanted: Partial<LeftExports['exports'][number]> | null) => areTexts(wanted?.stage, wanted?.backend))
  )
}

function areLeftMounts({ builder, mounts }: Partial<LeftMounts>): boolean {
  return (
    areTexts(builder) &&
    Array.isArray(mounts) &&
    mounts.every((mount: Partial<LeftMounts['mounts'][number]> | null) => areTexts(mount?.name, mount?.digest))
  )
}

function areTexts(...values: readonly unknown[]): boolean {
  return values.every(value => typeof value === 'string')
}
