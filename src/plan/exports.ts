import { holdingStage } from './cache-plan'
import type { CachePlan, CacheRef, StagePlan } from './cache-plan'
import type { FoundRef } from './coverage'
import type { Backend } from '../reasons'

/**
 * `ran`: a step of the stage ran. `holds-others`: it holds what the target needs, and a stage ran. `stale`: its ref is of other
 * content. `absent`: saved nowhere in that backend.
 */
export type ExportCause = 'ran' | 'holds-others' | 'stale' | 'absent'

export interface StageExport {
  readonly stage: string
  readonly ref: CacheRef
  readonly cause: ExportCause
}

export interface ExportFacts {
  /** Stages whose every step completed, and one of them ran. */
  readonly ran: ReadonlySet<string>
  /** Stages whose every step was cached. */
  readonly hit: ReadonlySet<string>
  /** Stages whose own ref turned out to be of other content than this build's. */
  readonly stale: ReadonlySet<string>
  readonly found: readonly FoundRef[]
  /** Backends whose refs could be looked up: only there is a ref that was not found known to be absent. */
  readonly lookedUp: readonly Backend[]
}

/**
 * What to export after the build, Dockerfile order. A stage that ran is exported everywhere. When any stage ran the target is too,
 * even if it hit: a stage whose input changed and whose output did not leaves the target cached by content, and without a new
 * target ref the next build's single import would lack that stage.
 */
export function planExports(plan: CachePlan, facts: ExportFacts): readonly StageExport[] {
  const anyRan = plan.stages.some(({ stage }) => facts.ran.has(stage.name))
  const holder = anyRan ? holdingStage(plan) : undefined
  return plan.stages.flatMap(planned =>
    planned.writes.flatMap((ref): StageExport[] => {
      const cause = exportCause(planned, ref, planned === holder, facts)
      return cause ? [{ stage: planned.stage.name, ref, cause }] : []
    })
  )
}

function exportCause(
  { stage, reads }: StagePlan,
  ref: CacheRef,
  holdsOthers: boolean,
  { ran, hit, stale, found, lookedUp }: ExportFacts
): ExportCause | undefined {
  if (ran.has(stage.name)) return 'ran'
  // What failed or was not come to is not whole in the builder.
  if (!hit.has(stage.name)) return undefined
  if (holdsOthers) return 'holds-others'
  if (stale.has(stage.name)) return 'stale'
  const present = found.some(candidate => candidate.ref.backend === ref.backend && reads.includes(candidate.ref))
  return !present && lookedUp.includes(ref.backend) ? 'absent' : undefined
}
