import type { Degradation } from '../reasons'
import { seconds } from './amounts'
import { oneLine } from './plain'
import type { BuildReport } from './report'
import { troubleWords } from './sentences-troubles'
import { slowestSteps } from './tallies'
import { words, type Words } from './words'

/** Shorter steps are not worth a word on the first line. */
const LONG_STEP = 1

/** For the first line, the one thing to look at: the worst trouble with a cache, else the step that took longest. */
export function attention({ degradations, stages }: Pick<BuildReport, 'degradations' | 'stages'>): Words | undefined {
  const [worst] = actionable(degradations).toSorted((a, b) => urgency[a.code] - urgency[b.code])
  if (worst) {
    const others = degradations.filter(one => one !== worst && one.code === worst.code && one.backend === worst.backend)
    return words`to fix: ${troubleWords([worst, ...others])}`
  }
  const [slowest] = slowestSteps(stages, 1)
  if (!slowest || slowest.step.seconds < LONG_STEP) return undefined
  return words`longest: ${oneLine(slowest.step.command, 40)} in ${slowest.stage.name}, ${[seconds(slowest.step.seconds)]}`
}

/**
 * Troubles that somebody can do something about: that a stranger's code or a token that only reads may not write is as it should be, what a
 * builder had no layers of is saved by then, and what a cancelled job left the post step goes on with.
 */
export function actionable(degradations: readonly Degradation[]): readonly Degradation[] {
  return degradations.filter(
    ({ code, why, hadHit }) =>
      code !== 'export-left' && !hadHit && (why === undefined || why === 'not-logged-in' || why === 'not-permitted')
  )
}

/** What costs every later build comes before what cost this one. */
const urgency: { readonly [code in Degradation['code']]: number } = {
  'write-not-allowed': 1,
  'export-failed': 2,
  'cache-service-missing': 3,
  'lookup-failed': 4,
  'import-failed': 5,
  'bring-in-failed': 6,
  'save-failed': 7,
  'restore-failed': 8,
  'record-failed': 9,
  'export-left': 10,
  'local-cache-broken': 11,
  'local-stage-lost': 12,
  'export-ran-steps': 13,
  'mount-save-failed': 14,
  'mount-restore-failed': 15,
  'mount-too-large': 16
}
