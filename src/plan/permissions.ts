/** `Permission` bits of a scope in a job token's `ac` claim: 1 read, 2 write (docker/actions-toolkit src/github/github.ts). */
const write = 2

/**
 * Whether this job may write to GitHub's cache, as far as it can be known before trying.
 * `mode` is ACTIONS_CACHE_MODE (`read`, `write`, `write-only`, `none`), `token` the job's JWT.
 * Undefined: nothing says so.
 */
export function mayWriteActionsCache(token: string | undefined, mode: string | undefined): boolean | undefined {
  if (mode === 'read' || mode === 'none') return false
  const payload = token?.split('.')[1]
  if (!payload) return undefined
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { ac?: string }
    if (typeof claims.ac !== 'string') return undefined
    const scopes = JSON.parse(claims.ac) as readonly { readonly Permission?: number }[]
    return scopes.some(({ Permission }) => ((Permission ?? 0) & write) !== 0)
  } catch {
    return undefined
  }
}

/** Whether a failed export was refused for want of permission, judged by what BuildKit, the registry or the cache service says. */
export function isRefusal(message: string): boolean {
  return /\b(401|403)\b|unauthorized|forbidden|denied|insufficient_scope|authentication required|failed to reserve cache/i.test(
    message
  )
}
