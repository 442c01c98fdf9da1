import { isAbsolute, posix } from 'node:path'

/**
 * Whether BuildKit fetches the context itself: URLs, `git@host:path`, and `github.com/…` without a scheme
 * (docker/buildx build/opt.go, `loadInputs`; BuildKit frontend/dockerfile/dfgitutil, `ParseGitRef`).
 */
export function isRemote(context: string): boolean {
  return (
    /^(https?|git|ssh|git\+[a-z]+):\/\//i.test(context) || /^[\w.-]+@[\w.-]+:/.test(context) || context.startsWith('github.com/')
  )
}

/** Whether only BuildKit can say what is in the Dockerfile. A path from the root is a local file beside a remote context too (same function of buildx). */
export function hasRemoteDockerfile({ context, file }: { readonly context: string; readonly file: string }): boolean {
  return /^https?:\/\//.test(file) || (isRemote(context) && !isAbsolute(file))
}

/**
 * A remote Dockerfile by name: from the root of the job's own repository, so that it is the same as with a checkout, else as a URL without
 * credentials, commit and query.
 */
export function remoteDockerfileName(
  { context, file }: { readonly context: string; readonly file: string },
  ownRepository: string
): string {
  if (/^https?:\/\//.test(file)) return bare(file)
  const name = file === '' ? 'Dockerfile' : file
  const path = posix.join('/', directoryOf(context), name).slice(1)
  return ownRepository !== '' && bare(context) === bare(ownRepository) ? path : `${bare(context)}/${path}`
}

/** The directory of a repository that is built: `#ref:directory`, or `?subdir=directory` (BuildKit frontend/dockerfile/dfgitutil, `loadQuery`). */
function directoryOf(context: string): string {
  const [, behindRef] = /#[^:]*:(.*)$/s.exec(context) ?? []
  const [, query = ''] = /^[^?#]*\?([^#]*)/s.exec(context) ?? []
  return (behindRef || new URLSearchParams(query).get('subdir')) ?? ''
}

function bare(url: string): string {
  return url.replace(/[?#].*$/s, '').replace(/:\/\/[^/@]*@/, '://')
}
