import { count, seconds } from './amounts'
import { columns } from './columns'
import { codeBlock, details, join, NOTHING, ours, sentence, type Markdown } from './markdown'
import { oneLine } from './plain'
import type { BuildReport } from './report'
import { broughtInWords, savingWords, timelineTitle } from './sentences-stages'
import { inOrder, tally } from './tallies'
import { plain } from './words'

/** Characters of a bar. */
const WIDTH = 40

interface Span {
  readonly what: string
  readonly detail: string
  /** Seconds since the first of them began. */
  readonly start: number
  readonly seconds: number
  readonly fill: '█' | '▒' | '░'
}

/**
 * When the steps ran and the caches were read and saved: a bar for each, the longest that there are rows for, in the order they began.
 * Plain text: it reads the same in light and dark, and where no diagrams are drawn.
 */
export function timeline(report: BuildReport, rows: number): Markdown {
  const spans = spansOf(report)
  if (spans.length === 0 || rows === 0) return NOTHING
  const shown = spans
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, rows)
    .toSorted((a, b) => a.start - b.start)
  const end = Math.max(...spans.map(({ start, seconds: time }) => start + time))
  const lines = columns([
    ['', '', scale(end), ''],
    ...shown.map(span => [oneLine(span.what, 24), oneLine(span.detail, 34), bar(span, end), plain([seconds(span.seconds)])])
  ])
  const left = spans.length - shown.length
  const rest = left > 0 ? ours`… and ${sentence([count(left, 'shorter one')])}.` : NOTHING
  return details(ours`${sentence(timelineTitle)}`, join([codeBlock(lines), rest], '\n\n'), 'open')
}

function spansOf({ stages, exports, broughtIn }: BuildReport): readonly Span[] {
  const several = tally({ outcome: 'success', stages }).platforms.length > 1
  const absolute = [
    ...broughtIn.flatMap(({ stage, started, seconds: time }) =>
      started === undefined || time === undefined
        ? []
        : [{ what: stage, detail: plain(broughtInWords), start: started, seconds: time, fill: '░' as const }]
    ),
    ...inOrder(stages).flatMap(({ name, platform, steps }) =>
      steps.flatMap(({ started, seconds: time, status, command }) =>
        started === undefined || (status !== 'ran' && status !== 'failed')
          ? []
          : [{ what: several ? `${name} ${platform}` : name, detail: command, start: started, seconds: time, fill: '█' as const }]
      )
    ),
    ...exports.flatMap(({ stage, backend, started, seconds: time }) =>
      started === undefined
        ? []
        : [{ what: stage, detail: plain(savingWords(backend)), start: started, seconds: time, fill: '▒' as const }]
    )
  ]
  const zero = Math.min(...absolute.map(({ start }) => start))
  return absolute.map(span => ({ ...span, start: (span.start - zero) / 1000 }))
}

function bar({ start, seconds: time, fill }: Span, end: number): string {
  const at = (second: number) => (end > 0 ? Math.round((second / end) * WIDTH) : 0)
  const from = Math.min(at(start), WIDTH - 1)
  const length = Math.max(1, at(start + time) - from)
  return ' '.repeat(from) + fill.repeat(length) + ' '.repeat(Math.max(0, WIDTH - from - length))
}

/** The ends of the bars. */
function scale(end: number): string {
  const last = plain([seconds(end)])
  return `0 s${last.padStart(WIDTH - 3)}`
}
