// @ts-check
// Runs an action as a workflow runner does: environment, command files, main, post.
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { load } from 'js-yaml'
import { parseCommandFile } from './command-files.mjs'
import { environmentOf } from './job-environment.mjs'
import { endLeftProcesses } from './left-processes.mjs'
import { startStep } from './step-process.mjs'

/**
 * @typedef {object} JobOptions
 * @property {string} action directory of action.yml
 * @property {string} workspace GITHUB_WORKSPACE: the checkout
 * @property {Readonly<Record<string, string>>} [inputs] `with:`
 * @property {import('./events.mjs').JobEvent} [event] default: a push to main
 * @property {'on' | 'off' | 'read-only'} [cacheService] default on, when the test bed is up
 * @property {boolean} [buildRecords] default off: most tests are about something else
 * @property {string} [cacheUrl] another cache service than the test bed's, or a proxy before it
 * @property {Readonly<Record<string, string | undefined>>} [env] over everything else; undefined takes a variable away
 * @property {string} [repository]
 * @property {string} [job] name of the job
 * @property {number} [runAttempt]
 * @property {boolean} [debug] as with "Enable debug logging"
 * @property {number} [timeoutSeconds] of main and of post, 300 each
 * @property {boolean} [echo] writes the log to stdout as it comes
 */

/**
 * @typedef {object} StageOutput one element of the `stages` output
 * @property {string} name
 * @property {number} index
 * @property {string} platform
 * @property {'hit' | 'partial' | 'miss' | 'failed' | 'not-run' | 'unknown'} status
 * @property {number} steps
 * @property {number} cached
 * @property {number} seconds
 * @property {null | { code: string, message: string, step?: number, line?: number, inputs?: string[] }} reason
 * @property {{ backend: string, ref: string, imported: string, exported: string, bytes?: number }[]} refs
 */

/**
 * @typedef {object} JobResult
 * @property {import('./step-process.mjs').StepResult} main
 * @property {import('./step-process.mjs').StepResult | undefined} post undefined when post-if kept it from running
 * @property {Record<string, string>} outputs
 * @property {StageOutput[]} stages
 * @property {Record<string, string>} state
 * @property {Record<string, string>} exported variables for later steps (GITHUB_ENV)
 * @property {string[]} path
 * @property {string} summary
 * @property {string[]} leftProcesses command lines that were still running after post; they are ended
 * @property {string} temp RUNNER_TEMP, until removeJobs()
 */

/** @type {Set<string>} */
const jobDirectories = new Set()

/** @param {JobOptions} options @returns {Promise<JobResult>} */
export async function runJob(options) {
  const job = await prepareJob(options)
  await job.startMain().done
  return job.finish()
}

/** Everything jobs left in the temporary directory. */
export async function removeJobs() {
  for (const directory of jobDirectories) await rm(directory, { recursive: true, force: true })
  jobDirectories.clear()
}

/** @param {JobOptions} options */
export async function prepareJob(options) {
  const action = /** @type {any} */ (load(await readFile(join(options.action, 'action.yml'), 'utf8')))
  const directory = await mkdtemp(join(tmpdir(), 'job-'))
  jobDirectories.add(directory)
  const trackingId = `testbed_${randomUUID()}`
  const env = await environmentOf(action, options, directory, trackingId)
  const timeoutSeconds = options.timeoutSeconds ?? 300
  /** @type {import('./step-process.mjs').RunningStep | undefined} */
  let main
  /** @type {import('./step-process.mjs').StepResult | undefined} */
  let post

  const start = (/** @type {string} */ script, /** @type {Record<string, string>} */ more) =>
    startStep(nodeFor(action.runs.using), [resolve(options.action, script)], {
      cwd: options.workspace,
      env: { ...env, ...more },
      timeoutSeconds,
      echo: options.echo ?? false
    })
  const read = (/** @type {string} */ name) => readFile(join(directory, 'commands', name), 'utf8')

  async function runPost() {
    const result = await main?.done
    if (!action.runs.post || !result || !holds(action.runs['post-if'] ?? 'always()', result.exitCode === 0)) return undefined
    const state = Object.entries(parseCommandFile(await read('GITHUB_STATE'))).map(([name, value]) => [`STATE_${name}`, value])
    post = await start(action.runs.post, Object.fromEntries(state)).done
    return post
  }

  return {
    env: /** @type {Readonly<Record<string, string>>} */ (env),
    temp: join(directory, 'temp'),
    startMain() {
      main = start(action.runs.main, {})
      return main
    },
    runPost,
    /** Waits for main, runs post unless it ran already, and collects. @returns {Promise<JobResult>} */
    async finish() {
      if (!main) throw new Error('startMain() comes first')
      const result = await main.done
      if (!post) await runPost()
      const outputs = parseCommandFile(await read('GITHUB_OUTPUT'))
      return {
        main: result,
        post,
        outputs,
        stages: outputs['stages'] ? JSON.parse(outputs['stages']) : [],
        state: parseCommandFile(await read('GITHUB_STATE')),
        exported: parseCommandFile(await read('GITHUB_ENV')),
        path: (await read('GITHUB_PATH')).split('\n').filter(line => line !== ''),
        summary: await read('GITHUB_STEP_SUMMARY'),
        leftProcesses: await endLeftProcesses(trackingId),
        temp: join(directory, 'temp')
      }
    }
  }
}

/** post-if, as far as actions use it. @param {string} condition @param {boolean} success @returns {boolean} */
export function holds(condition, success) {
  if (condition.includes('||')) return condition.split('||').some(part => holds(part, success))
  if (condition.includes('&&')) return condition.split('&&').every(part => holds(part, success))
  const name = condition.trim()
  if (name.startsWith('!')) return !holds(name.slice(1), success)
  const values = new Map([
    ['always()', true],
    ['success()', success],
    ['failure()', !success],
    ['cancelled()', false]
  ])
  const value = values.get(name)
  if (value === undefined) throw new Error(`the test bed's runner does not know the condition ${name}`)
  return value
}

/** @param {string} using */
function nodeFor(using) {
  const bundled = resolve(import.meta.dirname, '../node_modules/node/bin/node')
  const wanted = /^node(\d+)$/.exec(using)?.[1]
  if (existsSync(bundled)) return bundled
  if (wanted === process.versions.node.split('.')[0]) return process.execPath
  throw new Error(`${using} is not here: npm install brings it`)
}
