/** What GitHub says of this run, reduced to what decides whose cache it is. */
export interface RunContext {
  readonly event: string
  /** `owner/name`, empty outside GitHub. */
  readonly repository: string
  /** Branch this run builds; undefined for tags and pull requests. */
  readonly branch?: string
  readonly tag?: string
  readonly pullRequest?: number
  /** Branch a pull request, a merge group or a release is made against. */
  readonly baseBranch?: string
  readonly defaultBranch?: string
  /**
   * What is built may be a stranger's. `fork`: a pull request from a fork, whose job may only read. `with-rights`: the same, or a
   * pull request of which GitHub does not say whose it is, in a job that has the repository's own rights.
   */
  readonly untrusted?: 'fork' | 'with-rights'
}

type Env = Readonly<Record<string, string | undefined>>
type Built = Pick<RunContext, 'branch' | 'tag' | 'pullRequest' | 'baseBranch'>

/**
 * Takes the job's environment and the parsed file at GITHUB_EVENT_PATH (untrusted: any shape is taken, what is odd counts as
 * absent) and gives the run's context. Of branch, tag and pull request at most one is given, by the first rule that fits:
 *
 * 1. the branch of a merge queue, `gh-readonly-queue/<base>/pr-<n>-<sha>`: pull request n, for `merge_group` and for the `push`
 *    that GitHub sends beside it;
 * 2. `pull_request`, `pull_request_target`, `pull_request_review…`: the payload's pull request, since GITHUB_REF is the base
 *    branch for `pull_request_target`;
 * 3. `issue_comment` on a pull request and `workflow_run` of one: that pull request, so that what is tried there stays out of
 *    the default branch's cache, which GITHUB_REF names;
 *    Of a run for a fork GitHub names none: its branch, `<owner>:<branch>`, which no branch of the repository can be called;
 * 4. else GITHUB_REF (where it is missing, GITHUB_REF_TYPE and GITHUB_REF_NAME): a tag, a branch or `refs/pull/<n>/merge`.
 *
 * Source: docs.github.com, "Events that trigger workflows" and "Webhook events and payloads".
 */
export function parseRunContext(env: Env, eventPayload: unknown): RunContext {
  const event = env.GITHUB_EVENT_NAME ?? ''
  const ref = parseGitRef(env)
  const told = textAt(eventPayload, 'repository', 'default_branch')
  return {
    event,
    repository: env.GITHUB_REPOSITORY ?? '',
    ...(queued(ref, eventPayload) ?? pulled(event, env, eventPayload) ?? plain(event, env, ref, eventPayload)),
    ...known({
      defaultBranch: told ?? (onDefaultBranch.has(event) ? ref.branch : undefined),
      untrusted: untrusted(event, env.GITHUB_REPOSITORY, eventPayload)
    })
  }
}

/** Events that GitHub runs on the default branch only; the payload of some does not name it. */
const onDefaultBranch = new Set(['schedule', 'issue_comment', 'issues', 'repository_dispatch', 'workflow_run'])

function queued(ref: Built, payload: unknown): Built | undefined {
  const group = branchIn(textAt(payload, 'merge_group', 'head_ref')) ?? ref.branch
  const match = /^gh-readonly-queue\/(.+)\/pr-([1-9]\d{0,14})-[0-9a-f]+$/.exec(group ?? '')
  if (match === null) return undefined
  return known({ pullRequest: Number(match[2]), baseBranch: branchIn(textAt(payload, 'merge_group', 'base_ref')) ?? match[1] })
}

function pulled(event: string, env: Env, payload: unknown): Built | undefined {
  if (event.startsWith('pull_request')) {
    const pullRequest = numberAt(payload, 'pull_request', 'number') ?? numberAt(payload, 'number')
    const baseBranch = textAt(payload, 'pull_request', 'base', 'ref') ?? some(env.GITHUB_BASE_REF)
    return pullRequest === undefined ? undefined : known({ pullRequest, baseBranch })
  }
  if (event === 'issue_comment' && valueAt(payload, 'issue', 'pull_request')) {
    const pullRequest = numberAt(payload, 'issue', 'number')
    return pullRequest === undefined ? undefined : { pullRequest }
  }
  if (event === 'workflow_run' && textAt(payload, 'workflow_run', 'event')?.startsWith('pull_request')) {
    const pullRequest = numberAt(payload, 'workflow_run', 'pull_requests', '0', 'number')
    const baseBranch = textAt(payload, 'workflow_run', 'pull_requests', '0', 'base', 'ref')
    return pullRequest === undefined ? headOf(env, payload) : known({ pullRequest, baseBranch })
  }
  return undefined
}

/** Branch that the run was for which this `workflow_run` follows. */
function headOf(env: Env, payload: unknown): Built | undefined {
  const head = textAt(payload, 'workflow_run', 'head_branch')
  const owner = textAt(payload, 'workflow_run', 'head_repository', 'full_name')
  if (head === undefined || owner === undefined) return undefined
  return { branch: sameRepository(owner, env.GITHUB_REPOSITORY) ? head : `${owner.split('/')[0]}:${head}` }
}

function untrusted(event: string, repository: string | undefined, payload: unknown): RunContext['untrusted'] {
  if (event === 'issue_comment') return valueAt(payload, 'issue', 'pull_request') ? 'with-rights' : undefined
  if (event === 'workflow_run') {
    const head = textAt(payload, 'workflow_run', 'head_repository', 'full_name')
    const forPull = textAt(payload, 'workflow_run', 'event')?.startsWith('pull_request') ?? false
    return (head === undefined ? forPull : !sameRepository(head, repository)) ? 'with-rights' : undefined
  }
  if (!event.startsWith('pull_request')) return undefined
  const head = textAt(payload, 'pull_request', 'head', 'repo', 'full_name')
  // GitHub gives null for a fork that was deleted.
  const fromFork =
    head === undefined ? valueAt(payload, 'pull_request', 'head', 'repo') === null : !sameRepository(head, repository)
  if (!fromFork) return undefined
  return event === 'pull_request_target' ? 'with-rights' : 'fork'
}

function sameRepository(one: string, other: string | undefined): boolean {
  return one.toLowerCase() === other?.toLowerCase()
}

function plain(event: string, env: Env, ref: Built, payload: unknown): Built {
  if (event === 'release') {
    const target = textAt(payload, 'release', 'target_commitish')
    // A release made from a commit names its hash here, not a branch.
    const baseBranch = target === undefined || /^[0-9a-f]{40,64}$/.test(target) ? undefined : (branchIn(target) ?? target)
    return known({ tag: ref.tag ?? textAt(payload, 'release', 'tag_name'), baseBranch })
  }
  if (ref.pullRequest !== undefined) return { ...ref, ...known({ baseBranch: some(env.GITHUB_BASE_REF) }) }
  return { ...ref, ...known({ baseBranch: branchIn(textAt(payload, 'base_ref')) }) }
}

function parseGitRef(env: Env): Built {
  const ref = env.GITHUB_REF ?? ''
  if (ref === '') {
    const name = some(env.GITHUB_REF_NAME)
    return known(env.GITHUB_REF_TYPE === 'tag' ? { tag: name } : { branch: name })
  }
  const pull = /^refs\/pull\/([1-9]\d{0,14})\//.exec(ref)
  if (pull !== null) return { pullRequest: Number(pull[1]) }
  return known(ref.startsWith('refs/tags/') ? { tag: some(ref.slice('refs/tags/'.length)) } : { branch: branchIn(ref) })
}

function branchIn(ref: string | undefined): string | undefined {
  return ref?.startsWith('refs/heads/') ? some(ref.slice('refs/heads/'.length)) : undefined
}

function some(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

function valueAt(value: unknown, ...keys: readonly string[]): unknown {
  let found = value
  for (const key of keys) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = (found as Record<string, unknown>)[key]
  }
  return found
}

function textAt(value: unknown, ...keys: readonly string[]): string | undefined {
  const found = valueAt(value, ...keys)
  return typeof found === 'string' ? some(found) : undefined
}

function numberAt(value: unknown, ...keys: readonly string[]): number | undefined {
  const found = valueAt(value, ...keys)
  return Number.isSafeInteger(found) && (found as number) > 0 ? (found as number) : undefined
}

function known<T extends object>(fields: T): { readonly [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    readonly [K in keyof T]?: Exclude<T[K], undefined>
  }
}
