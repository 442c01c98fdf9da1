import type { StageResult } from '../explain/stage-result'
import { bytes, count, seconds } from './amounts'
import { firstStepsWords } from './failure'
import { code, details, join, ours, NOTHING, sentence, table, type Column, type Markdown } from './markdown'
import type { BuildReport } from './report'
import { readFrom, writtenTo } from './routes'
import { importedWords, savedWords, statusWords, whyWords } from './sentences'
import { inOrder, slowestSteps, tally } from './tallies'

/** With more rows than this, those without news are folded away. */
const UNFOLDED = 40

/** One row per stage and platform. */
export function stageTables(report: BuildReport, rows: number): Markdown {
  const stages = inOrder(report.stages)
  if (stages.length <= UNFOLDED) return stageTable(report, stages, rows)
  const news = stages.filter(({ status }) => status !== 'hit')
  const hits = stages.filter(({ status }) => status === 'hit')
  const folded =
    hits.length > 0 && rows > 0
      ? details(ours`${sentence([count(hits.length, 'row')])} fully from cache`, stageTable(report, hits, rows))
      : NOTHING
  return join([stageTable(report, news, rows), folded], '\n\n')
}

/** The steps worth making faster. */
export function slowestTable(report: BuildReport, rows: number): Markdown {
  const slowest = slowestSteps(report.stages, rows)
  if (slowest.length === 0) return NOTHING
  const platform = platformColumn(report)
  const columns: Column[] = [
    { title: ours`Time`, align: 'right' },
    { title: ours`Stage` },
    ...platform.columns,
    { title: ours`Line`, align: 'right' },
    { title: ours`Command` }
  ]
  const cells = slowest.map(({ stage, step }) => [
    sentence([seconds(step.seconds)]),
    code(stage.name),
    ...platform.cells(stage),
    step.line === undefined ? NOTHING : ours`${step.line}`,
    code(step.command)
  ])
  return details(ours`Slowest steps that ran`, table(columns, cells))
}

/** Every ref in full, for those who want to look it up. */
export function refTable(report: BuildReport, rows: number): Markdown {
  const refs = inOrder(report.stages).flatMap(stage => stage.refs.map(ref => ({ stage, ref })))
  if (refs.length === 0 || rows === 0) return NOTHING
  const platform = platformColumn(report)
  const columns: Column[] = [
    { title: ours`Stage` },
    ...platform.columns,
    { title: ours`Backend` },
    { title: ours`Ref` },
    { title: ours`Read` },
    { title: ours`Saved` },
    { title: ours`Size`, align: 'right' }
  ]
  const whole = refs.map(({ stage, ref }) => [
    code(stage.name),
    ...platform.cells(stage),
    sentence([ref.backend]),
    code(ref.ref),
    sentence(importedWords(ref)),
    sentence(savedWords(ref)),
    ref.bytes === undefined ? NOTHING : sentence([bytes(ref.bytes)])
  ])
  // Of several platforms in one build there is none.
  const begun = report.beginnings.flatMap(one =>
    one.refs.map(({ backend, ref }) => [
      code(one.stage),
      sentence([backend]),
      code(ref),
      ours`–`,
      sentence(firstStepsWords(one)),
      NOTHING
    ])
  )
  const cells = [...whole, ...begun]
  return details(ours`Cache refs`, withRest(table(columns, cells.slice(0, rows)), cells.length - rows, 'ref'))
}

function stageTable(report: BuildReport, stages: readonly StageResult[], rows: number): Markdown {
  if (stages.length === 0) return NOTHING
  if (rows === 0) return withRest(NOTHING, stages.length, 'row')
  const platform = platformColumn(report)
  const columns: Column[] = [
    { title: ours`Stage` },
    ...platform.columns,
    { title: ours`Status` },
    { title: ours`Cached`, align: 'right' },
    { title: ours`Time`, align: 'right' },
    { title: ours`Read from` },
    { title: ours`Written to` },
    { title: ours`Why` }
  ]
  const cells = stages
    .slice(0, rows)
    .map(stage => [
      code(stage.name),
      ...platform.cells(stage),
      statusCell(stage),
      stage.steps.length === 0 ? ours`–` : ours`${stage.cached}/${stage.steps.length}`,
      stage.seconds > 0 ? sentence([seconds(stage.seconds)]) : ours`–`,
      sentence(readFrom(report, stage)),
      sentence(writtenTo(stage)),
      sentence(whyWords(stage), 60)
    ])
  return withRest(table(columns, cells), stages.length - rows, 'row')
}

/** On one line, however narrow the column. */
function statusCell(stage: StageResult): Markdown {
  const { icon, word } = statusWords(stage)
  return sentence([`${icon} ${word}`.replaceAll(' ', '\u00a0')])
}

/** Only a build for several platforms says which. */
function platformColumn(report: BuildReport) {
  const several = tally(report).platforms.length > 1
  return {
    columns: several ? [{ title: ours`Platform` }] : [],
    cells: (stage: StageResult) => (several ? [code(stage.platform)] : [])
  }
}

function withRest(shown: Markdown, left: number, what: string): Markdown {
  return left > 0 ? join([shown, ours`… and ${sentence([count(left, `more ${what}`)])}.`], '\n\n') : shown
}
