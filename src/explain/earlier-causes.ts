import type { Dockerfile, Stage, StageEdge } from '../dockerfile/dockerfile'
import { stageWithSteps } from '../dockerfile/stage-graph'
import type { Reason } from '../reasons'
import { reasonOf } from './changes'
import type { StageChanges } from './changes'

// Causes that lie before the step that ran first.

interface StagesFacts {
  readonly dockerfile: Dockerfile
}

export interface FirstRun {
  /** Place in `Stage.steps`; -1 for a trigger of the base image, which is not in the file. */
  readonly at: number
  readonly number: number | undefined
  readonly lines: { readonly start: number; readonly end: number } | undefined
}

/** The last change before it, or of a stage read before it: a build that failed had got past it, so it hit. */
export function reasonBefore(
  stage: Stage,
  { base, steps }: StageChanges,
  { at }: FirstRun,
  facts: StagesFacts,
  onAnother: boolean
): Reason | undefined {
  const before = steps.slice(0, at).map((difference, step) => {
    const { lines } = stage.steps[step] ?? {}
    const edge = difference?.kind === 'stage' ? stage.edges.find(one => one.kind !== 'from' && isWithin(one, lines)) : undefined
    return difference && (reasonOf(difference) ?? earlierParent(edge, facts))
  })
  const from = onAnother && at > 0 ? earlierParent(baseEdge(stage), facts) : undefined
  return [from ?? (base && reasonOf(base)), ...before].findLast(reason => reason !== undefined)
}

/** A stage that it reads hit, but is not the one this stage was last saved with: an earlier build rebuilt it, and ended before this one. */
export function parentBefore(
  stage: Stage,
  { steps }: StageChanges,
  first: FirstRun,
  facts: StagesFacts,
  onAnother: boolean
): Reason | undefined {
  const parent = (edge: StageEdge | undefined) => earlierParent(edge, facts, first.number)
  if (onAnother) return first.at === 0 ? parent(baseEdge(stage)) : undefined
  if (steps[first.at]?.kind !== 'stage' || steps.slice(0, first.at).some(difference => difference && difference.kind !== 'stage'))
    return undefined
  return parent(stage.edges.find(edge => edge.kind !== 'from' && isWithin(edge, first.lines)))
}

const baseEdge = ({ edges }: Stage): StageEdge | undefined => edges.find(({ kind }) => kind === 'from')

function earlierParent(edge: StageEdge | undefined, { dockerfile }: StagesFacts, step?: number): Reason | undefined {
  const name = edge && stageWithSteps(dockerfile.stages, edge.stage)?.name
  if (name === undefined) return undefined
  return { code: 'parent-rebuilt', parent: name, earlier: true, line: edge?.line ?? 0, ...(step === undefined ? {} : { step }) }
}

/** Whether a stage is read by a step on these lines. */
export function isWithin({ line }: StageEdge, lines: FirstRun['lines']): boolean {
  return lines !== undefined && line >= lines.start && line <= lines.end
}
