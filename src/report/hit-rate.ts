import type { BuildReport } from './report'
import { lowRateWords } from './sentences-hit-rate'
import { tally } from './tallies'
import type { Words } from './words'

export interface LowHitRate {
  readonly then: 'warn' | 'fail'
  readonly why: Words
}

/**
 * What `min-hit-rate` makes of a build; undefined where the rate is high enough, or not judged: a build that did not succeed says so
 * itself, and one that was asked to rebuild has the rate that was asked for. A build with nothing saved yet only warns: else the
 * first of a branch that has no cache to start from could never pass.
 */
export function judgeHitRate(report: BuildReport): LowHitRate | undefined {
  const { hitRateGuard: guard, outcome, stages } = report
  const { rate, steps, cachedSteps } = tally(report)
  if (!guard || outcome !== 'success' || steps === 0 || rate * 100 >= guard.minimum) return undefined
  const reasons = stages.flatMap(({ reason, status }) => (status === 'hit' || !reason ? [] : [reason.code]))
  if (reasons.includes('rebuild-requested')) return undefined
  const first = reasons.length > 0 && reasons.every(code => code === 'first-build')
  return {
    then: first ? 'warn' : guard.below,
    why: lowRateWords({ percent: Math.floor(rate * 100), minimum: guard.minimum, steps, cachedSteps, first })
  }
}
