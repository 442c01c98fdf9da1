import type { Stage, Step } from '../dockerfile/dockerfile'
import { readBySteps, stageWithSteps } from '../dockerfile/stage-graph'

/** The part of a stage that its next step stands on: everything of it before that step. */
export interface Prefix {
  readonly stage: Stage
  /** How many of the stage's steps it has. */
  readonly steps: number
  /** Last line of the Dockerfile that belongs to it, from 1. */
  readonly lastLine: number
}

export interface PrefetchFacts {
  /** Names of the stages of which a step has run or runs, or is sure to. */
  readonly working: ReadonlySet<string>
  /** By the name of each stage that is expected to change, the place of its first step that will or may run. What reads such a stage is not cached. */
  readonly firstSteps: ReadonlyMap<string, number>
  /** Names of those that are expected to hit; no other is fetched whole. */
  readonly hits: ReadonlySet<string>
  /** Names of those of which builds that failed made a beginning, which is cached. */
  readonly begun: ReadonlySet<string>
}

/**
 * Prefixes worth having in the builder early. BuildKit downloads a cached layer only when a step above it starts; once a step of one
 * stage runs, a step of another stage that reads it will most likely run too, and what that one stands on can be fetched meanwhile, with the
 * whole of the other stages that it and the steps after it read.
 */
export function planPrefetch(needed: readonly Stage[], { working, firstSteps, hits, begun }: PrefetchFacts): readonly Prefix[] {
  if (working.size === 0) return []
  const changing = readersOf(needed, new Set([...working, ...firstSteps.keys()]))
  const changed = needed
    .filter(({ index }) => changing.has(index))
    .map(stage => {
      const { base, steps, name } = stage
      const onChanging = base.kind === 'stage' && changing.has(base.index)
      const waits = steps.findIndex(step => readBySteps(stage, [step]).some(index => changing.has(index)))
      const isWorking = working.has(name)
      // How far a beginning goes is not recorded: all is tried that waits for no other stage.
      const expected = begun.has(name) && !isWorking ? Infinity : (firstSteps.get(name) ?? Infinity)
      const first = onChanging ? 0 : Math.min(waits < 0 ? Infinity : waits, expected)
      return { stage, isWorking, isReader: !onChanging && waits >= 0, first }
    })
  const stoodUpon = changed.flatMap(({ stage, isWorking, isReader, first }) => {
    const next = stage.steps[first]
    if (isWorking || !isReader || !next || !standsAlone(stage, stage.steps.slice(0, first + 1))) return []
    if (first === 0 && !hasLayersOfItsOwn(stage, needed, working)) return []
    return [{ stage, steps: first, lastLine: next.lines.start - 1 }]
  })
  const read = new Set(
    // What a stage at work reads with its first step, the build itself fetches.
    changed
      .flatMap(({ stage, isWorking, first }) => readBySteps(stage, stage.steps.slice(isWorking ? first + 1 : first)))
      .map(index => stageWithSteps(needed, index)?.index)
  )
  const whole = needed
    .filter(({ name, index }) => read.has(index) && !changing.has(index) && hits.has(name))
    .filter(stage => standsAlone(stage, stage.steps))
    .map(stage => ({ stage, steps: stage.steps.length, lastLine: stage.lines.end }))
  return [...stoodUpon, ...whole]
}

/** Of the stages that are sure to change, the names of those that wait for no other of them. */
export function beginningStages(needed: readonly Stage[], sure: ReadonlySet<string>): ReadonlySet<string> {
  const changing = needed.filter(({ name }) => sure.has(name))
  const waiting = new Set(
    changing.flatMap(({ name, index }) => [...readersOf(needed, new Set([name]))].filter(reader => reader !== index))
  )
  return new Set(changing.filter(({ index }) => !waiting.has(index)).map(({ name }) => name))
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
export function standsAlone({ index, edges, lines }: Stage, steps: readonly Step[]): boolean {
  const end = steps.at(-1)?.lines.end ?? lines.end
  return steps.every(({ onbuild }) => !onbuild) && edges.every(edge => edge.line > end || edge.stage < index)
}

/** An image that a stage at work is made from, too, is in the builder already. */
function hasLayersOfItsOwn({ base }: Stage, needed: readonly Stage[], working: ReadonlySet<string>): boolean {
  if (base.kind !== 'image') return base.kind === 'stage'
  return !needed.some(other => working.has(other.name) && other.base.kind === 'image' && other.base.reference === base.reference)
}
