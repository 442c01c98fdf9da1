import type { Stage } from '../dockerfile/dockerfile'
import { readBySteps, stageWithSteps } from '../dockerfile/stage-graph'
import { stepsOf } from '../fingerprint/fingerprint'
import type { Reason } from '../reasons'
import { lostSteps, reasonOf, stageChanges, standsOnAnother } from './changes'
import type { RecordView } from './changes'

export interface StageExpectation {
  readonly stage: string
  readonly index: number
  readonly platform: string
  /** `unknown`: nothing is recorded, or it depends on what a rebuilt stage that is copied from turns out to make. */
  readonly expected: 'hit' | 'rebuild' | 'unknown'
  /** Place in `Stage.steps` of the first step that will run, or for `unknown` that may; absent for a hit and where nothing is known. */
  readonly firstStep?: number
  /** Why, for `rebuild`, and for `unknown` where a parent decides. */
  readonly reason?: Reason
}

export interface ExpectationFacts {
  /** Dockerfile order. */
  readonly needed: readonly Stage[]
  readonly platforms: readonly string[]
  /** The record of the content that a stage is going to be looked up in; undefined where none is known. */
  readonly viewOf: (stage: Stage) => RecordView | undefined
  /** Names of stages of which nothing can be read, with why. */
  readonly missing?: ReadonlyMap<string, 'first-build' | 'cache-absent' | 'cache-evicted'>
  /** Names of stages of which builds that failed made a beginning, which is read. */
  readonly begun?: ReadonlySet<string>
  /** Names of stages that may also be served by older content, of which there is no record: a change says nothing of them. */
  readonly unsure?: ReadonlySet<string>
  /** Names of stages that were asked to be rebuilt, with what depends on them. */
  readonly rebuilt?: ReadonlySet<string>
}

/** Whether what a stage leaves is as it was: `maybe` where that depends on what steps make. */
type Changed = 'no' | 'yes' | 'maybe'

/**
 * What to expect of each stage and platform, Dockerfile order, when the recorded content is imported. A base image that is not known to have moved
 * is taken not to have.
 */
export function expectStages(facts: ExpectationFacts): readonly StageExpectation[] {
  const rows = new Map(
    facts.platforms.map(platform => {
      const changed = new Map<number, Changed>()
      return [platform, facts.needed.map(stage => expectStage(stage, platform, facts, changed))]
    })
  )
  return facts.needed.flatMap((_, at) => facts.platforms.flatMap(platform => rows.get(platform)?.[at] ?? []))
}

function expectStage(stage: Stage, platform: string, facts: ExpectationFacts, changed: Map<number, Changed>): StageExpectation {
  const row = { stage: stage.name, index: stage.index, platform }
  const settle = (state: Changed, expectation: Omit<StageExpectation, keyof typeof row>): StageExpectation => {
    changed.set(stage.index, state)
    return { ...row, ...expectation }
  }
  const rebuild = (firstStep: number, reason: Reason) =>
    facts.unsure?.has(stage.name) && reason.code !== 'rebuild-requested'
      ? settle('maybe', { expected: 'unknown', firstStep })
      : settle('yes', { expected: 'rebuild', firstStep, reason })
  const { needed } = facts
  const parent = stage.base.kind === 'stage' ? stage.base.index : undefined
  const parentStage = parent === undefined ? undefined : stageWithSteps(needed, parent)
  const parentName = namedFor(needed, parent) ?? ''
  const parentChanged = parent === undefined ? 'no' : (changed.get(parent) ?? 'maybe')
  if (stage.steps.length === 0) return settle(parentChanged, { expected: 'hit' })
  if (facts.rebuilt?.has(stage.name)) return rebuild(0, { code: 'rebuild-requested' })
  const missing = facts.missing?.get(stage.name)
  const begun = missing === 'cache-absent' && facts.begun?.has(stage.name) ? ({ begun: true } as const) : {}
  if (missing) return rebuild(0, { code: missing, ...begun })
  const view = facts.viewOf(stage)
  const changes = view && stageChanges(stage, platform, view)
  if (!changes) return settle('maybe', { expected: 'unknown' })
  const onAnother = parentStage !== undefined && standsOnAnother(parentStage, platform, view, changes)
  // Its parent may hit all the same: what is left of it is what it was.
  if (parentChanged === 'no' && parentStage && lostSteps(parentStage, platform, view))
    return settle('yes', { expected: 'rebuild', firstStep: 0 })
  if (parentChanged === 'yes' || onAnother) {
    const earlier = parentChanged === 'no' ? ({ earlier: true } as const) : {}
    return rebuild(0, { code: 'parent-rebuilt', parent: parentName, ...earlier, line: stage.lines.start })
  }
  const base = changes.base && reasonOf(changes.base)
  if (base) return rebuild(0, base)

  const unclear = changes.base !== undefined && changes.base.kind !== 'stage'
  let may: number | undefined = parentChanged === 'maybe' || unclear || changes.comparison.now.base.opaque ? 0 : undefined
  let why: Reason | undefined =
    parentChanged === 'maybe' ? { code: 'parent-rebuilt', parent: parentName, line: stage.lines.start } : undefined
  const steps = stepsOf(changes.comparison.now)
  for (const [at, step] of stage.steps.entries()) {
    const difference = changes.steps[at]
    const reason = difference && reasonOf(difference)
    if (reason && !difference.byContent) return rebuild(may ?? at, reason)
    if (may !== undefined) continue
    const read = readBySteps(stage, [step]).find(index => (changed.get(index) ?? 'maybe') !== 'no')
    if (read === undefined && !difference && !steps[at]?.opaque) continue
    may = at
    const name = namedFor(needed, read)
    if (reason) why = reason
    else if (name !== undefined) why = { code: 'parent-rebuilt', parent: name, line: step.lines.start }
  }
  if (may === undefined) return settle('no', { expected: 'hit' })
  return settle('maybe', { expected: 'unknown', firstStep: may, ...(why ? { reason: why } : {}) })
}

/** Name of the stage at an index, or for one without steps of the stage with steps that it stands on. */
function namedFor(stages: readonly Stage[], at: number | undefined): string | undefined {
  const stage = at === undefined ? undefined : stageWithSteps(stages, at)
  return (stage ?? stages.find(({ index }) => index === at))?.name
}
