import type { RunContext } from '../context'
import type { Inputs } from '../inputs'
import type { Backend, NotAllowed } from '../reasons'
import type { Scope } from './scope'

export interface WriteFacts {
  readonly cacheWrite: Inputs['cacheWrite']
  readonly untrusted: RunContext['untrusted']
  /** The scope that this run writes. */
  readonly scope: Scope
  /** ACTIONS_RUNTIME_TOKEN and ACTIONS_CACHE_MODE of the job. */
  readonly token: string | undefined
  readonly mode: string | undefined
}

export interface NotWritten {
  readonly backend: Backend
  readonly why: NotAllowed
}

/** `Permission` bits of a scope in a job token's `ac` claim: 1 read, 2 write (docker/actions-toolkit src/github/github.ts). */
const write = 2

/** Whether the job saves anything at all: inputs `cache-export` and `cache-write` can each say no. */
export function savesCaches(inputs: Pick<Inputs, 'cacheExport' | 'cacheWrite'>): boolean {
  return inputs.cacheExport !== 'off' && inputs.cacheWrite !== 'false'
}

/**
 * Whether the buildx that a job had to fetch or build is saved in GitHub's cache: not where the job saves nothing, or may not write there. Which one
 * it is the workflow says, so stranger's code does not matter. `token` and `mode` are those of `WriteFacts`.
 */
export function savesBuildx(
  inputs: Pick<Inputs, 'cacheBinary' | 'cacheExport' | 'cacheWrite'>,
  { token, mode }: Pick<WriteFacts, 'token' | 'mode'>
): boolean {
  return (
    inputs.cacheBinary && savesCaches(inputs) && (inputs.cacheWrite === 'true' || mayWriteActionsCache(token, mode) !== false)
  )
}

/**
 * Backends that are not written, as far as it is known before anything was tried; with `cache-write: true` everything is tried.
 *
 * - What may be a stranger's never goes into the default branch's cache, from which trusted builds start.
 * - The token of a pull request from a fork cannot write packages, and secrets to log in with are not given to it (docs.github.com,
 *   "Workflows in forked repositories"). GitHub's cache it may write, in the pull request's own part.
 */
export function planWrites({ cacheWrite, untrusted, scope, token, mode }: WriteFacts): readonly NotWritten[] {
  if (cacheWrite === 'true') return []
  if (untrusted && scope.kind === 'default') {
    return (['registry', 'gha', 'local'] as const).map(backend => ({ backend, why: 'strangers-code' }))
  }
  return [
    ...(untrusted === 'fork' ? [{ backend: 'registry', why: 'fork' } as const] : []),
    ...(mayWriteActionsCache(token, mode) === false ? [{ backend: 'gha', why: 'read-only-token' } as const] : [])
  ]
}

/**
 * Whether this job may write to GitHub's cache, as far as it can be known before trying.
 * `mode` is ACTIONS_CACHE_MODE, read as @actions/cache does (lib/internal/config.js): `read` and `none` forbid it, what is unknown
 * does not. `token` is the job's JWT. Undefined: nothing says so.
 */
export function mayWriteActionsCache(token: string | undefined, mode: string | undefined): boolean | undefined {
  if (/^\s*(read|none)\s*$/i.test(mode ?? '')) return false
  return tokenScopes(token)?.some(({ Permission }) => ((Permission ?? 0) & write) !== 0)
}

function tokenScopes(
  token: string | undefined
): readonly { readonly Scope?: string; readonly Permission?: number }[] | undefined {
  const payload = token?.split('.')[1]
  if (!payload) return undefined
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { ac?: string }
    if (typeof claims.ac !== 'string') return undefined
    const scopes = JSON.parse(claims.ac) as readonly { readonly Scope?: string; readonly Permission?: number }[]
    return Array.isArray(scopes) ? scopes : undefined
  } catch {
    return undefined
  }
}

/** Scopes of GitHub's cache that a job's token may write; none where it does not say. */
export function writableScopes(token: string | undefined): readonly string[] {
  return (
    tokenScopes(token)?.flatMap(({ Scope, Permission }) =>
      Scope !== undefined && ((Permission ?? 0) & write) !== 0 ? [Scope] : []
    ) ?? []
  )
}

/**
 * Whether a failed export was refused for want of permission, judged by what BuildKit, the registry or the cache service says. A directory
 * refuses nobody, a base image that may not be read is not what was written, and a service that is throttled or down has not decided.
 */
export function isRefusal(backend: Backend, message: string): boolean {
  if (backend === 'local' || /pull access denied|failed to resolve source metadata|httpReadSeeker/i.test(message)) return false
  const said = withoutNames(message)
  if (unwell.test(said)) return false
  return refusal.test(said) || (backend === 'gha' && bareReservation.test(said))
}

/** What a refusal asks for. `mayWrite`: whether the job may write GitHub's cache, as `mayWriteActionsCache` says. */
export function refusalOf(backend: Backend, message: string, mayWrite: boolean | undefined): NotAllowed {
  if (backend === 'gha') return mayWrite === false ? 'read-only-token' : 'not-permitted'
  return /\b401\b|unauthorized|authentication required/i.test(withoutNames(message)) ? 'not-logged-in' : 'not-permitted'
}

/** `permission denied` is a file system's; registries say `denied: …` or `permission_denied`. */
const refusal =
  /\b(401|403)\b|unauthorized|forbidden|(?<!permission )denied|insufficient_scope|authentication required|no writable scopes/i
const unwell =
  /time(d )?[- ]?out|deadline exceeded|\b(429|50\d)\b|too ?many ?requests|internal server error|bad gateway|service unavailable/i
/** BuildKit drops what GitHub's cache says of a token that only reads (cache/remotecache/gha): these words alone are left. */
const bareReservation = /failed to reserve cache[\s.]*$/i

/** What is quoted, URLs, refs, paths, hosts and the numbers of steps, in which any word may stand, taken out. */
function withoutNames(message: string): string {
  return message.replace(/"(?:[^"\\]|\\.)*"|'[^'\s]*'|`[^`\s]*`|\[[^\]]*\d+\/\d+\]|[^\s"']*(?:\/|[\w-]\.[\w-])[^\s"']*/g, ' ')
}
