import type { Stage, Step } from '../dockerfile/dockerfile'

/** The part of a stage that its next step stands on: everything of it before that step. */
export interface Prefix {
  readonly stage: Stage
  /** How many of the stage's steps it has. */
  readonly steps: number
  /** Last line of the Dockerfile that belongs to it, from 1. */
  readonly lastLine: number
}

/**
 * Prefixes worth having in the builder early. BuildKit downloads a cached layer only when a step above it starts; once a step of one
 * stage runs, a step of another stage that reads it will most likely run too, and what that one stands on can be fetched meanwhile.
 * `begun`: names of the stages of which a step has run or runs. `firstSteps`: by the name of each stage that is expected to change, the
 * place of its first step that will or may run. What reads such a stage is not cached.
 */
export function planPrefetch(
  needed: readonly Stage[],
  begun: ReadonlySet<string>,
  firstSteps: ReadonlyMap<string, number>
): readonly Prefix[] {
  if (begun.size === 0) return []
  const changing = readersOf(needed, new Set([...begun, ...firstSteps.keys()]))
  return needed
    .filter(stage => changing.has(stage.index) && !begun.has(stage.name))
    .flatMap(stage => {
      if (stage.base.kind === 'stage' && changing.has(stage.base.index)) return []
      const lines = stage.edges.filter(edge => changing.has(edge.stage)).map(({ line }) => line)
      const reads = stage.steps.findIndex(step => lines.some(line => step.lines.start <= line && line <= step.lines.end))
      const steps = Math.min(reads, firstSteps.get(stage.name) ?? Infinity)
      const next = stage.steps[steps]
      if (!next || !standsAlone(stage, stage.steps.slice(0, steps + 1))) return []
      if (steps === 0 && !hasLayersOfItsOwn(stage, needed, begun)) return []
      return [{ stage, steps, lastLine: next.lines.start - 1 }]
    })
}

/** How a step stands while the build runs: `waiting` has not begun, `working` has not ended. */
export type StepState = 'cached' | 'ran' | 'waiting' | 'working'

/**
 * The beginning of the target that is done while its next step waits for another stage, if a step of it ran: what was made can be
 * compressed meanwhile. BuildKit compresses a layer when it is first needed, for the image once all is built (cache/remote.go).
 * `states`: by the line a step starts on; BuildKit makes no step of some.
 */
export function finishedPrefix(target: Stage, states: ReadonlyMap<number, StepState>): Prefix | undefined {
  const stateOf = (step: Step) => states.get(step.lines.start)
  const steps = target.steps.findIndex(step => stateOf(step) === 'waiting' || stateOf(step) === 'working')
  const next = target.steps[steps]
  if (!next || stateOf(next) !== 'waiting') return undefined
  if (!target.steps.slice(0, steps).some(step => stateOf(step) === 'ran')) return undefined
  if (!standsAlone(target, target.steps.slice(0, steps + 1))) return undefined
  return { stage: target, steps, lastLine: next.lines.start - 1 }
}

/** Indexes of these stages, and of those that read them, directly or through others. */
function readersOf(needed: readonly Stage[], names: ReadonlySet<string>): ReadonlySet<number> {
  const found = new Set(needed.filter(({ name }) => names.has(name)).map(({ index }) => index))
  for (let before = -1; before !== found.size;) {
    before = found.size
    for (const { index, edges } of needed) if (edges.some(edge => found.has(edge.stage))) found.add(index)
  }
  return found
}

/** Whether cutting the file after the stage's last line that counts leaves all it needs: triggers stand elsewhere in the file. */
function standsAlone({ index, edges, lines }: Stage, steps: readonly Step[]): boolean {
  const end = steps.at(-1)?.lines.end ?? lines.end
  return steps.every(({ onbuild }) => !onbuild) && edges.every(edge => edge.line > end || edge.stage < index)
}

/** An image that a stage at work is made from, too, is in the builder already. */
function hasLayersOfItsOwn({ base }: Stage, needed: readonly Stage[], begun: ReadonlySet<string>): boolean {
  if (base.kind !== 'image') return base.kind === 'stage'
  return !needed.some(other => begun.has(other.name) && other.base.kind === 'image' && other.base.reference === base.reference)
}
