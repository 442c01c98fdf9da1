import { oneLine } from './plain'

/** One value of a metric. A label that is empty is left out, which to Prometheus is the same. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Metric {
  /** Without prefix and unit. */
  readonly name: string
  /** Base unit, which the name then ends in. */
  readonly unit?: 'seconds' | 'bytes' | 'ratio'
  /** One sentence, no line ends, backslashes or quotes. */
  readonly help: string
  readonly samples: readonly Sample[]
}

/**
 * Gauges as OpenMetrics text 1.0 (the OpenMetrics specification, "Text format") that readers of Prometheus' older text format take too: to
 * those `UNIT` and `EOF` are comments, and `info` is no type. Metrics without samples are left out; of two samples with the same labels the
 * first stays.
 */
export function renderOpenMetrics(prefix: string, metrics: readonly Metric[]): string {
  const lines = metrics
    .filter(({ samples }) => samples.length > 0)
    .flatMap(({ name, unit, help, samples }) => {
      const family = unit === undefined ? `${prefix}${name}` : `${prefix}${name}_${unit}`
      const values = new Map(samples.map(({ labels, value }) => [labelText(labels), value] as const).toReversed())
      return [
        `# TYPE ${family} gauge`,
        ...(unit === undefined ? [] : [`# UNIT ${family} ${unit}`]),
        `# HELP ${family} ${help}`,
        ...[...values].toReversed().map(([labels, value]) => `${family}${labels} ${numberText(value)}`)
      ]
    })
  return [...lines, '# EOF', ''].join('\n')
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).filter(([, value]) => value !== '')
  return pairs.length === 0 ? '' : `{${pairs.map(([name, value]) => `${name}="${escaped(value)}"`).join(',')}}`
}

/** One visible line, in which backslash and quote are the only characters that mean something. */
function escaped(value: string): string {
  return oneLine(value, 300).replace(/[\\"]/gu, '\\$&')
}

/** Milliseconds are as exact as anything here is. */
function numberText(value: number): string {
  return String(Number.isFinite(value) ? Math.round(value * 1000) / 1000 : 0)
}
