// @ts-check
// The measurements for people: the table of each job, as text and as Markdown.
import { phaseNames } from './phases.mjs'
import { alignColumns, markdownTable } from './tables.mjs'

/** @typedef {import('./summary.mjs').Summary} Summary @typedef {import('./summary.mjs').Row} Row */

const head = ['', 's', 'of mode=max', 'of best other', 'of warm', 'steps', 'requests', 'MB up', 'MB down', '']

/** @param {Summary} summary */
export function renderText(summary) {
  return [
    ...summary.jobs.flatMap(({ job, must, rows }) => [
      `${job}: ${must} steps have to run`,
      ...alignColumns([head, ...rows.map(cellsOf)]),
      ''
    ]),
    'where the time goes, seconds',
    ...alignColumns(phaseRows(summary)),
    '',
    ...summary.troubles.map(trouble => `trouble: ${trouble}`)
  ].join('\n')
}

/** @param {Summary} summary @param {Readonly<Record<string, any>>} facts of the run */
export function renderResults(summary, facts) {
  return `# Seven jobs, measured

Made by \`bench/seven-jobs.mjs\`; what the figures mean: [docs/speed.md](../docs/speed.md).

- ${facts['date']}, commit ${facts['commit']}. Every figure: ${summary.rounds}.
- Machine: ${facts['machine']}.
- BuildKit ${facts['buildkit']} (driver ${facts['driver']}), buildx ${facts['buildx']}, Docker ${facts['docker']}.
- Line: ${facts['delayMs']} ms each request, ${facts['mbit']} Mbit/s. Python packages ${facts['pythonMb']} MB, Node packages ${facts['nodeMb']} MB.

![Seconds of each job](seven-jobs.svg)

${summary.jobs.map(renderJob).join('\n\n')}

## Where the time goes

Seconds, one after the other: before the first build; builds before the main one; the main build until its last step ended; the rest
of it, which compresses and pushes the image (and the cache, where it saves one itself); all after it.

${markdownTable(phaseRows(summary), 2)}
${summary.troubles.map(trouble => `\nReported trouble: ${trouble}\n`).join('')}`
}

/** How busy the machine was, in words. @param {readonly import('./measure.mjs').Measurement[]} measured @param {number} cores */
export function loadsOf(measured, cores) {
  const loads = measured.map(({ load }) => load)
  const [least, most] = [Math.min(...loads), Math.max(...loads)]
  // The benchmark itself makes less than that.
  const busy =
    least > 2 * cores ? '. It was busy with other things all the time: the seconds say little, the other figures hold' : ''
  return `load ${least.toFixed(0)} to ${most.toFixed(0)} when jobs began${busy}`
}

/** @param {import('./summary.mjs').JobSummary} job */
function renderJob({ job, must, rows }) {
  const title = `${job[0]?.toUpperCase()}${job.slice(1)}`
  return `## ${title}\n\n${must} steps have to run.\n\n${markdownTable([head, ...rows.map(cellsOf)], 1)}`
}

/** @param {Summary} summary */
function phaseRows({ jobs }) {
  const rows = jobs.flatMap(({ job, rows }) =>
    rows.map(({ competitor, phases }) => [job, competitor, ...phaseNames.map(name => phases[name].toFixed(1))])
  )
  return [['job', '', 'before', 'brought in', 'steps', 'push', 'after'], ...rows]
}

/** @param {Row} row @returns {string[]} */
function cellsOf({ competitor, seconds, ofRival, ofBest, ofFloor, steps, remark, registry, gha }) {
  const ratio = (/** @type {number | undefined} */ value) => (value === undefined ? '' : value.toFixed(2))
  const megabytes = (/** @type {number} */ bytes) => (bytes / 1e6).toFixed(1)
  // The registry's figure, and the cache service's where it was asked.
  const both = (/** @type {'requests' | 'up' | 'down'} */ what, /** @type {(value: number) => string} */ text) =>
    gha.requests === 0 ? text(registry[what]) : `${text(registry[what])} + ${text(gha[what])}`
  return [
    competitor,
    seconds.toFixed(1),
    ratio(ofRival),
    ratio(ofBest),
    ratio(ofFloor),
    `${steps}`,
    both('requests', String),
    both('up', megabytes),
    both('down', megabytes),
    remark
  ]
}
