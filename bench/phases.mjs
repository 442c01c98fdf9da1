// @ts-check
// Where a job's time went, by BuildKit's record of its builds.

/**
 * @typedef {object} Phases seconds, one after the other
 * @property {number} before inputs, plan, lookups, start of the first process
 * @property {number} bringIn builds that came before the main one
 * @property {number} steps the main build until its last step ended
 * @property {number} push the main build after that: compressing and pushing the image, and a cache of its own
 * @property {number} after exports that were not done by then, summary, post
 */

export const phaseNames = /** @type {const} */ (['before', 'bringIn', 'steps', 'push', 'after'])

/** @param {import('./measure.mjs').Measurement} measurement @returns {Phases} */
export function phasesOf({ seconds, builds }) {
  const main = builds.find(({ kind }) => kind === 'image') ?? builds.toSorted((a, b) => b.steps.length - a.steps.length)[0]
  if (!main) return { before: seconds, bringIn: 0, steps: 0, push: 0, after: 0 }
  const first = Math.min(...builds.map(({ from }) => from), main.from)
  const stepsEnd = Math.min(main.to, Math.max(main.from, ...main.steps.map(({ to }) => to)))
  return {
    before: first,
    bringIn: main.from - first,
    steps: stepsEnd - main.from,
    push: main.to - stepsEnd,
    after: Math.max(0, seconds - main.to)
  }
}
