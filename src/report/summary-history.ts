import type { StageResult } from '../explain/stage-result'
import { count, seconds } from './amounts'
import { code, details, join, ours, NOTHING, sentence, table, type Column, type Markdown } from './markdown'
import type { BuildReport } from './report'
import { inOrder, predictionsHeld, tally, totalTimeSaved } from './tallies'

/** Names shown in one cell. */
const mostNames = 8

/** Folded: what each stage is made from, what its cached steps saved, and how often what was expected came true. */
export function historyTable(report: BuildReport, rows: number): Markdown {
  const stages = inOrder(report.stages).filter(({ madeOf }) => madeOf !== undefined)
  if (stages.length === 0 || rows === 0) return NOTHING
  const several = tally(report).platforms.length > 1
  const columns: Column[] = [
    { title: ours`Stage` },
    ...(several ? [{ title: ours`Platform` }] : []),
    { title: ours`Files` },
    { title: ours`Build arguments` },
    { title: ours`Images` },
    { title: ours`Time saved`, align: 'right' }
  ]
  const cells = stages
    .slice(0, rows)
    .map(stage => [
      code(stage.name),
      ...(several ? [code(stage.platform)] : []),
      filesCell(stage),
      names(stage.madeOf?.arguments ?? []),
      names(stage.madeOf?.images ?? []),
      stage.saved && stage.saved.seconds > 0 ? sentence([seconds(stage.saved.seconds)]) : ours`–`
    ])
  const more = stages.length > rows ? [ours`… and ${sentence([count(stages.length - rows, 'more row')])}.`] : []
  return details(ours`What would rebuild each stage`, join([...figures(report), table(columns, cells), ...more], '\n\n'))
}

function figures(report: BuildReport): readonly Markdown[] {
  const saved = totalTimeSaved(report.stages)
  const { held, made } = predictionsHeld(report.stages)
  const unknown =
    saved && saved.unknownSteps > 0
      ? ours`, and what ${sentence([count(saved.unknownSteps, 'more step')])} took is not known`
      : NOTHING
  return [
    ...(saved && saved.seconds > 0
      ? [ours`Cached steps took ${sentence([seconds(saved.seconds)])} when they last ran${unknown}.`]
      : []),
    ...(made > 0
      ? [ours`Before the build it was said of ${sentence([count(made, 'row')])} whether they hit; that held for ${held}.`]
      : [])
  ]
}

/** `package.json`, or `src` with how many files are taken. */
function filesCell({ madeOf }: StageResult): Markdown {
  const all = madeOf?.files ?? []
  if (all.length === 0) return ours`–`
  const shown = all.slice(0, mostNames).map(({ sources, count: files }) => {
    const text = join(
      sources.slice(0, mostNames).map(source => code(source)),
      ', '
    )
    return files > sources.length ? ours`${text} (${sentence([count(files, 'file')])})` : text
  })
  return join(all.length > mostNames ? [...shown, ours`${all.length - mostNames} more`] : shown, ', ')
}

function names(all: readonly string[]): Markdown {
  if (all.length === 0) return ours`–`
  const shown = all.slice(0, mostNames).map(name => code(name))
  return join(all.length > mostNames ? [...shown, ours`${all.length - mostNames} more`] : shown, ', ')
}
