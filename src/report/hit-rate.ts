import type { BuildReport } from './report'
import { fallWords, lowRateWords } from './sentences-figures'
import { hasOwnCause, tally } from './tallies'
import type { Words } from './words'

export interface LowHitRate {
  readonly then: 'warn' | 'fail'
  readonly why: Words
}

/** Percentage points below the average of earlier builds that are worth a word: less is how large an edit was. */
const worthAWord = 20

/**
 * What `min-hit-rate` makes of a build; undefined where the rate is high enough, or not judged: a build that did not succeed says so
 * itself, and one that was asked to rebuild has the rate that was asked for. A build with nothing saved yet only warns: else the
 * first of a branch that has no cache to start from could never pass; and so do one that cannot know what was saved, and one that ran
 * only what a new base image asks for.
 */
export function judgeHitRate(report: BuildReport): LowHitRate | undefined {
  const { hitRateGuard: guard, recordLost } = report
  const { rate, steps, cachedSteps } = tally(report)
  if (!guard || !isJudged(report) || rate * 100 >= guard.minimum) return undefined
  const excuse = nothingWasSaved(report)
    ? 'nothing-saved'
    : recordLost
      ? 'record-lost'
      : onlyBasesMoved(report)
        ? 'base-moved'
        : undefined
  return {
    then: excuse ? 'warn' : guard.below,
    why: lowRateWords({ percent: Math.floor(rate * 100), minimum: guard.minimum, steps, cachedSteps, excuse })
  }
}

/** A hit rate far below that of earlier builds; undefined where it is not, a new base image is all that is behind it, or `min-hit-rate` says it already. */
export function judgeFall(report: BuildReport): Words | undefined {
  const usual = report.earlier?.usual
  if (!usual || !isJudged(report) || judgeHitRate(report)) return undefined
  if (nothingWasSaved(report) || report.recordLost || onlyBasesMoved(report)) return undefined
  const { rate } = tally(report)
  if (Math.round((usual.hitRate - rate) * 100) < worthAWord) return undefined
  return fallWords({
    percent: Math.floor(rate * 100),
    average: Math.round(usual.hitRate * 100),
    builds: usual.builds
  })
}

function isJudged(report: BuildReport): boolean {
  return report.outcome === 'success' && tally(report).steps > 0 && !reasonCodes(report).includes('rebuild-requested')
}

function nothingWasSaved(report: BuildReport): boolean {
  const codes = reasonCodes(report)
  return codes.length > 0 && codes.every(code => code === 'first-build')
}

/** Whatever was rebuilt was so for a base image that is another under its name, which has nothing to do with the cache. */
function onlyBasesMoved({ stages }: BuildReport): boolean {
  const causes = stages.flatMap(({ reason }) => (reason && hasOwnCause(reason) ? [reason.code] : []))
  return causes.length > 0 && causes.every(code => code === 'base-image-changed')
}

function reasonCodes({ stages }: BuildReport) {
  return stages.flatMap(({ reason, status }) => (status === 'hit' || !reason ? [] : [reason.code]))
}
