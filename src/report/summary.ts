import { adviceSection } from './advice-section'
import { recordLine } from './build-record'
import { fit } from './fit'
import { bold, code, codeBlock, join, ours, NOTHING, sentence, type Markdown } from './markdown'
import { lastLines } from './plain'
import type { BuildReport } from './report'
import { keptWords, nextBuildWords } from './failure'
import { judgeFall, judgeHitRate } from './hit-rate'
import { judgeImageSize } from './image-size'
import { imageSizeWords } from './sentences-figures'
import { historyTable } from './summary-history'
import { mountTable } from './summary-mounts'
import { refTable, slowestTable, stageTables } from './summary-tables'
import { howItWasBuilt, troubles } from './summary-notes'
import { stageGraph } from './stage-graph'
import { timeline } from './timeline'
import { verdict } from './verdict'
import type { Words } from './words'
import { whySection } from './why'

/** GitHub takes 1 MiB of summary from a step; what remains is for what the caller adds. */
const SUMMARY_LIMIT = 1_000_000

/** The job summary: the verdict, what people act on, and the rest folded. Never longer than the limit. */
export function renderSummary(report: BuildReport): string {
  return fit(
    [
      { importance: 0, render: () => verdictLine(report) },
      { importance: 1, render: () => imageLine(report) },
      { importance: 2, render: () => errorBlock(report) },
      { importance: 2, render: () => nextBuildLine(report) },
      { importance: 1, render: () => hitRateLine(report) },
      { importance: 1, render: () => warningLine(judgeFall(report)) },
      { importance: 1, render: () => warningLine(judgeImageSize(report)) },
      { importance: 6, render: rows => stageGraph(report, rows) },
      { importance: 7, render: rows => timeline(report, Math.min(rows, 12)) },
      { importance: 4, render: rows => stageTables(report, rows) },
      { importance: 5, render: rows => whySection(report, Math.min(rows, 10)) },
      { importance: 3, render: rows => troubles(report.degradations, Math.min(rows, 50)) },
      { importance: 6, render: rows => adviceSection(report.advice, rows) },
      { importance: 5, render: rows => slowestTable(report, Math.min(rows, 5)) },
      { importance: 8, render: rows => mountTable(report, rows) },
      { importance: 10, render: rows => historyTable(report, rows) },
      { importance: 9, render: rows => refTable(report, rows) },
      { importance: 8, render: rows => howItWasBuilt(report, rows) },
      { importance: 2, render: () => recordLine(report.record) }
    ],
    SUMMARY_LIMIT
  )
}

function verdictLine(report: BuildReport): Markdown {
  const { icon, headline, figures } = verdict(report)
  return join([ours`${sentence([icon])} ${bold(sentence(headline))}`, ...figures.map(figure => sentence(figure))], ' · ')
}

function nextBuildLine(report: BuildReport): Markdown {
  const saved = nextBuildWords(report)
  return saved ? ours`💾 ${sentence(saved)}` : NOTHING
}

/** For a build that missed more than `min-hit-rate` allows. */
function hitRateLine(report: BuildReport): Markdown {
  const low = judgeHitRate(report)
  return low ? ours`${low.then === 'fail' ? ours`❌` : ours`⚠️`} ${sentence(low.why)}` : NOTHING
}

function warningLine(why: Words | undefined): Markdown {
  return why ? ours`⚠️ ${sentence(why)}` : NOTHING
}

/** Tags, digest and size, for a build that made them. */
function imageLine({ outcome, image, earlier }: BuildReport): Markdown {
  if (outcome !== 'success' || (image.tags.length === 0 && image.digest === '')) return NOTHING
  const shown = image.tags.slice(0, 3).map(tag => code(tag))
  const more = image.tags.length > 3 ? [ours`${image.tags.length - 3} more`] : []
  const digest = image.digest === '' ? NOTHING : ours`digest ${code(image.digest.slice(0, 'sha256:'.length + 12))}`
  const size = image.bytes === undefined ? NOTHING : sentence(imageSizeWords(image.bytes, earlier?.imageBytes))
  return ours`🐳 ${join([join([...shown, ...more], ', '), digest, size], ' · ')}`
}

function errorBlock(report: BuildReport): Markdown {
  const { outcome, error = '', failedOutput = [], seconds } = report
  if (outcome === 'cancelled' && seconds.build > 0) return sentence(keptWords(report))
  const lines = outcome === 'failure' ? [failedOutput.join('\n'), error].flatMap(text => lastLines(text, 20, 400)) : []
  return lines.length === 0 ? NOTHING : codeBlock(lines)
}
