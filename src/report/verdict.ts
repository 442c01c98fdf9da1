import { count, seconds } from './amounts'
import { attention } from './attention'
import type { BuildReport } from './report'
import { cancelledBeforeWords } from './sentences-stages'
import { failedStep, inOrder, tally, totalTimeSaved } from './tallies'
import { words, type Words } from './words'

/** The first line of summary and log: what people want to know, and the figures behind it. */
export interface Verdict {
  readonly icon: string
  readonly headline: Words
  readonly figures: readonly Words[]
}

export function verdict(report: BuildReport): Verdict {
  const { stagesWithSteps, cachedWithSteps, steps, cachedSteps, platforms, hit } = tally(report)
  const stages = stagesWithSteps === 0 ? [] : [words`${cachedWithSteps} of ${[count(stagesWithSteps, 'stage')]} from cache`]
  const figures = [
    ...(steps > 0 ? [words`${cachedSteps} of ${[count(steps, 'step')]}`] : []),
    ...(platforms.length > 1 ? [words`${platforms.length} platforms`] : [])
  ]
  const spared = totalTimeSaved(report.stages)?.seconds ?? 0
  const saved = spared > 0 ? [words`${[seconds(spared)]} saved`] : []
  const look = attention(report)
  const time = [seconds(report.seconds.build)]
  const saving = report.interrupted ? [words`cancelled while it saved`] : []
  switch (report.outcome) {
    case 'success': {
      const nothing =
        report.stages.length === 0 ? words`Built, but nothing is known of its stages` : words`Built, no steps to cache`
      return {
        icon: hit ? '✅' : '🔨',
        headline: stages[0] ?? nothing,
        figures: [...figures, ...saved, words`built in ${time}`, ...saving, ...(look ? [look] : [])]
      }
    }
    case 'failure':
      return { icon: '❌', headline: failureWords(report), figures: [...stages, ...figures, words`after ${time}`, ...saving] }
    case 'cancelled':
      if (report.seconds.build === 0) return { icon: '🚫', headline: cancelledBeforeWords, figures: [] }
      return { icon: '🚫', headline: words`Build cancelled`, figures: [...stages, ...figures, words`after ${time}`] }
  }
}

function failureWords(report: BuildReport): Words {
  const stage = inOrder(report.stages).find(({ status }) => status === 'failed')
  if (!stage) return words`Build failed`
  const step = failedStep(stage)
  return step?.line === undefined ? words`Build failed in ${stage.name}` : words`Build failed in ${stage.name}, line ${step.line}`
}
