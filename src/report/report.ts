import type { StageResult } from '../explain/stage-result'
import type { Backend, Degradation } from '../reasons'

/** Everything the views show: summary, outputs and log are made from this record and nothing else. */
export interface BuildReport {
  /** Version of this record's shape, also in the report file. */
  readonly schema: 1
  readonly outcome: 'success' | 'failure' | 'cancelled'
  /** Last lines of the error BuildKit gave; undefined on success. */
  readonly error?: string
  readonly image: {
    readonly imageid: string
    readonly digest: string
    /** First tags, at most ten, for people. */
    readonly tags: readonly string[]
  }
  readonly builder: { readonly name: string; readonly driver: string; readonly reason: string }
  readonly target: string
  /** What the main build read: the ref and why it was chosen; undefined when nothing was read. */
  readonly imported?: { readonly backend: Backend; readonly ref: string; readonly scope: string }
  /** Stages brought in before the main build, with the ref each came from. */
  readonly broughtIn: readonly { readonly stage: string; readonly ref: string }[]
  readonly stages: readonly StageResult[]
  readonly degradations: readonly Degradation[]
  /** Seconds. */
  readonly seconds: {
    readonly total: number
    readonly build: number
    readonly exports: number
    /** The action's own time: everything but waiting for docker, the registry and the cache service. */
    readonly own: number
  }
}
