// @ts-check
// Who takes part in the comparison of cache mounts.
import { resolve } from 'node:path'
import { makeJobToken, READ, WRITE } from '../testbed/job-token.mjs'
import { runJob } from '../testbed/runner.mjs'
import { startStep } from '../testbed/step-process.mjs'

/**
 * @typedef {import('./competitors.mjs').Place & { baseImage: string }} MountPlace
 *
 * @typedef {object} MountCompetitor
 * @property {string} name
 * @property {(place: MountPlace) => Promise<import('./competitors.mjs').Outcome>} run
 */

export const [without, ours, byHand] = ['this action without cache mounts', 'this action', 'buildx, mounts copied by hand']

/** All keep the stages in the same kind of cache, a registry. @type {readonly MountCompetitor[]} */
export const mountCompetitors = [
  { name: without, run: place => runAction(place, 'false') },
  { name: ours, run: place => runAction(place, 'auto') },
  { name: byHand, run: runByHand }
]

/** @param {MountPlace} place @param {string} cacheMounts */
async function runAction({ workspace, repository, baseImage, cacheUrl, builder, env }, cacheMounts) {
  const { main, post } = await runJob({
    action: resolve(import.meta.dirname, '..'),
    workspace,
    cacheUrl,
    inputs: {
      context: '.',
      push: 'true',
      tags: `${repository}:latest`,
      builder,
      'build-args': `BASE_IMAGE=${baseImage}`,
      network: 'host',
      'cache-backends': 'registry',
      'cache-mounts': cacheMounts
    },
    env,
    timeoutSeconds: 900
  })
  return { seconds: main.seconds + (post?.seconds ?? 0), exitCode: main.exitCode, log: main.log }
}

/** @param {MountPlace} place */
async function runByHand({ workspace, repository, baseImage, cacheUrl, builder, env }) {
  const { PATH = '', HOME = '' } = process.env
  const service = {
    ACTIONS_RUNTIME_TOKEN: makeJobToken([{ scope: 'refs/heads/main', permission: READ + WRITE }]),
    ACTIONS_RESULTS_URL: cacheUrl,
    ACTIONS_CACHE_SERVICE_V2: 'True'
  }
  const args = [resolve(import.meta.dirname, 'mounts-by-hand.mjs'), repository, baseImage, builder]
  return startStep(process.execPath, args, {
    cwd: workspace,
    env: { PATH, HOME, ...env, ...service },
    timeoutSeconds: 900
  }).done
}
