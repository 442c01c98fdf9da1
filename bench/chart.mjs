// @ts-check
// The seconds of each job as bars: one SVG that follows the reader's light or dark scheme.

/** @typedef {import('./summary.mjs').Row} Row */

const width = 860
const left = 225
const right = 130
const bar = 13
const gap = 4
const betweenJobs = 34

const style = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .job { font-weight: 600; font-size: 14px }
  .quiet { fill: #59636e }
  .ours { fill: #0969da } .rival { fill: #afb8c1 } .floor { fill: #2da44e }
  .axis { stroke: #d1d9e0 } .ground { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .quiet { fill: #9198a1 }
    .ours { fill: #4493f8 } .rival { fill: #656c76 } .floor { fill: #3fb950 }
    .axis { stroke: #3d444d } .ground { fill: #0d1117 }
  }`

/** @param {import('./summary.mjs').Summary} summary */
export function renderChart({ jobs, rounds }) {
  const longest = Math.max(1, ...jobs.flatMap(({ rows }) => rows.map(({ seconds }) => seconds)))
  const scale = (width - left - right) / longest
  /** @type {string[]} */
  const parts = []
  let y = 30
  for (const { job, must, rows } of jobs) {
    parts.push(text(8, y, job, 'job'), text(left, y, `${must} ${must === 1 ? 'step has' : 'steps have'} to run`, 'quiet'))
    y += 10
    for (const row of rows) {
      parts.push(...renderBar(row, y, scale))
      y += bar + gap
    }
    y += betweenJobs
  }
  const height = y - betweenJobs + 30
  const unit = `Seconds, ${rounds}; each job on an empty builder, but for the warm one`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Seconds of each job">
<style>${style}
</style>
<rect class="ground" width="${width}" height="${height}"/>
<line class="axis" x1="${left}" x2="${left}" y1="36" y2="${height - 34}"/>
${parts.join('\n')}
${text(8, height - 8, unit, 'quiet')}
</svg>
`
}

/** @param {Row} row @param {number} y @param {number} scale pixels a second */
function renderBar({ competitor, side, seconds, remark }, y, scale) {
  const length = Math.max(1, seconds * scale)
  const label = [seconds.toFixed(1), ...(remark ? [remark] : [])].join(' · ')
  return [
    text(left - 8, y + bar - 2, competitor, side === 'ours' ? '' : 'quiet', 'end'),
    `<rect class="${side}" x="${left}" y="${y}" width="${length.toFixed(1)}" height="${bar}" rx="2"/>`,
    text(left + length + 6, y + bar - 2, label, 'quiet')
  ]
}

/** @param {number} x @param {number} y @param {string} content @param {string} kind @param {'start' | 'end'} [anchor] */
function text(x, y, content, kind, anchor = 'start') {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  const classes = kind ? ` class="${kind}"` : ''
  return `<text x="${x.toFixed(1)}" y="${y}"${classes}${anchor === 'end' ? ' text-anchor="end"' : ''}>${escaped}</text>`
}
