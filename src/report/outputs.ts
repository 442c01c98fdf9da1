import type { StageResult } from '../explain/stage-result'
import type { Reason } from '../reasons'
import { plain } from './words'
import type { BuildReport } from './report'
import { reasonWords } from './sentences'
import { inOrder, tally, totalTimeSaved } from './tallies'

/** GitHub takes 1 MB per output, counted as UTF-16. */
const OUTPUT_LIMIT = 500_000

/** The outputs that come out of the report (spec §4). */
export function renderOutputs(report: BuildReport): Record<string, string> {
  const { hit, rate, cached, rebuilt, exported } = tally(report)
  return {
    imageid: report.image.imageid,
    digest: report.image.digest,
    'cache-hit': String(hit),
    'cache-hit-rate': rateText(rate),
    'cached-stages': names(cached),
    'rebuilt-stages': names(rebuilt),
    'exported-stages': names(exported),
    stages: stagesJson(report.stages),
    'time-saved': secondsText(totalTimeSaved(report.stages)?.seconds),
    builder: report.builder.name
  }
}

/** A comma cannot be in a stage's name. */
function names(stages: readonly string[]): string {
  return asFits(stages, name => name).join(',')
}

/** Two decimals, and 1.00 only when every step was cached. */
function rateText(rate: number): string {
  return (rate < 1 ? Math.min(rate, 0.99) : rate).toFixed(2)
}

function secondsText(seconds: number | undefined): string {
  return seconds === undefined ? '' : String(Math.round(seconds * 10) / 10)
}

/** Whole where it fits; else without refs; else as many stages as fit: the report file has them all. */
function stagesJson(results: readonly StageResult[]): string {
  const stages = inOrder(results)
  const whole = asFits(stages, stage => JSON.stringify(stageOutput(stage)))
  const items =
    whole.length === stages.length ? whole : asFits(stages, stage => JSON.stringify({ ...stageOutput(stage), refs: [] }))
  return `[${items.join(',')}]`
}

/** The texts of the first items, as many as an output takes with a comma after each. */
function asFits<Item>(items: readonly Item[], textOf: (item: Item) => string): readonly string[] {
  const texts: string[] = []
  let length = 2
  for (const item of items) {
    const text = textOf(item)
    length += text.length + 1
    if (length > OUTPUT_LIMIT) break
    texts.push(text)
  }
  return texts
}

/** The shape of spec §4, its keys in its order. */
function stageOutput(stage: StageResult) {
  const { name, index, platform, status, cached, reason, refs } = stage
  return {
    name,
    index,
    platform,
    status,
    steps: stage.steps.length,
    cached,
    seconds: Math.round(stage.seconds * 100) / 100,
    reason: reason && status !== 'hit' ? reasonOutput(reason) : null,
    refs: refs.map(({ backend, ref, imported, exported, bytes }) => ({
      backend,
      ref,
      imported,
      exported,
      ...(bytes === undefined ? {} : { bytes })
    }))
  }
}

function reasonOutput(reason: Reason) {
  const { step, line } = { step: undefined, line: undefined, ...reason }
  const inputs = reasonInputs(reason)
  return {
    code: reason.code,
    message: plain(reasonWords(reason)),
    ...(step === undefined ? {} : { step }),
    ...(line === undefined ? {} : { line }),
    ...(inputs.length > 0 ? { inputs } : {})
  }
}

/** Names of what changed: files, build arguments, the parent, the digests of an image. */
function reasonInputs(reason: Reason): readonly string[] {
  if ('files' in reason) return reason.files.map(({ path }) => path)
  if ('names' in reason) return reason.names
  if ('parent' in reason) return [reason.parent]
  return 'to' in reason ? [reason.from, reason.to] : []
}
