import type { StageResult, StepResult, TimeSaved } from '../explain/stage-result'
import type { Reason } from '../reasons'
import { group } from './group'
import type { BuildReport } from './report'

/** Every figure that is made from others: views only show these. */
export interface Tallies {
  /** Needed stages that have steps, each counted once over its platforms; one without is always a hit and tells nothing. */
  readonly stagesWithSteps: number
  readonly cachedWithSteps: number
  /** Steps of needed stages, over all platforms. */
  readonly steps: number
  readonly cachedSteps: number
  /** Cached steps ÷ steps, 0 to 1; 1 where there are no steps. */
  readonly rate: number
  /** The build succeeded, and every step of every needed stage came from the cache. */
  readonly hit: boolean
  /** Names in Dockerfile order: cached on every platform; run on any; saved anywhere. */
  readonly cached: readonly string[]
  readonly rebuilt: readonly string[]
  readonly exported: readonly string[]
  readonly platforms: readonly string[]
}

export interface RanStep {
  readonly stage: StageResult
  readonly step: StepResult
}

export function tally(report: Pick<BuildReport, 'outcome' | 'stages'>): Tallies {
  const stages = inOrder(report.stages)
  const byStage = group(stages, ({ index }) => index)
  const withSteps = byStage.filter(platforms => platforms.some(stage => stage.steps.length > 0))
  const names = (belongs: (platforms: readonly StageResult[]) => boolean) => byStage.filter(belongs).map(([{ name }]) => name)
  const steps = sum(stages.map(stage => stage.steps.length))
  const cachedSteps = sum(stages.map(stage => stage.cached))
  return {
    stagesWithSteps: withSteps.length,
    cachedWithSteps: withSteps.filter(allHit).length,
    steps,
    cachedSteps,
    rate: steps === 0 ? 1 : cachedSteps / steps,
    // Nothing known of any stage is no hit: a Dockerfile has at least the target.
    hit: report.outcome === 'success' && stages.length > 0 && allHit(stages),
    cached: names(allHit),
    rebuilt: names(platforms => platforms.some(({ status }) => status === 'partial' || status === 'miss')),
    exported: names(platforms => platforms.some(({ refs }) => refs.some(({ exported }) => exported === 'yes'))),
    platforms: [...new Set(stages.map(({ platform }) => platform))]
  }
}

/** What all cached steps took when they last ran, and of how many that is not known; undefined where nothing is known of any. */
export function totalTimeSaved(stages: readonly StageResult[]): TimeSaved | undefined {
  const cached = stages.filter(stage => stage.cached > 0)
  const known = cached.flatMap(({ saved }) => saved ?? [])
  if (stages.length === 0 || (cached.length > 0 && known.length === 0)) return undefined
  return {
    seconds: sum(known.map(({ seconds }) => seconds)),
    unknownSteps: sum(cached.map(({ saved, cached: steps }) => saved?.unknownSteps ?? steps))
  }
}

/** Of how many stages it was said before the build whether they hit, and how often that was so. A stage the build did not come to is left out. */
export function predictionsHeld(stages: readonly StageResult[]): { readonly held: number; readonly made: number } {
  const made = stages.filter(
    ({ expected, status, steps }) => expected && steps.length > 0 && status !== 'not-run' && status !== 'unknown'
  )
  return { held: made.filter(({ expected, status }) => (expected === 'hit') === (status === 'hit')).length, made: made.length }
}

/** Dockerfile order; platforms of a stage stay as they came. */
export function inOrder(stages: readonly StageResult[]): readonly StageResult[] {
  return stages.toSorted((a, b) => a.index - b.index)
}

/** Steps that ran, the slowest first. */
export function slowestSteps(stages: readonly StageResult[], most: number): readonly RanStep[] {
  return stages
    .flatMap(stage => stage.steps.map(step => ({ stage, step })))
    .filter(({ step }) => step.status === 'ran' || step.status === 'failed')
    .toSorted((a, b) => b.step.seconds - a.step.seconds)
    .slice(0, most)
}

/** The step a stage failed at, or undefined. */
export function failedStep(stage: StageResult): StepResult | undefined {
  return stage.steps.find(({ status }) => status === 'failed')
}

/** The step a stage was in the midst of when the build ended, or undefined. */
export function stoppedStep({ steps }: Pick<StageResult, 'steps'>): StepResult | undefined {
  return steps.find(({ stopped }) => stopped)
}

/** The first step that did not come from the cache: where to look for what changed. */
export function firstRun(stage: StageResult): StepResult | undefined {
  return stage.steps.find(({ status }) => status === 'ran' || status === 'failed')
}

/** Whether the stage itself is where to look, and not another that this build rebuilt; that nothing was saved yet is no news of a stage. */
export function hasOwnCause(reason: Reason): boolean {
  return reason.code === 'parent-rebuilt' ? reason.earlier === true : reason.code !== 'first-build'
}

function allHit(stages: readonly StageResult[]): boolean {
  return stages.every(({ status }) => status === 'hit')
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
