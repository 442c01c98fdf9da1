import { didYouMean } from '../did-you-mean'
import type { Dockerfile, EdgeKind, Stage, Step } from './dockerfile'

/**
 * The stage that a build of this target makes: the last one without a target, else the last of that name without regard to
 * case. Numbers and `stage-1` name none. Rules: frontend/dockerfile/dockerfile2llb/convert.go (resolveTarget).
 */
export function findTarget(dockerfile: Dockerfile, target = ''): { readonly stage: Stage } | { readonly problem: string } {
  const { stages } = dockerfile
  const wanted = target.toLowerCase()
  const stage = wanted === '' ? stages.at(-1) : stages.find(other => other.targetable && other.name === wanted)
  if (stage !== undefined) return { stage }
  if (target === '') return { problem: 'the Dockerfile has no stage to build' }
  const names = stages.filter(other => other.targetable).map(other => other.name)
  const available = names.length === 0 ? 'no stage of the Dockerfile has a name' : `the Dockerfile has: ${names.join(', ')}`
  return { problem: `target stage "${target}" could not be found${didYouMean(target, names)}; ${available}` }
}

/**
 * The stages that a build of the target runs, the target among them, in Dockerfile order.
 * Throws RangeError where the Dockerfile has no such target.
 */
export function neededStages(dockerfile: Dockerfile, target?: string): readonly Stage[] {
  const found = findTarget(dockerfile, target)
  if ('problem' in found) throw new RangeError(found.problem)
  return withSources(dockerfile, found.stage)
}

/** The stage at an index, or for one without steps the one it stands on; undefined where that is an image, or not among the stages. */
export function stageWithSteps(stages: readonly Stage[], index: number): Stage | undefined {
  const stage = stages.find(other => other.index === index)
  if (stage?.steps.length !== 0) return stage
  return stage.base.kind === 'stage' ? stageWithSteps(stages, stage.base.index) : undefined
}

/** Which of these stages reads which, by index; each pair once, as the kind that comes first in the file. */
export function readsAmong(stages: readonly Stage[]): readonly { reader: number; read: number; kind: EdgeKind }[] {
  const among = new Set(stages.map(({ index }) => index))
  return stages.flatMap(({ index, edges }) =>
    edges
      .filter(({ stage }, at) => among.has(stage) && edges.findIndex(other => other.stage === stage) === at)
      .map(({ stage, kind }) => ({ reader: index, read: stage, kind }))
  )
}

/** Indexes of the stages that these steps of a stage copy from or mount, in the order of its lines. */
export function readBySteps({ edges }: Stage, steps: readonly Step[]): readonly number[] {
  return edges.filter(({ line }) => steps.some(({ lines }) => lines.start <= line && line <= lines.end)).map(({ stage }) => stage)
}

/** The stages that this one reads, directly or through others, in Dockerfile order; not the stage itself. */
export function ancestors(dockerfile: Dockerfile, stage: Stage): readonly Stage[] {
  return withSources(dockerfile, stage).filter(other => other.index !== stage.index)
}

function withSources(dockerfile: Dockerfile, stage: Stage): readonly Stage[] {
  const seen = new Set([stage.index])
  // A set gives what is added while it is gone through.
  for (const index of seen) {
    for (const edge of dockerfile.stages[index]?.edges ?? []) seen.add(edge.stage)
  }
  return dockerfile.stages.filter(other => seen.has(other.index))
}
