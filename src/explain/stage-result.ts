import type { ExportCause } from '../plan/exports'
import type { Backend, Exported, Imported, Reason, StageStatus } from '../reasons'

export interface StepResult {
  /** Number BuildKit shows, from 1, FROM included. */
  readonly number: number
  readonly command: string
  readonly line?: number
  readonly status: 'cached' | 'ran' | 'failed' | 'not-run'
  /** Seconds it took; 0 for cached. */
  readonly seconds: number
  /** Milliseconds since the epoch. */
  readonly started?: number
}

export interface RefResult {
  readonly backend: Backend
  readonly ref: string
  readonly imported: Imported
  readonly exported: Exported
  /** Why it was to be written. */
  readonly cause?: ExportCause
  readonly bytes?: number
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
  readonly refs: readonly RefResult[]
}
