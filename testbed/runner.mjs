// @ts-check
// Runs an action as a workflow runner does: environment, command files, main, post.
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { load } from 'js-yaml'
import { parseCommandFile } from './command-files.mjs'
import { push } from './events.mjs'
import { makeJobToken, READ } from './job-token.mjs'
import { endLeftProcesses } from './left-processes.mjs'
import { startStep } from './step-process.mjs'
import { findTestBed } from './where.mjs'

/**
 * @typedef {object} JobOptions
 * @property {string} action directory of action.yml
 * @property {string} workspace GITHUB_WORKSPACE: the checkout
 * @property {Readonly<Record<string, string>>} [inputs] `with:`
 * @property {import('./events.mjs').JobEvent} [event] default: a push to main
 * @property {'on' | 'off' | 'read-only'} [cacheService] default on, when the test bed is up
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

/**
 * @param {any} action
 * @param {JobOptions} options
 * @param {string} directory
 * @param {string} trackingId
 * @returns {Promise<Record<string, string>>}
 */
async function environmentOf(action, options, directory, trackingId) {
  const { event = push(), repository = 'acme/app', workspace } = options
  const bed = findTestBed()
  for (const folder of ['temp', 'tools', 'commands']) await mkdir(join(directory, folder))
  const payload = join(directory, 'event.json')
  await writeFile(payload, JSON.stringify(event.payload))
  const files = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STEP_SUMMARY'].map(name => [
    name,
    join(directory, 'commands', name)
  ])
  for (const [, file = ''] of files) await writeFile(file, '')
  const { HOME = directory, PATH = '', LANG = 'C.UTF-8', XDG_CACHE_HOME } = process.env
  /** @type {Record<string, string | undefined>} */
  const env = {
    HOME,
    PATH,
    LANG,
    XDG_CACHE_HOME,
    ...bed?.env,
    ...(bed?.engine === 'own' ? { DOCKER_CONFIG: await freshDockerConfig(bed.env['DOCKER_CONFIG'] ?? '', directory) } : {}),
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: '__self',
    GITHUB_ACTOR: 'octocat',
    GITHUB_TRIGGERING_ACTOR: 'octocat',
    GITHUB_API_URL: 'https://api.github.com',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_GRAPHQL_URL: 'https://api.github.com/graphql',
    GITHUB_BASE_REF: event.baseRef ?? '',
    GITHUB_HEAD_REF: event.headRef ?? '',
    GITHUB_EVENT_NAME: event.name,
    GITHUB_EVENT_PATH: payload,
    GITHUB_JOB: options.job ?? 'build',
    GITHUB_REF: event.ref,
    GITHUB_REF_NAME: event.ref.replace(/^refs\/(heads|tags|pull)\//, ''),
    GITHUB_REF_TYPE: event.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    GITHUB_REF_PROTECTED: 'false',
    GITHUB_REPOSITORY: repository,
    GITHUB_REPOSITORY_OWNER: repository.split('/')[0],
    GITHUB_REPOSITORY_ID: '1',
    GITHUB_RUN_ATTEMPT: `${options.runAttempt ?? 1}`,
    GITHUB_RUN_ID: '1001',
    GITHUB_RUN_NUMBER: '1',
    GITHUB_SHA: 'c'.repeat(40),
    GITHUB_WORKFLOW: 'ci',
    GITHUB_WORKFLOW_REF: `${repository}/.github/workflows/ci.yml@${event.ref}`,
    GITHUB_WORKSPACE: workspace,
    RUNNER_ARCH: process.arch === 'x64' ? 'X64' : process.arch.toUpperCase(),
    RUNNER_DEBUG: options.debug ? '1' : undefined,
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_NAME: 'testbed',
    RUNNER_OS: process.platform === 'darwin' ? 'macOS' : 'Linux',
    RUNNER_TEMP: join(directory, 'temp'),
    RUNNER_TOOL_CACHE: join(directory, 'tools'),
    RUNNER_TRACKING_ID: trackingId,
    RUNNER_WORKSPACE: resolve(workspace, '..'),
    ...Object.fromEntries(files),
    ...cacheVariables(options, event, bed?.cacheService),
    ...inputVariables(action, options.inputs ?? {}, { token: `ghs_${randomUUID().replaceAll('-', '')}`, repository, workspace }),
    ...options.env
  }
  return Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

/** As on a new machine: no builders, no history of buildx. @param {string} from @param {string} directory */
async function freshDockerConfig(from, directory) {
  const fresh = join(directory, 'docker-config')
  await mkdir(fresh)
  await symlink(join(from, 'cli-plugins'), join(fresh, 'cli-plugins'))
  if (existsSync(join(from, 'config.json'))) await cp(join(from, 'config.json'), join(fresh, 'config.json'))
  return fresh
}

/**
 * @param {JobOptions} options
 * @param {import('./events.mjs').JobEvent} event
 * @param {string | undefined} bedUrl
 * @returns {Record<string, string>}
 */
function cacheVariables({ cacheService = 'on', cacheUrl }, event, bedUrl) {
  const url = cacheUrl ?? bedUrl
  const scopes = cacheService === 'read-only' ? event.scopes.map(({ scope }) => ({ scope, permission: READ })) : event.scopes
  const ACTIONS_RUNTIME_TOKEN = makeJobToken(scopes)
  if (cacheService === 'off' || !url) return { ACTIONS_RUNTIME_TOKEN }
  return { ACTIONS_RUNTIME_TOKEN, ACTIONS_RESULTS_URL: url, ACTIONS_CACHE_URL: url, ACTIONS_CACHE_SERVICE_V2: 'True' }
}

/**
 * Every declared input is in the environment, with its default or empty, and so are undeclared ones that were given.
 * @param {any} action
 * @param {Readonly<Record<string, string>>} given
 * @param {Record<string, string>} github
 * @returns {Record<string, string>}
 */
export function inputVariables(action, given, github) {
  const byName = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]))
  for (const [name, declared] of Object.entries(/** @type {Record<string, any>} */ (action.inputs ?? {}))) {
    if (byName.has(name.toLowerCase())) continue
    byName.set(name.toLowerCase(), evaluate(`${declared?.default ?? ''}`, github))
  }
  return Object.fromEntries([...byName].map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]))
}

/** @param {string} text @param {Record<string, string>} github */
function evaluate(text, github) {
  return text.replace(/\$\{\{\s*(.*?)\s*\}\}/g, (_, expression) => {
    const value = github[/^github\.(\w+)$/.exec(expression)?.[1] ?? '']
    if (value === undefined) throw new Error(`the test bed's runner does not know the expression ${expression}`)
    return value
  })
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
  throw new Error(`${using} is not here: npm ci brings it`)
}
