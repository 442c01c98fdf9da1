import type { ExportCause } from '../plan/exports'
import type { Backend, Exported, Imported, Reason, StageStatus } from '../reasons'

export interface StepResult {
  /** Number BuildKit shows, from 1, FROM included. */
  readonly number: number
  readonly command: string
  readonly line?: number
  readonly status: 'cached' | 'ran' | 'failed' | 'not-run'
  /** It was running when the build ended, and is `not-run` since it did not come to its own end. */
  readonly stopped?: true
  /** Seconds it took; 0 for cached. */
  readonly seconds: number
  /** Milliseconds since the epoch. */
  readonly started?: number
}

export interface RefResult {
  readonly backend: Backend
  readonly ref: string
  readonly imported: Imported
  /** The ref that was imported and holds this one, where it was not imported itself. */
  readonly readIn?: string
  readonly exported: Exported
  /** It failed since the job was cancelled before it was done: the post step tries again. */
  readonly left?: true
  /** Names of stages whose saved content it was joined with, after a build that failed. */
  readonly tookIn?: readonly string[]
  /** Why it was to be written. */
  readonly cause?: ExportCause
  readonly bytes?: number
  /** Of layers that no ref had before this job. */
  readonly newBytes?: number
}

export interface MadeOf {
  /** Of each step that reads the context its sources, and how many files they come to. */
  readonly files: readonly { readonly sources: readonly string[]; readonly count: number }[]
  /** Names of ARGs in force in it. */
  readonly arguments: readonly string[]
  readonly images: readonly string[]
}

export interface TimeSaved {
  readonly seconds: number
  /** Cached steps of which it is not known how long they took. */
  readonly unknownSteps: number
}

/** One needed stage on one platform, as output `stages` shows it (spec §4). */
export interface StageResult {
  readonly name: string
  readonly index: number
  readonly platform: string
  readonly status: StageStatus
  readonly steps: readonly StepResult[]
  readonly cached: number
  readonly seconds: number
  readonly reason: Reason | null
  /** What its cached steps took when they last ran; missing where nothing is known of any of them. */
  readonly saved?: TimeSaved
  /** What was expected of it before the build; missing where nothing was. */
  readonly expected?: 'hit' | 'rebuild'
  /** What it is made from; missing where that is not known. */
  readonly madeOf?: MadeOf
  readonly refs: readonly RefResult[]
}
