// @ts-check
// Medians of the measurements, and how they compare.
import { median } from './median.mjs'
import { phaseNames, phasesOf } from './phases.mjs'

/**
 * @typedef {import('./measure.mjs').Measurement} Measurement
 * @typedef {object} Row one competitor in one job
 * @property {string} competitor
 * @property {import('./competitors.mjs').Competitor['side']} side
 * @property {number} seconds
 * @property {number} [ofRival] seconds in relation to the same kind of cache with mode=max; of this action alone
 * @property {number} [ofBest] in relation to the fastest other
 * @property {number} [ofFloor] in relation to the warm builder
 * @property {number} steps that ran
 * @property {string} remark steps that ran needlessly or should have run; empty when all is as it must be
 * @property {import('./measure.mjs').Amount} registry
 * @property {import('./measure.mjs').Amount} gha
 * @property {import('./phases.mjs').Phases} phases
 *
 * @typedef {{ job: string, must: number, rows: Row[] }} JobSummary
 * @typedef {{ rounds: string, jobs: JobSummary[], troubles: string[] }} Summary rounds: what a figure is made from, in words
 */

/**
 * @param {readonly Measurement[]} measured
 * @param {{ jobs: readonly import('./project.mjs').Job[], competitors: readonly import('./competitors.mjs').Competitor[] }} what
 * @returns {Summary}
 */
export function summarize(measured, { jobs, competitors }) {
  return {
    rounds: roundsOf(measured),
    jobs: jobs.flatMap(job => {
      const rows = competitors.flatMap(({ name, side, backend }) => {
        const own = measured.filter(one => one.job === job.name && one.competitor === name)
        return own.length === 0 ? [] : [{ ...rowOf(own), competitor: name, side, backend }]
      })
      const best = Math.min(...rows.filter(({ side }) => side === 'rival').map(({ seconds }) => seconds))
      const floor = rows.find(({ side }) => side === 'floor')
      if (rows.length === 0) return []
      return [
        {
          job: job.name,
          must: job.must.length,
          rows: rows.map(({ backend, ...row }) => {
            const rival = rows.find(other => other.side === 'rival' && other.backend === backend)
            return {
              ...row,
              ...(row.side === 'ours' && rival ? { ofRival: row.seconds / rival.seconds } : {}),
              ...(Number.isFinite(best) ? { ofBest: row.seconds / best } : {}),
              ...(floor ? { ofFloor: row.seconds / floor.seconds } : {})
            }
          })
        }
      ]
    }),
    troubles: [...new Set(measured.flatMap(one => one.troubles.map(trouble => `${one.competitor}, ${one.job}: ${trouble}`)))]
  }
}

/** @param {readonly Measurement[]} own */
function rowOf(own) {
  const amount = (/** @type {'registry' | 'gha'} */ where) => ({
    requests: median(own.map(one => one[where].requests)),
    up: median(own.map(one => one[where].up)),
    down: median(own.map(one => one[where].down))
  })
  return {
    seconds: median(own.map(({ seconds }) => seconds)),
    steps: median(own.map(({ ran }) => ran.length)),
    remark: remarkOf(own),
    registry: amount('registry'),
    gha: amount('gha'),
    phases: /** @type {import('./phases.mjs').Phases} */ (
      Object.fromEntries(phaseNames.map(name => [name, median(own.map(one => phasesOf(one)[name]))]))
    )
  }
}

/** A run that was interrupted has fewer rounds of some jobs. @param {readonly Measurement[]} measured */
function roundsOf(measured) {
  /** @type {Map<string, number>} */
  const times = new Map()
  for (const { job, competitor } of measured) {
    const key = `${job} ${competitor}`
    times.set(key, (times.get(key) ?? 0) + 1)
  }
  const [least, most] = [Math.min(...times.values()), Math.max(...times.values())]
  if (most === 1) return 'one measurement each'
  return `median of ${least === most ? most : `${least} to ${most}`} rounds`
}

/** The worst of all rounds. @param {readonly Measurement[]} own */
function remarkOf(own) {
  const needless = Math.max(0, ...own.map(one => one.needless.length))
  const missing = Math.max(0, ...own.map(one => one.missing.length))
  return [...(needless > 0 ? [`${needless} needless`] : []), ...(missing > 0 ? [`${missing} too few`] : [])].join(', ')
}
