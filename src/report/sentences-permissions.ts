import type { Backend, NotAllowed } from '../reasons'
import { words, type Words } from './words'

/** Why a backend is not written, for the plan: follows "Nothing is saved in the registry: ". */
export function notWrittenWords(why: NotAllowed): Words {
  return reasons[why]
}

/** What to do where a backend may not be written. */
export function permissionWords(backend: Backend | undefined, why: NotAllowed | undefined, host?: string): Words {
  if (why === undefined) return general(backend)
  if (backend === 'registry' && isForeign(host)) {
    if (why === 'not-logged-in')
      return words`Log in to ${host} with ${'docker/login-action'} before this step, as somebody who may write there.`
    if (why === 'not-permitted')
      return words`The job’s login at ${host} may not write there: give it that right, and check that the repository’s name is right.`
  }
  return backend === 'gha' && why === 'not-permitted' ? cacheRefused : remedies[why]
}

/** A registry with permissions of its own: those of GitHub’s jobs say nothing there. */
export function isForeign(host: string | undefined): host is string {
  return host !== undefined && host !== 'ghcr.io' && host !== ''
}

const reasons: { readonly [why in NotAllowed]: Words } = {
  fork: words`a pull request from a fork may only read it`,
  'strangers-code': words`the default branch’s cache is not written by a job that may build a stranger’s code`,
  'read-only-token': words`the job’s token may only read it`,
  'not-logged-in': words`the job is not logged in`,
  'not-permitted': words`the job’s login may not write`
}

const permission = words`${'packages: write'} in the job’s ${'permissions'} for ghcr.io, beside ${'contents: read'}, since what is not named there is taken away`

const remedies: { readonly [why in NotAllowed]: Words } = {
  fork: words`Pull requests from forks may only read packages: nothing is wrong. Where they are given a token that writes, ${'cache-write: true'} uses it.`,
  'strangers-code': words`This job may build a stranger’s code with the repository’s own rights, so it leaves the default branch’s cache alone. With ${'cache-scope: branch'} it has one of its own.`,
  'read-only-token': words`Jobs for ${'pull_request_target'} and ${'issue_comment'}, and for ${'workflow_run'} of a fork, may only read it: nothing is wrong. Elsewhere the workflow’s ${'cache-mode'} says so.`,
  'not-logged-in': words`Log in with ${'docker/login-action'} before this step. It needs ${permission}.`,
  'not-permitted': words`It needs ${permission}; a package made elsewhere has to give this repository access. Pull requests from forks and from Dependabot never have it.`
}

const cacheRefused = words`GitHub’s cache service refused, though nothing says that the job’s token may only read. Check the workflow’s ${'cache-mode'}; where that lets the job write, run the job again.`

function general(backend: Backend | undefined): Words {
  return backend === 'local'
    ? words`Check that ${'cache-dir'} is a cache directory and can be written.`
    : words`Check what the job may write.`
}
