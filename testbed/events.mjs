// @ts-check
import { READ, WRITE } from './job-token.mjs'

/**
 * A workflow event: what the runner's environment says of it, its payload, and what the job's token may do with the cache.
 * @typedef {object} JobEvent
 * @property {string} name
 * @property {string} ref
 * @property {string} [headRef] of a pull request
 * @property {string} [baseRef] of a pull request
 * @property {Record<string, unknown>} payload
 * @property {import('./job-token.mjs').TokenScope[]} scopes
 */

const repositoryOf = (/** @type {string} */ defaultBranch) => ({
  default_branch: defaultBranch,
  full_name: 'acme/app',
  fork: false
})

/** Own scope first and writable, the others to read. @param {string} own @param {string[]} others */
const scopesOf = (own, ...others) => [
  { scope: own, permission: READ + WRITE },
  ...[...new Set(others)].filter(scope => scope !== own).map(scope => ({ scope, permission: READ }))
]

/** @param {string} [branch] @param {{ defaultBranch?: string }} [options] @returns {JobEvent} */
export function push(branch = 'main', { defaultBranch = 'main' } = {}) {
  const ref = `refs/heads/${branch}`
  const payload = { ref, deleted: false, forced: false, repository: repositoryOf(defaultBranch) }
  return { name: 'push', ref, payload, scopes: scopesOf(ref, `refs/heads/${defaultBranch}`) }
}

/** @param {string} tag @param {{ defaultBranch?: string }} [options] @returns {JobEvent} */
export function pushTag(tag, { defaultBranch = 'main' } = {}) {
  const ref = `refs/tags/${tag}`
  return {
    name: 'push',
    ref,
    payload: { ref, repository: repositoryOf(defaultBranch) },
    scopes: scopesOf(ref, `refs/heads/${defaultBranch}`)
  }
}

/**
 * @param {{ number?: number, head?: string, base?: string, defaultBranch?: string, fork?: boolean, target?: boolean }} [options]
 *   target: pull_request_target, which runs on the base branch with a token that only reads the cache
 * @returns {JobEvent}
 */
export function pullRequest({
  number = 7,
  head = 'feature',
  base = 'main',
  defaultBranch = 'main',
  fork = false,
  target = false
} = {}) {
  const repository = repositoryOf(defaultBranch)
  const pull_request = {
    number,
    head: { ref: head, sha: 'b'.repeat(40), repo: { ...repository, full_name: fork ? 'stranger/app' : 'acme/app', fork } },
    base: { ref: base, sha: 'a'.repeat(40), repo: repository }
  }
  const payload = { action: 'synchronize', number, pull_request, repository }
  const mainRef = `refs/heads/${defaultBranch}`
  const baseRef = `refs/heads/${base}`
  return target
    ? {
        name: 'pull_request_target',
        ref: baseRef,
        headRef: head,
        baseRef: base,
        payload,
        scopes: [{ scope: mainRef, permission: READ }]
      }
    : {
        name: 'pull_request',
        ref: `refs/pull/${number}/merge`,
        headRef: head,
        baseRef: base,
        payload,
        scopes: scopesOf(`refs/pull/${number}/merge`, baseRef, mainRef)
      }
}

/** schedule, workflow_dispatch, … : on a branch without a payload of its own. @param {string} name @param {string} [branch] @param {{ defaultBranch?: string }} [options] @returns {JobEvent} */
export function onBranch(name, branch = 'main', { defaultBranch = 'main' } = {}) {
  return { ...push(branch, { defaultBranch }), name, payload: { repository: repositoryOf(defaultBranch) } }
}
