import type { CachePlan, CacheRef } from './cache-plan'
import type { FoundRef } from './coverage'
import type { Backend } from '../reasons'

/** `ran`: a step of the stage ran. `holds-others`: it is the target, and another stage ran. `absent`: saved nowhere in that backend. `stale`: its ref is of other content. */
export type ExportCause = 'ran' | 'holds-others' | 'absent' | 'stale'

export interface StageExport {
  readonly stage: string
  readonly ref: CacheRef
  readonly cause: ExportCause
}

export interface ExportFacts {
  /** Stages of which a step ran, and all completed. */
  readonly ran: ReadonlySet<string>
  /** Stages whose every step was cached. */
  readonly hit: ReadonlySet<string>
  /** Stages whose own ref turned out to be of other content than this build's. */
  readonly stale: ReadonlySet<string>
  readonly succeeded: boolean
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
  return plan.stages.flatMap(({ stage, reads, writes }) =>
    writes.flatMap((ref): StageExport[] => {
      const isTarget = stage.index === plan.target.index
      const present = facts.found.some(found => reads.includes(found.ref) && found.ref.backend === ref.backend)
      const cause: ExportCause | undefined = facts.ran.has(stage.name)
        ? 'ran'
        : !facts.hit.has(stage.name)
          ? undefined
          : isTarget && facts.succeeded && anyRan
            ? 'holds-others'
            : facts.stale.has(stage.name)
              ? 'stale'
              : !present && facts.lookedUp.includes(ref.backend)
                ? 'absent'
                : undefined
      return cause ? [{ stage: stage.name, ref, cause }] : []
    })
  )
}
