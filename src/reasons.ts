/** Why a stage was not a hit (spec §4); the words for each are in report/sentences. */
export type Reason =
  | ({ readonly code: 'file-changed' } & FilesChanged & ReasonPlace)
  | ({ readonly code: 'instruction-changed' } & ReasonPlace)
  /** `image`: its name as the Dockerfile has it. */
  | ({ readonly code: 'base-image-changed'; readonly image?: string; readonly from: string; readonly to: string } & ReasonPlace)
  | ({ readonly code: 'build-arg-changed'; readonly names: readonly string[] } & ReasonPlace)
  /** `earlier`: not in this build, but since the stage was saved. */
  | ({ readonly code: 'parent-rebuilt'; readonly parent: string; readonly earlier?: true } & ReasonPlace)
  /** `begun`: but for what a build that failed had got done of it. */
  | { readonly code: 'cache-absent'; readonly begun?: true }
  | { readonly code: 'cache-evicted' }
  | { readonly code: 'cache-unreachable' }
  | { readonly code: 'rebuild-requested' }
  | { readonly code: 'first-build' }
  | { readonly code: 'unknown' }

/** Where a cause takes effect. */
export interface ReasonPlace {
  /** Number BuildKit shows; known once it ran. */
  readonly step?: number
  /** Line of the Dockerfile that changed, or that reads what changed. */
  readonly line?: number
}

export interface FilesChanged {
  /** The first ten by path; empty where they are not known by name. */
  readonly files: readonly { readonly path: string; readonly how: 'changed' | 'appeared' | 'went' }[]
  /** How many there are in all; 0 where that is not known. */
  readonly count: number
}

/** How a stage came out of the build (spec §4). */
export type StageStatus = 'hit' | 'partial' | 'miss' | 'failed' | 'not-run' | 'unknown'

export type Imported = 'yes' | 'absent' | 'failed' | 'not-asked'
export type Exported = 'yes' | 'unchanged' | 'failed' | 'not-allowed' | 'not-asked'

/** A cache trouble that was survived: what could not be done, where, and what the tool said. */
export interface Degradation {
  readonly code:
    | 'lookup-failed'
    | 'restore-failed'
    | 'save-failed'
    | 'local-cache-broken'
    | 'local-stage-lost'
    | 'record-failed'
    | 'export-failed'
    | 'export-left'
    | 'export-ran-steps'
    | 'import-failed'
    | 'write-not-allowed'
    | 'bring-in-failed'
    | 'cache-service-missing'
    | 'mount-restore-failed'
    | 'mount-save-failed'
    | 'mount-too-large'
  readonly backend?: Backend
  /** Of the registry that it is about, where that is known. */
  readonly host?: string
  readonly stage?: string
  /** Cache mount, as the Dockerfile writes its id or target. */
  readonly mount?: string
  /** Steps that ran to be saved had hit before: the builder knew their results, and had no layers of them. */
  readonly hadHit?: boolean
  /** Why a backend was not written. */
  readonly why?: NotAllowed
  /** What docker, the registry or the cache service said; secrets are not in it. */
  readonly detail: string
}

/**
 * `fork`: a pull request from one. `strangers-code`: it may be a stranger's, and the default branch's cache would be written.
 * `read-only-token`: GitHub's cache may only be read. `not-logged-in`, `not-permitted`: the backend refused.
 */
export type NotAllowed = 'fork' | 'strangers-code' | 'read-only-token' | 'not-logged-in' | 'not-permitted'

export type Backend = 'registry' | 'gha' | 'local'

/**
 * `in-builder`: the builder that was there held it already. `not-needed`: the steps that use it were expected to come from the cache.
 * `left`: it cannot be kept, since only BuildKit knows what it is called or starts from.
 * `starts-anew`: what it starts from is not what it was, so BuildKit makes another one.
 * `base-rebuilt`, `base-unsure`: what it starts from was to be rebuilt, or may have been, so what is saved of it was not asked for.
 * `emptied`: BuildKit empties the mounts of stages that are to be built without cache.
 */
export type MountRestored =
  'yes' | 'in-builder' | 'absent' | 'not-needed' | 'failed' | 'emptied' | 'starts-anew' | 'base-rebuilt' | 'base-unsure' | 'left'

/**
 * `not-used`: no step that uses it ran. `stopped`: one did, and was stopped before it was done. `kept`: a step ran that was not expected to, without what is saved, which therefore stays.
 */
export type MountSaved =
  | 'yes'
  | 'unchanged'
  | 'empty'
  | 'too-large'
  | 'failed'
  | 'not-allowed'
  | 'not-asked'
  | 'not-used'
  | 'stopped'
  | 'kept'
  | 'cancelled'
