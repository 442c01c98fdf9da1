// @ts-check
// One job of a competitor: an action, or a program that has the cache service of a job.
import { makeJobToken, READ, WRITE } from '../testbed/job-token.mjs'
import { runJob } from '../testbed/runner.mjs'
import { startStep } from '../testbed/step-process.mjs'

/**
 * @typedef {object} Place where one competitor builds and keeps its cache in one round
 * @property {string} workspace
 * @property {string} repository behind the proxy, of the image and of the cache
 * @property {string} cacheUrl the cache service behind the proxy
 * @property {string} builder
 * @property {Readonly<Record<string, string>>} env
 *
 * @typedef {object} Outcome
 * @property {number} seconds from the start of the first process to the end of the last
 * @property {number | null} exitCode
 * @property {string} log
 * @property {string} [report] path of this action's report
 */

/** Seconds one job may take. */
const timeoutSeconds = 900

/**
 * An action that has docker/build-push-action's inputs.
 * @param {string} action its directory
 * @param {Place} place
 * @param {Readonly<Record<string, string>>} inputs
 * @param {Readonly<Record<string, string>>} [env]
 * @returns {Promise<Outcome>}
 */
export async function runAction(action, place, inputs, env = {}) {
  const { main, post, outputs } = await runJob({
    action,
    workspace: place.workspace,
    cacheUrl: place.cacheUrl,
    inputs: { context: '.', push: 'true', tags: `${place.repository}:latest`, builder: place.builder, ...inputs },
    env: { ...place.env, ...env },
    timeoutSeconds
  })
  return {
    seconds: main.seconds + (post?.seconds ?? 0),
    exitCode: main.exitCode,
    log: main.log,
    ...(outputs['report'] ? { report: outputs['report'] } : {})
  }
}

/** @param {string} program @param {readonly string[]} args @param {Place} place @returns {Promise<Outcome>} */
export async function runCommand(program, args, { workspace, cacheUrl, env }) {
  const { PATH = '', HOME = '' } = process.env
  const service = {
    ACTIONS_RUNTIME_TOKEN: makeJobToken([{ scope: 'refs/heads/main', permission: READ + WRITE }]),
    ACTIONS_RESULTS_URL: cacheUrl,
    ACTIONS_CACHE_URL: cacheUrl,
    ACTIONS_CACHE_SERVICE_V2: 'True'
  }
  return startStep(program, args, { cwd: workspace, env: { PATH, HOME, ...env, ...service }, timeoutSeconds }).done
}
