/**
 * The repository of the job as a context of BuildKit, at the commit the event is about; empty outside GitHub. Takes the job's environment and
 * the parsed file at GITHUB_EVENT_PATH, of any shape. As docker/build-push-action has it (docker/actions-toolkit src/buildx/build.ts, `gitContext`):
 * with DOCKER_DEFAULT_GIT_CONTEXT_PR_HEAD_REF a pull request is built as its author pushed it and not as merged; with
 * BUILDX_SEND_GIT_QUERY_AS_INPUT, which needs buildx 0.29, the commit stands in a query.
 */
export function defaultGitContext(env: Readonly<Record<string, string | undefined>>, payload: unknown): string {
  const { GITHUB_SERVER_URL: server = 'https://github.com', GITHUB_REPOSITORY: repository } = env
  if (!repository) return ''
  const written = env.GITHUB_REF ?? ''
  const ref = written.startsWith('refs/') ? written : `refs/heads/${written}`
  const asPushed = ref.startsWith('refs/pull/') && isTrue(env.DOCKER_DEFAULT_GIT_CONTEXT_PR_HEAD_REF)
  const commit = asPushed ? (headOf(payload) ?? ref.replace(/\/merge$/, '/head')) : env.GITHUB_SHA || ref
  const separator = isTrue(env.BUILDX_SEND_GIT_QUERY_AS_INPUT) ? '?ref=' : '#'
  return `${server}/${repository}.git${separator}${commit}`
}

/** Host of the server that the job's repository is on, with its port. */
export function gitServer(env: Readonly<Record<string, string | undefined>>): string {
  const [, host = ''] = /^[a-z]+:\/\/([^/]+)/i.exec(env.GITHUB_SERVER_URL ?? 'https://github.com') ?? []
  return host
}

function headOf(payload: unknown): string | undefined {
  const sha = (payload as { pull_request?: { head?: { sha?: unknown } | null } | null } | undefined)?.pull_request?.head?.sha
  return typeof sha === 'string' ? sha : undefined
}

const isTrue = (text: string | undefined) => /^(?:1|t|T|TRUE|true|True)$/.test(text ?? '')
