// @ts-check
// Who takes part in the comparison of cache mounts.
import { resolve } from 'node:path'
import { runAction, runCommand } from './one-job.mjs'

/**
 * @typedef {import('./one-job.mjs').Place & { baseImage: string }} MountPlace
 *
 * @typedef {object} MountCompetitor
 * @property {string} name
 * @property {(place: MountPlace) => Promise<import('./one-job.mjs').Outcome>} run
 */

export const [without, ours, byHand] = ['this action without cache mounts', 'this action', 'buildx, mounts copied by hand']

/** All keep the stages in the same kind of cache, a registry. @type {readonly MountCompetitor[]} */
export const mountCompetitors = [
  { name: without, run: place => runOurs(place, 'false') },
  { name: ours, run: place => runOurs(place, 'auto') },
  { name: byHand, run: runByHand }
]

/** @param {MountPlace} place @param {string} cacheMounts */
function runOurs(place, cacheMounts) {
  return runAction(resolve(import.meta.dirname, '..'), place, {
    'build-args': `BASE_IMAGE=${place.baseImage}`,
    network: 'host',
    'cache-backends': 'registry',
    'cache-mounts': cacheMounts
  })
}

/** @param {MountPlace} place */
function runByHand(place) {
  const script = resolve(import.meta.dirname, 'mounts-by-hand.mjs')
  return runCommand(process.execPath, [script, place.repository, place.baseImage, place.builder], place)
}
