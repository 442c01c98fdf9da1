// @ts-check
// Who takes part, and how each builds and pushes the image.
import { resolve } from 'node:path'
import { runAction, runCommand } from './one-job.mjs'

/**
 * @typedef {import('./one-job.mjs').Place} Place
 * @typedef {import('./one-job.mjs').Outcome} Outcome
 *
 * @typedef {object} Competitor
 * @property {string} name
 * @property {'registry' | 'gha' | 'none'} backend where it keeps a cache of every stage
 * @property {'ours' | 'rival' | 'floor'} side
 * @property {boolean} keepsBuilder
 * @property {(place: Place) => Promise<Outcome>} run
 */

/**
 * @param {{ exports: readonly string[], action?: string | undefined, actionName: string }} options
 *   exports: settings of input cache-export; action: directory of another action with docker/build-push-action's inputs
 * @returns {Competitor[]}
 */
export function allCompetitors({ exports, action, actionName }) {
  const own = exports.flatMap(when =>
    backends.map(backend => ({
      name: `this action: ${backend}${when === '' ? '' : ` ${when}`}`,
      backend,
      side: /** @type {const} */ ('ours'),
      keepsBuilder: false,
      run: (/** @type {Place} */ place) =>
        runAction(resolve(import.meta.dirname, '..'), place, {
          'cache-backends': backend,
          'cache-image': place.repository,
          ...(when === '' ? {} : { 'cache-export': when })
        })
    }))
  )
  const others = (action === undefined ? [] : backends).map(backend => ({
    name: `${actionName}: ${backend}`,
    backend,
    side: /** @type {const} */ ('rival'),
    keepsBuilder: false,
    run: (/** @type {Place} */ place) => {
      const { from, to } = cacheOptions(backend, place)
      // What it would write besides, and ask GitHub for, is no part of the build.
      const quiet = { DOCKER_BUILD_SUMMARY: 'false', DOCKER_BUILD_RECORD_UPLOAD: 'false' }
      return runAction(resolve(action ?? ''), place, { 'cache-from': from, 'cache-to': to, 'github-token': '' }, quiet)
    }
  }))
  const commands = [
    ...backends.map(backend => ({ name: `buildx mode=max: ${backend}`, backend, cache: cacheOptions.bind(undefined, backend) })),
    { name: 'buildx inline', backend: /** @type {const} */ ('none'), cache: inlineOptions },
    { name: 'buildx without cache', backend: /** @type {const} */ ('none'), cache: () => ({ from: '', to: '' }) }
  ].map(({ name, backend, cache }) => ({
    name,
    backend,
    side: /** @type {const} */ ('rival'),
    keepsBuilder: false,
    run: (/** @type {Place} */ place) => runBuildx(place, cache(place))
  }))
  /** @type {Competitor} */
  const floor = {
    name: 'warm builder',
    backend: 'none',
    side: 'floor',
    keepsBuilder: true,
    run: place => runBuildx(place, { from: '', to: '' })
  }
  return [...own, ...others, ...commands, floor]
}

const backends = /** @type {const} */ (['registry', 'gha'])

/** @param {'registry' | 'gha'} backend @param {Place} place */
function cacheOptions(backend, { repository }) {
  const where = backend === 'registry' ? `type=registry,ref=${repository}:cache` : 'type=gha,scope=bench'
  return { from: where, to: `${where},mode=max` }
}

/** @param {Place} place */
function inlineOptions({ repository }) {
  return { from: `type=registry,ref=${repository}:latest`, to: 'type=inline' }
}

/** @param {Place} place @param {{ from: string, to: string }} cache @returns {Promise<Outcome>} */
async function runBuildx(place, { from, to }) {
  const { repository, builder } = place
  const args = ['buildx', 'build', '--progress=plain', `--builder=${builder}`, '--push', `--tag=${repository}:latest`]
  const cache = [...(from ? [`--cache-from=${from}`] : []), ...(to ? [`--cache-to=${to}`] : [])]
  return runCommand('docker', [...args, ...cache, '.'], place)
}
