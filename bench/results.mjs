// @ts-check
// The measurements for people: the table of each job, as text and as Markdown.

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
    ...summary.troubles.map(trouble => `trouble: ${trouble}`)
  ].join('\n')
}

/** @param {Summary} summary @param {Readonly<Record<string, any>>} facts of the run */
export function renderResults(summary, facts) {
  const rounds =
    facts['rounds'] === 1 ? 'One round, so every figure is a single measurement' : `Medians of ${facts['rounds']} rounds`
  return `# Seven jobs, measured

Made by \`bench/seven-jobs.mjs\`; what the figures mean: [docs/speed.md](../docs/speed.md).

- ${facts['date']}, commit ${facts['commit']}. ${rounds}.
- Machine: ${facts['machine']}.
- BuildKit ${facts['buildkit']} (driver ${facts['driver']}), buildx ${facts['buildx']}, Docker ${facts['docker']}.
- Line: ${facts['delayMs']} ms each request, ${facts['mbit']} Mbit/s. Python packages ${facts['pythonMb']} MB, Node packages ${facts['nodeMb']} MB.

![Seconds of each job](seven-jobs.svg)

${summary.jobs.map(renderJob).join('\n\n')}
${summary.troubles.map(trouble => `\nReported trouble: ${trouble}\n`).join('')}`
}

/** @param {import('./summary.mjs').JobSummary} job */
function renderJob({ job, must, rows }) {
  const lines = alignColumns(
    [head, head.map((_, column) => (column === 0 || column === 9 ? '---' : '--:')), ...rows.map(cellsOf)],
    ' | '
  )
  return `## ${job[0]?.toUpperCase()}${job.slice(1)}\n\n${must} steps have to run.\n\n${lines.map(line => `| ${line} |`).join('\n')}`
}

/** @param {Row} row @returns {string[]} */
function cellsOf({ competitor, seconds, ofRival, ofBest, ofFloor, steps, remark, registry, gha }) {
  const ratio = (/** @type {number | undefined} */ value) => (value === undefined ? '' : value.toFixed(2))
  const megabytes = (/** @type {number} */ bytes) => (bytes / 1e6).toFixed(1)
  return [
    competitor,
    seconds.toFixed(1),
    ratio(ofRival),
    ratio(ofBest),
    ratio(ofFloor),
    `${steps}`,
    pair(registry.requests, gha.requests, String),
    pair(registry.up, gha.up, megabytes),
    pair(registry.down, gha.down, megabytes),
    remark
  ]
}

/** Registry's, and the cache service's where there are any. @param {number} registry @param {number} gha @param {(value: number) => string} text */
function pair(registry, gha, text) {
  return gha === 0 ? text(registry) : `${text(registry)} + ${text(gha)}`
}

/** @param {readonly (readonly string[])[]} rows @param {string} [separator] */
function alignColumns(rows, separator = '  ') {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => (row[column] ?? '').length)))
  return rows.map(row =>
    row
      .map((cell, column) =>
        column === 0 || column === row.length - 1 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
      )
      .join(separator)
  )
}
