import { actionable } from './attention'
import { group } from './group'
import { judgeFall, judgeHitRate } from './hit-rate'
import { judgeImageSize } from './image-size'
import type { BuildReport } from './report'
import { remedyWords, troubleWords } from './sentences-troubles'
import { plain, words } from './words'

/** GitHub shows ten annotations of a step; the build's own and those on Dockerfile lines need room. */
const MOST_TROUBLES = 5

/**
 * Warnings of the job: one for each kind of cache trouble, and one for a hit rate that is too low and fails nothing, or fell, and for an image that grew. None for a job
 * that was cancelled: its troubles come of that.
 */
export function renderWarnings(report: BuildReport): readonly string[] {
  if (report.interrupted) return []
  const troubles = group(actionable(report.degradations), ({ code, backend }) => `${code} ${backend ?? ''}`)
  const shown = troubles.slice(0, MOST_TROUBLES).map(same => {
    const [first] = same
    return plain(words`${troubleWords(same)}. ${remedyWords(first)}`)
  })
  const left = troubles.length - shown.length
  const low = judgeHitRate(report)
  const figures = [low?.then === 'warn' ? low.why : undefined, judgeFall(report), judgeImageSize(report)]
  return [
    ...shown,
    ...(left > 0 ? [plain(words`${left} more kinds of cache trouble: the job summary has them all`)] : []),
    ...figures.flatMap(why => (why ? [plain(why)] : []))
  ]
}
