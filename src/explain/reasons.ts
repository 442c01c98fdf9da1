import type { Dockerfile, Stage } from '../dockerfile/dockerfile'
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
function rebuiltParent(stage: Stage, result: StageResult, { dockerfile, results }: ReasonFacts): string | undefined {
  const first = result.steps.find(step => step.status === 'ran' || step.status === 'failed')
  const ran = (index: number) =>
    results.some(other => other.index === index && other.platform === result.platform && other.steps.some(step => step.status === 'ran'))
  const lines = stage.steps.find(step => step.lines.start === first?.line)?.lines
  const parent = stage.edges.find(
    edge => ran(edge.stage) && (edge.kind === 'from' || (lines !== undefined && edge.line >= lines.start && edge.line <= lines.end))
  )
  return parent && dockerfile.stages[parent.stage]?.name
}
