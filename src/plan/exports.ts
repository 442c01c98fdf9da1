import type { Stage } from '../dockerfile/dockerfile'
import { baseChain, holdingStage, stageAt } from './cache-plan'
import type { CachePlan, CacheRef, StagePlan } from './cache-plan'
import type { FoundRef } from './coverage'
import type { Backend } from '../reasons'
import type { Prefix } from './prefetch'

/**
 * `ran`: a step of the stage ran. `by-content`: it hit although a stage it reads from ran, now or in a build that failed, and came out the same.
 * `holds-others`: it holds what the target needs, and a stage is new. `unsaved`: the builder itself had it, and no ref does. `stale`: its
 * ref is of other content. `absent`: saved nowhere in that backend. `refresh`: unchanged, and not exported for long.
 */
export type ExportCause = 'ran' | 'by-content' | 'holds-others' | 'unsaved' | 'stale' | 'absent' | 'refresh'

export interface StageExport {
  readonly stage: string
  readonly ref: CacheRef
  readonly cause: ExportCause
  /** Stages whose exports must be done before this one begins. */
  readonly after: readonly string[]
  /** What the backend may not have yet: stages that ran and the images they are FROM. Two exports that share some go in turn. */
  readonly uploads: readonly string[]
  /** None that is alone runs beside it: side by side, exports of what only the cache holds read layers of each other (seen with BuildKit 0.25). */
  readonly alone?: boolean
  /** It is no more than this of the stage (beginnings.ts). */
  readonly beginning?: Prefix
}

const onlyCached: ReadonlySet<ExportCause> = new Set<ExportCause>(['holds-others', 'unsaved', 'stale', 'absent', 'refresh'])

export interface ExportFacts {
  /** Stages whose every step completed, and one of them ran. */
  readonly ran: ReadonlySet<string>
  /** Stages whose every step was cached. */
  readonly hit: ReadonlySet<string>
  /** Stages that hit although what they are made from changed since they were saved: a builder that lives on had them itself. */
  readonly unsaved: ReadonlySet<string>
  /** Stages that a build which failed saved anew: those that read them and hit may have done so by content. */
  readonly renewed: ReadonlySet<string>
  /** Of the build: only what ran, and is whole, is exported while it runs or when it failed. */
  readonly phase: 'running' | 'failed' | 'succeeded'
  /** Repositories that the image is pushed to as the build ends, and which do not have its layers yet. */
  readonly pushedTo: ReadonlySet<string>
  /** Stages whose own ref turned out to be of other content than this build's. */
  readonly stale: ReadonlySet<string>
  readonly found: readonly FoundRef[]
  /** Refs that are to be exported again though nothing changed. */
  readonly due: ReadonlySet<CacheRef>
  /** Stages that add so little that two exports to GitHub's cache may both copy it: what they upload is uploaded once. */
  readonly light: ReadonlySet<string>
  /** Backends whose refs could be looked up: only there is a ref that was not found known to be absent. */
  readonly lookedUp: readonly Backend[]
}

export interface ExportPlan {
  /** In the order they are to be begun. */
  readonly exports: readonly StageExport[]
  /** Stage whose layers are to be pulled into the builder before the first export. */
  readonly pullFirst?: string
}

/**
 * What to export. A stage that ran is exported everywhere, and two kinds of stages that hit, without which the next build's single
 * import would lack something (measured with BuildKit 0.25 and 0.32):
 * - the target, when any stage is new: a stage whose input changed and whose output did not leaves the target cached by content, and
 *   the old target ref does not know the new input;
 * - a stage that itself hit that way and that the target is not FROM: BuildKit knows its new keys by then but holds no layers under
 *   them, and so would leave them out of every later export. Exporting it with its layers pulled puts them back.
 * The target waits until the image's layers are pushed into the same repository: at the same time, both would upload them.
 * A stage whose parents were pulled is looked up under their new keys alone, so what hit by content is pulled from the target up.
 */
export function planExports(plan: CachePlan, facts: ExportFacts): ExportPlan {
  const { ran, hit, renewed, phase } = facts
  const ended = phase === 'succeeded'
  const isNew = plan.stages.some(({ stage: { name } }) => ran.has(name) || (hit.has(name) && facts.unsaved.has(name)))
  const holder = ended && isNew ? holdingStage(plan)?.stage.name : undefined
  const chain = new Set(baseChain(plan, plan.target))
  const readsAny = (stage: Stage, names: ReadonlySet<string>) => above(plan, stage).some(({ name }) => names.has(name))
  // A stage that was renewed with what it reads was saved under its new keys.
  const wasByContent = (stage: Stage) => isNew && !renewed.has(stage.name) && readsAny(stage, renewed)
  const byContent = plan.stages
    .map(({ stage }) => stage)
    .filter(stage => hit.has(stage.name) && !chain.has(stage) && (readsAny(stage, ran) || wasByContent(stage)))
    .reverse()
  const exportOf = (planned: StagePlan, cause: ExportCause | undefined, after: readonly Stage[]): readonly StageExport[] =>
    cause
      ? planned.writes.map(ref => ({
          stage: planned.stage.name,
          ref,
          cause,
          after: after.map(({ name }) => name),
          uploads: newContent([...above(plan, planned.stage), planned.stage], ran).filter(
            part => ref.backend !== 'gha' || !facts.light.has(part)
          ),
          alone: onlyCached.has(cause)
        }))
      : []

  const settled = byContent.flatMap((stage, index) => {
    const planned = plan.stages.find(candidate => candidate.stage === stage)
    return planned && ended ? exportOf(planned, 'by-content', byContent.slice(0, index)) : []
  })
  const others = plan.stages
    .filter(({ stage }) => !byContent.includes(stage))
    .flatMap(planned => {
      const after = above(plan, planned.stage).filter(stage => byContent.includes(stage))
      if (after.length > 0 && phase === 'running') return []
      const writes = planned.writes.filter(
        ({ place }) => phase !== 'running' || planned.stage !== plan.target || !facts.pushedTo.has(place)
      )
      return writes.flatMap(ref =>
        exportOf(
          { ...planned, writes: [ref] },
          exportCause(planned, ref, planned.stage.name === holder, facts),
          ended ? after : []
        )
      )
    })
  const pullFirst = settled.length > 0 && holder !== undefined && hit.has(holder) ? holder : undefined
  return { exports: [...settled, ...others], ...(pullFirst === undefined ? {} : { pullFirst }) }
}

function exportCause(
  { stage, reads }: StagePlan,
  ref: CacheRef,
  holdsOthers: boolean,
  facts: ExportFacts
): ExportCause | undefined {
  if (facts.ran.has(stage.name)) return 'ran'
  // What failed or was not come to is not whole in the builder.
  if (facts.phase !== 'succeeded' || !facts.hit.has(stage.name)) return undefined
  if (holdsOthers) return 'holds-others'
  if (facts.unsaved.has(stage.name)) return 'unsaved'
  if (facts.stale.has(stage.name)) return 'stale'
  if (facts.due.has(ref)) return 'refresh'
  const present = facts.found.some(candidate => candidate.ref.backend === ref.backend && reads.includes(candidate.ref))
  return !present && facts.lookedUp.includes(ref.backend) ? 'absent' : undefined
}

/** Names of the stages that ran, and of the images that they, or bare stages between, are made from. */
function newContent(stages: readonly Stage[], ran: ReadonlySet<string>): readonly string[] {
  return stages.flatMap(({ name, steps, base }) => {
    const image = base.kind === 'image' ? [`image ${base.reference}`] : []
    return ran.has(name) ? [name, ...image] : steps.length === 0 ? image : []
  })
}

/** The stages that this one reads, directly or through others. */
function above(plan: CachePlan, stage: Stage): readonly Stage[] {
  const seen = new Set(stage.edges.map(edge => edge.stage))
  // A set gives what is added while it is gone through.
  for (const index of seen) for (const edge of stageAt(plan, index)?.edges ?? []) seen.add(edge.stage)
  return plan.stages.map(planned => planned.stage).filter(({ index }) => seen.has(index))
}
