import type { Dockerfile, Stage, StageEdge } from '../dockerfile/dockerfile'
import type { Reason } from '../reasons'
import type { StageResult } from './stage-result'

export interface ReasonFacts {
  readonly dockerfile: Dockerfile
  readonly results: readonly StageResult[]
  /** Stages asked to be rebuilt; undefined when all are. */
  readonly rebuilt: ReadonlySet<string> | undefined
  /** Nothing was found in any backend, and every backend could be asked. */
  readonly nothingSaved: boolean
  /** Nothing was imported because no backend could be asked. */
  readonly unreachable: boolean
  /** Stages of which no ref was found, although other stages have one. */
  readonly absent: ReadonlySet<string>
}

/** The earliest cause that is proved; null for a hit and for a stage the build did not come to. */
export function explainReason(result: StageResult, facts: ReasonFacts): Reason | null {
  if (result.status === 'hit' || result.status === 'not-run' || result.status === 'unknown') return null
  const stage = facts.dockerfile.stages[result.index]
  if (!facts.rebuilt || facts.rebuilt.has(result.name)) return { code: 'rebuild-requested' }
  if (facts.nothingSaved) return { code: 'first-build' }
  if (facts.unreachable) return { code: 'cache-unreachable' }
  const parent = stage && rebuiltParent(stage, result, facts)
  if (parent !== undefined) return { code: 'parent-rebuilt', parent }
  return { code: facts.absent.has(result.name) ? 'cache-absent' : 'unknown' }
}

/** The rebuilt stage that the first step which ran stands on or reads from. */
function rebuiltParent(stage: Stage, result: StageResult, facts: ReasonFacts): string | undefined {
  const at = result.steps.findIndex(step => step.status === 'ran' || step.status === 'failed')
  const lines = stage.steps.find(step => step.lines.start === result.steps[at]?.line)?.lines
  // Where a step was cached before it, what the stage is FROM came out as it was.
  const reads = (edge: StageEdge) =>
    edge.kind === 'from' ? at === 0 : lines !== undefined && edge.line >= lines.start && edge.line <= lines.end
  return stage.edges
    .filter(reads)
    .map(edge => rebuiltAt(edge.stage, result.platform, facts))
    .find(name => name !== undefined)
}

/** The stage at an index if a step of it ran; a stage without steps is what it is FROM. */
function rebuiltAt(index: number, platform: string, facts: ReasonFacts): string | undefined {
  const stage = facts.dockerfile.stages[index]
  if (stage?.steps.length === 0) return stage.base.kind === 'stage' ? rebuiltAt(stage.base.index, platform, facts) : undefined
  const ran = facts.results.some(
    other => other.index === index && other.platform === platform && other.steps.some(step => step.status === 'ran')
  )
  return ran ? stage?.name : undefined
}
