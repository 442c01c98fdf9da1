import { count } from './amounts'
import { oneLine } from './plain'
import type { BuildReport } from './report'
import { tally } from './tallies'
import { joinWords, namesWords, plain, words, type Words } from './words'

/** What a job that did not succeed fails with: the error buildx ended with, which names the step and its exit code, or that it was cancelled. */
export function failureText(report: BuildReport, exitCode: number): string {
  if (report.outcome !== 'failure') return plain(words`The job was cancelled. ${keptWords(report)}`)
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

/** What the next build finds of one that failed, and what the post step goes on with; undefined where that is nothing, and of a build that was cancelled. */
export function nextBuildWords(report: BuildReport): Words | undefined {
  if (report.outcome === 'cancelled') return undefined
  const parts = [report.outcome === 'failure' ? savedByFailure(report) : undefined, leftWords(report)]
  const said = parts.filter(part => part !== undefined)
  return said.length === 0 ? undefined : joinWords(said, '. ')
}

function savedByFailure(report: BuildReport): Words | undefined {
  const begun = report.beginnings.map(one => words`${firstStepsWords(one)} of ${one.stage}`)
  const { exported } = tally(report)
  const kept = [...(exported.length > 0 ? [namesWords(exported)] : []), ...begun]
  return kept.length === 0 ? undefined : words`Saved for the next build: ${joinWords(kept, ', ')}`
}

/** How much of a stage is saved that a build did not get to its end. */
export function firstStepsWords({ steps, of }: BuildReport['beginnings'][number]): Words {
  return words`the first ${steps === 1 ? [] : words`${steps} `}of ${of} steps`
}

/** What of a cancelled build is kept. */
export function keptWords(report: BuildReport): Words {
  const { exported } = tally(report)
  const saved = exported.length > 0 ? words`Saved: ${namesWords(exported)}.` : words`Nothing was saved.`
  const left = leftWords(report)
  return left ? words`${saved} ${left}.` : saved
}

function leftWords({ exports }: BuildReport): Words | undefined {
  const left = [...new Set(exports.filter(({ exported }) => exported === 'left').map(({ stage }) => stage))]
  return left.length === 0 ? undefined : words`The post step goes on with ${[count(left.length, 'stage')]}: ${namesWords(left)}`
}
