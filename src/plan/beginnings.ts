import type { Stage, Step } from '../dockerfile/dockerfile'
import { readBySteps } from '../dockerfile/stage-graph'
import type { CachePlan } from './cache-plan'
import type { ExportFacts, StageExport } from './exports'
import { takenIn, takesBeginning } from './joins'
import type { JoinPlace } from './joins'
import { standsAlone } from './prefetch'
import type { Prefix, StepState } from './prefetch'

/**
 * What a build that failed got done of stages that it did not get to their end, as the one whose last step failed: all before the first step that is not
 * done. Each is exported under a name of its own, from which the target's ref takes it (joined-refs.ts): a ref of the stage itself would take the
 * place of one that is whole.
 * `places`: where the target's ref is going to be written anew. `statesOf`: how the steps of a stage stand, by their lines. Nothing for several
 * platforms, of which each may have got another way.
 */
export function planBeginnings(
  plan: CachePlan,
  { ran, hit }: Pick<ExportFacts, 'ran' | 'hit'>,
  places: readonly JoinPlace[],
  statesOf: (stage: Stage) => ReadonlyMap<number, StepState>
): readonly StageExport[] {
  if (plan.platforms.length > 1) return []
  return plan.stages.flatMap(({ stage, writes }) => {
    const beginning = ran.has(stage.name) || hit.has(stage.name) ? undefined : beginningOf(stage, statesOf(stage))
    if (!beginning) return []
    return writes
      .filter(({ backend }) =>
        places.some(place => place.ref.backend === backend && takenIn(place, [...ran]) && takesBeginning(place, stage.name))
      )
      .map(ref => ({
        stage: stage.name,
        ref: { ...ref, name: ref.beginning },
        cause: 'ran',
        // What they hold besides is uploaded then; what two of them have in common only the first uploads.
        after: plan.stages.map(planned => planned.stage.name),
        uploads: ['beginnings'],
        beginning
      }))
  })
}

function beginningOf(stage: Stage, states: ReadonlyMap<number, StepState>): Prefix | undefined {
  const isDone = (step: Step) => ['cached', 'ran', undefined].includes(states.get(step.lines.start))
  const steps = stage.steps.findIndex(step => !isDone(step))
  const next = stage.steps[steps]
  const done = stage.steps.slice(0, steps)
  if (!next || !standsAlone(stage, stage.steps.slice(0, steps + 1))) return undefined
  // Files of the context are copied in no time.
  const isWorthIt = (step: Step) => step.kind === 'RUN' || readBySteps(stage, [step]).length > 0
  if (!done.some(step => states.get(step.lines.start) === 'ran' && isWorthIt(step))) return undefined
  return { stage, steps, lastLine: next.lines.start - 1 }
}
