import { count } from './amounts'
import { oneLine } from './plain'
import type { BuildReport } from './report'
import { tally } from './tallies'
import { joinWords, namesWords, plain, words, type Words } from './words'

/** What a job that did not succeed fails with: the error buildx ended with, which names the step and its exit code, or that it was cancelled. */
export function failureText(report: BuildReport, exitCode: number): string {
  if (report.outcome === 'cancelled') return plain(words`The job was cancelled. ${keptWords(report)}`)
  return buildFailureText(report.error ?? '', exitCode)
}

/** The same of a build without a report; `text` is what buildx said. */
export function buildFailureText(text: string, exitCode: number): string {
  return `buildx failed with: ${buildError(text, exitCode)}`
}

/** On one line what `text` has from its last `ERROR:` on, else its last line: git's words fill several, of which the last only says how git ended. */
export function buildError(text: string, exitCode: number): string {
  const lines = text.trimEnd().split('\n')
  const start = lines.findLastIndex(line => line.startsWith('ERROR: '))
  return oneLine(lines.slice(start).join('\n').replaceAll('\n: ', ': '), 1000) || `exit code ${exitCode}`
}

/** What the next build finds of one that failed; undefined where that is nothing new, and of any other build. */
export function nextBuildWords(report: BuildReport): Words | undefined {
  if (report.outcome !== 'failure') return undefined
  const begun = report.beginnings.map(
    ({ stage, steps, of }) => words`the first ${steps === 1 ? [] : words`${steps} `}of ${of} steps of ${stage}`
  )
  const { exported } = tally(report)
  const kept = [...(exported.length > 0 ? [namesWords(exported)] : []), ...begun]
  return kept.length === 0 ? undefined : words`Saved for the next build: ${joinWords(kept, ', ')}`
}

/** What of a cancelled build is kept. */
export function keptWords(report: BuildReport): Words {
  const { exported } = tally(report)
  const left = [...new Set(report.exports.filter(save => save.exported === 'left').map(({ stage }) => stage))]
  return [
    ...(exported.length > 0 ? words`Saved: ${namesWords(exported)}.` : words`Nothing was saved.`),
    ...(left.length > 0 ? words` The post step goes on with ${[count(left.length, 'stage')]}: ${namesWords(left)}.` : [])
  ]
}
