import type { StageResult } from './stage-result'
import { sumsOf } from './stages'

/**
 * How the stages came out of a build that was begun once before and stopped: what ran to its end then is cached now, and ran in this job all the same.
 * Both results are of the same stages and platforms.
 */
export function withStopped(results: readonly StageResult[], stopped: readonly StageResult[]): readonly StageResult[] {
  return results.map(result => {
    const before = stopped.find(({ index, platform }) => index === result.index && platform === result.platform)
    const steps = result.steps.map(step => {
      const ran = before?.steps.find(({ number, status }) => number === step.number && status === 'ran')
      return step.status === 'cached' && ran ? ran : step
    })
    const sums = sumsOf(steps)
    return { ...result, ...sums, steps, status: result.status === 'unknown' ? result.status : sums.status }
  })
}
