import { seconds } from './amounts'
import { columns } from './columns'
import { nextBuildWords } from './failure'
import { lastLines } from './plain'
import type { BuildReport } from './report'
import { readFrom, writtenTo } from './routes'
import { statusWords, whyWords } from './sentences'
import { remedyWords, troubleWords } from './sentences-troubles'
import { inOrder, tally } from './tallies'
import { verdict } from './verdict'
import { joinWords, plain, words } from './words'

/** Rows of the job log; the summary and the outputs have more. */
const MOST_ROWS = 100

/** The verdict and a row per stage, for the job log and terminals. */
export function renderLogTable(report: BuildReport): string {
  const { headline, figures } = verdict(report)
  const stages = inOrder(report.stages)
  const several = tally(report).platforms.length > 1
  const platform = (value: string) => (several ? [value] : [])
  const header = ['stage', ...platform('platform'), 'status', 'cached', 'time', 'read from', 'written to', 'why']
  const rows = stages
    .slice(0, MOST_ROWS)
    .map(stage => [
      plain(words`${stage.name}`),
      ...platform(plain(words`${stage.platform}`)),
      statusWords(stage).word,
      stage.steps.length === 0 ? '–' : `${stage.cached}/${stage.steps.length}`,
      stage.seconds > 0 ? plain([seconds(stage.seconds)]) : '–',
      plain(readFrom(report, stage)),
      plain(writtenTo(stage)),
      plain(whyWords(stage))
    ])
  return [
    plain(joinWords([headline, ...figures], ' · ')),
    ...(rows.length > 0 ? ['', ...columns([header, ...rows])] : []),
    ...(stages.length > MOST_ROWS ? [`… and ${stages.length - MOST_ROWS} more`] : []),
    ...nextBuildLines(report),
    ...troubleLines(report),
    ...errorLines(report)
  ].join('\n')
}

function nextBuildLines(report: BuildReport): readonly string[] {
  const saved = nextBuildWords(report)
  return saved ? ['', plain(saved)] : []
}

function troubleLines({ degradations }: BuildReport): readonly string[] {
  if (degradations.length === 0) return []
  const lines = degradations.slice(0, 20).flatMap(trouble => {
    return [
      plain(words`- ${troubleWords([trouble])}. ${remedyWords(trouble)}`),
      ...(trouble.detail === '' ? [] : [plain(words`  ${trouble.detail}`)])
    ]
  })
  const more = degradations.length > 20 ? [`… and ${degradations.length - 20} more`] : []
  return ['', 'Cache trouble, survived:', ...lines, ...more]
}

function errorLines({ outcome, error }: BuildReport): readonly string[] {
  const lines = outcome === 'failure' ? lastLines(error ?? '', 10, 300) : []
  return lines.length > 0 ? ['', ...lines.map(line => `  ${line}`)] : []
}
