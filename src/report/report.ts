import type { EdgeKind } from '../dockerfile/dockerfile'
import type { Advice } from '../explain/advice/advice'
import type { EarlierBuilds } from '../explain/past-builds'
import type { StageResult } from '../explain/stage-result'
import type { Backend, Degradation, Exported, MountRestored, MountSaved } from '../reasons'
import type { RecordReport } from './build-record'

/** Everything the views show: summary, outputs and log are made from this record and nothing else. */
export interface BuildReport {
  /** Version of this record's shape, also in the report file. */
  readonly schema: 1
  /** Of the build. */
  readonly outcome: 'success' | 'failure' | 'cancelled'
  /** The job was cancelled, if not while it built then while it saved. */
  readonly interrupted?: true
  /** Last lines of the error BuildKit gave; undefined unless it failed. */
  readonly error?: string
  /** The end of what the steps wrote that failed. */
  readonly failedOutput?: readonly string[]
  readonly image: {
    readonly imageid: string
    readonly digest: string
    /** First tags, at most ten, for people. */
    readonly tags: readonly string[]
    /** Of its layers as they are pushed, over all platforms; missing where not known. */
    readonly bytes?: number
  }
  readonly builder: { readonly name: string; readonly driver: string; readonly reason: string }
  readonly target: string
  /** What the main build read: the ref and why it was chosen; undefined when nothing was read. */
  readonly imported?: { readonly backend: Backend; readonly ref: string; readonly scope: string }
  /** Stages brought in before the main build, with the ref each came from. `started` in milliseconds since the epoch. */
  readonly broughtIn: readonly {
    readonly stage: string
    readonly ref: string
    readonly started?: number
    readonly seconds?: number
  }[]
  readonly stages: readonly StageResult[]
  /** Which needed stage reads which, by index in the Dockerfile; each pair once. */
  readonly edges: readonly StageReads[]
  /** Saves that were tried. `started` in milliseconds since the epoch; missing where a backend was known to refuse. */
  readonly exports: readonly {
    readonly stage: string
    readonly backend: Backend
    /** `left`: the job was cancelled before it was done. */
    readonly exported: Exported | 'left'
    readonly started?: number
    readonly seconds: number
  }[]
  /** Of stages that a build which failed did not get to their end, how many of their steps are saved, and where. */
  readonly beginnings: readonly {
    readonly stage: string
    readonly steps: number
    readonly of: number
    readonly refs: readonly { readonly backend: Backend; readonly ref: string }[]
  }[]
  /** Cache mounts that are carried from job to job. */
  readonly mounts: readonly MountReport[]
  readonly degradations: readonly Degradation[]
  /** Asked for by `min-hit-rate`, in percent, and what is done below it. */
  readonly hitRateGuard?: { readonly minimum: number; readonly below: 'warn' | 'fail' }
  /** GitHub's cache is used, and the record that says what it holds could not be understood. */
  readonly recordLost?: true
  /** Percent that the image may grow before it is worth a warning; missing where none is. */
  readonly maxImageGrowth?: number
  readonly earlier?: EarlierBuilds
  /** BuildKit's own record of the build; missing where none is wanted. */
  readonly record?: RecordReport
  /** On lines of the Dockerfile, worst first. */
  readonly advice: readonly Advice[]
  /** Seconds. */
  readonly seconds: {
    readonly total: number
    readonly build: number
    readonly exports: number
    /** The action's own time: everything but waiting for docker, the registry and the cache service. */
    readonly own: number
  }
}

/** Stage `reader` reads stage `read`; as more than one kind, the first in the Dockerfile. */
export interface StageReads {
  readonly reader: number
  readonly read: number
  readonly kind: EdgeKind
}

/** What became of a cache mount. */
export interface MountReport {
  /** Its id or target, as the Dockerfile writes it. */
  readonly mount: string
  /** Names of the stages that use it. */
  readonly stages: readonly string[]
  readonly restored: MountRestored
  /** Whose it was. */
  readonly scope?: string
  /** Of the archives, before they are compressed. */
  readonly restoredBytes?: number
  readonly saved: MountSaved
  readonly savedBytes?: number
}
