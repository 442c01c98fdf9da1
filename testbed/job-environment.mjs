// @ts-check
// The environment a workflow runner gives an action.
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { push } from './events.mjs'
import { makeJobToken, READ } from './job-token.mjs'
import { findTestBed } from './where.mjs'

/**
 * @param {any} action
 * @param {import('./runner.mjs').JobOptions} options
 * @param {string} directory
 * @param {string} trackingId
 * @returns {Promise<Record<string, string>>}
 */
export async function environmentOf(action, options, directory, trackingId) {
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
    DOCKER_BUILD_RECORD_UPLOAD: options.buildRecords ? undefined : 'false',
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
 * @param {import('./runner.mjs').JobOptions} options
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
