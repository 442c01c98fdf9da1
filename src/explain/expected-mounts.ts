import type { MountUse } from '../dockerfile/cache-mount'
import type { Stage } from '../dockerfile/dockerfile'
import type { MountRestored } from '../reasons'
import type { StageExpectation } from './expectations'
import type { StageResult, StepResult } from './stage-result'

export interface MountExpectationFacts {
  readonly needed: readonly Stage[]
  readonly expectations: readonly StageExpectation[]
  /** The build has a cache to read. */
  readonly imports: boolean
}

/**
 * Whether one of the steps that use a mount is expected to run, or may: where nothing is known of its stage, it may.
 */
export function mayRun(uses: readonly MountUse[], { needed, expectations, imports }: MountExpectationFacts): boolean {
  return uses.some(({ stage: index, line, platform }) => {
    const stage = needed.find(candidate => candidate.index === index)
    if (!stage) return false
    if (!imports) return true
    const expectation = expectations.find(row => row.index === index && row.platform === platform)
    if (expectation?.firstStep === undefined) return expectation?.expected !== 'hit'
    // Triggers of the parent have its lines.
    const positions = [...stage.steps.entries()].filter(([, step]) => step.lines.start === line).map(([at]) => at)
    return Math.max(-1, ...positions) >= expectation.firstStep
  })
}

/**
 * Why what is saved of a mount that starts from a stage is not to be had: nothing was ever saved, or BuildKit makes another mount, since not all of
 * the stage is expected to come from the build's import. Undefined where it may be had, and of a mount that starts from no stage.
 */
export function whyAnew(
  base: number | undefined,
  imports: boolean,
  expectations: readonly StageExpectation[]
): Extract<MountRestored, 'absent' | 'base-rebuilt' | 'base-unsure'> | undefined {
  if (base === undefined) return undefined
  const rows = expectations.filter(({ index }) => index === base)
  if (rows.some(({ reason }) => reason?.code === 'first-build')) return 'absent'
  if (!imports || rows.some(({ expected }) => expected === 'rebuild')) return 'base-rebuilt'
  return rows.length > 0 && rows.every(({ expected }) => expected === 'hit') ? undefined : 'base-unsure'
}

/** Whether one of the steps that use a mount ran, as far as it came. */
export function ran(uses: readonly MountUse[], results: readonly StageResult[]): boolean {
  return usingSteps(uses, results).some(({ status }) => status === 'ran' || status === 'failed')
}

/** Whether one of them was running when the build ended. */
export function wasStopped(uses: readonly MountUse[], results: readonly StageResult[]): boolean {
  return usingSteps(uses, results).some(({ stopped }) => stopped)
}

function usingSteps(uses: readonly MountUse[], results: readonly StageResult[]): readonly StepResult[] {
  return uses.flatMap(({ stage, line, platform }) =>
    results
      .filter(result => result.index === stage && result.platform === platform)
      .flatMap(({ steps }) => steps.filter(step => step.line === line))
  )
}
