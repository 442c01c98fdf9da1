// @ts-check
// The measurements of cache mounts as text and as Markdown.
import { alignColumns, markdownTable } from './tables.mjs'
import { byHand, mountCompetitors, ours, without } from './mount-competitors.mjs'
import { median } from './median.mjs'

/**
 * @typedef {{ up: number, down: number }} Bytes sent by the job, and to it
 * @typedef {{ packages: Bytes, registry: Bytes, cache: Bytes }} Amounts by line
 * @typedef {object} MountMeasurement
 * @property {string} job
 * @property {number} wanted packages that are new, and have to be downloaded whatever is kept
 * @property {string} competitor
 * @property {number} round
 * @property {number} load of the machine when the job began, average of a minute
 * @property {number} seconds
 * @property {{ before: number, steps: number, after: number }} phases
 * @property {number} steps that ran
 * @property {{ from: number, to: number, spans: import('./measure.mjs').Timed[] }[]} builds milliseconds since the job began
 * @property {number} packages downloaded
 * @property {Amounts} amounts
 */

const head = ['', 's', 'of without', 'of by hand', 'before', 'steps', 'after', 'packages', 'MB of them', 'MB up', 'MB down']

/** @param {readonly MountMeasurement[]} measured */
export function renderMountText(measured) {
  return tablesOf(measured)
    .flatMap(({ title, rows }) => [title, ...alignColumns([head, ...rows]), ''])
    .join('\n')
}

/** @param {readonly MountMeasurement[]} measured @param {Readonly<Record<string, any>>} facts of the run */
export function renderMountResults(measured, facts) {
  const rounds = Math.max(...measured.map(({ round }) => round))
  const loads = measured.map(({ load }) => load)
  return `# Cache mounts, measured

Made by \`bench/mount-jobs.mjs\`; what the figures mean: [docs/cache-mounts.md](../docs/cache-mounts.md#measured).

- ${facts['date']}, commit ${facts['commit']}. Every figure: ${rounds === 1 ? 'one measurement each' : `median of ${rounds} rounds`}.
- Machine: ${facts['machine']}, load ${Math.min(...loads).toFixed(0)} to ${Math.max(...loads).toFixed(0)} when jobs began.
- BuildKit ${facts['buildkit']} (driver ${facts['driver']}), buildx ${facts['buildx']}, Docker ${facts['docker']}.
- ${facts['mb']} MB of packages. Lines: ${facts['delayMs']} ms each request; ${facts['mirrorMbit']} Mbit/s to the packages, ${facts['mbit']} Mbit/s to the registry and to the cache service.

${tablesOf(measured)
  .map(({ title, rows }) => `## ${title[0]?.toUpperCase()}${title.slice(1)}\n\n${markdownTable([head, ...rows], 1)}`)
  .join('\n\n')}
`
}

/** @param {readonly MountMeasurement[]} measured */
function tablesOf(measured) {
  const competitors = mountCompetitors
    .map(({ name }) => name)
    .filter(name => measured.some(({ competitor }) => competitor === name))
  return [...new Set(measured.map(({ job }) => job))].map(job => {
    const all = competitors.map(name => measured.filter(one => one.job === job && one.competitor === name))
    const seconds = all.map(own => median(own.map(one => one.seconds)))
    const rows = all.map((own, at) => {
      const middle = (/** @type {(one: MountMeasurement) => number} */ of) => median(own.map(of))
      const megabytes = (/** @type {(one: MountMeasurement) => number} */ of) => (middle(of) / 1e6).toFixed(1)
      const ratio = (/** @type {number | undefined} */ other) =>
        other === undefined || competitors[at] !== ours ? '' : ((seconds[at] ?? 0) / other).toFixed(2)
      return [
        competitors[at] ?? '',
        (seconds[at] ?? 0).toFixed(1),
        ratio(seconds[competitors.indexOf(without)]),
        ratio(seconds[competitors.indexOf(byHand)]),
        middle(({ phases }) => phases.before).toFixed(1),
        middle(({ phases }) => phases.steps).toFixed(1),
        middle(({ phases }) => phases.after).toFixed(1),
        `${middle(one => one.packages)}`,
        megabytes(({ amounts }) => amounts.packages.down),
        `${megabytes(({ amounts }) => amounts.registry.up)} + ${megabytes(({ amounts }) => amounts.cache.up)}`,
        `${megabytes(({ amounts }) => amounts.registry.down)} + ${megabytes(({ amounts }) => amounts.cache.down)}`
      ]
    })
    const wanted = measured.find(one => one.job === job)?.wanted ?? 0
    return { title: `${job}: ${wanted} ${wanted === 1 ? 'package is' : 'packages are'} new`, rows }
  })
}
