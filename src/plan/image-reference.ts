import { posix } from 'node:path'

export interface ImageReference {
  /** Registry with its port: `docker.io` where none is written. */
  readonly host: string
  /** Repository within the registry: `library/alpine`, `acme/app`. */
  readonly path: string
  readonly tag?: string
  readonly digest?: string
  /** `host/path`, what registry refs are tags of. */
  readonly repository: string
}

/**
 * Takes an image name as Docker takes it (`alpine`, `acme/app:1`, `ghcr.io/acme/app@sha256:…`); gives its parts, completed as
 * Docker does, or the problem as text that follows the value: what is wrong with it and what would be right.
 *
 * Source: grammar and normalisation of github.com/distribution/reference (reference.go, regexp.go, normalize.go): what is before
 * the first slash is a host if it has a `.` or `:` or is `localhost`; `docker.io` (also for `index.docker.io`) and, there,
 * `library/` are added; 255 characters for the path, 128 for the tag. Stricter in one point: Docker takes `Acme/app` for an image
 * on a host named Acme, which nobody means; here it is a repository name in capitals, and refused.
 */
export function parseImageReference(text: string): ImageReference | string {
  const early = strayText(text)
  if (early !== undefined) return early
  const [name, digest] = cut(text, text.indexOf('@'))
  const [repository, tag] = cut(name, name.indexOf(':', name.lastIndexOf('/') + 1))
  const { host, path } = splitHost(repository)
  const problem = hostProblem(host) ?? pathProblem(path, repository) ?? tagProblem(tag) ?? digestProblem(digest)
  if (problem !== undefined) return problem
  return {
    host,
    path,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
    repository: `${host}/${path}`
  }
}

/**
 * Takes inputs `cache-name`, the first of `tags` and `file`; gives the name that separates images in gha and local refs, empty
 * for none. The first that is there of:
 *
 * 1. `cache-name` as written;
 * 2. the first tag's image without host, tag and digest, and without `library/` (`ghcr.io/acme/app:1` → `acme/app`);
 * 3. the Dockerfile's path: a last part `Dockerfile` falls away (`services/api/Dockerfile` → `services/api`, alone it is empty),
 *    so does an ending `.Dockerfile` (`docker/api.Dockerfile` → `docker/api`); any other path is the name (`Dockerfile.dev`).
 *
 * By 3. only `x/Dockerfile` and `x.Dockerfile` share a name.
 */
export function cacheName(inputs: {
  readonly cacheName: string
  readonly firstTag?: string
  readonly dockerfile: string
}): string {
  if (inputs.cacheName !== '') return inputs.cacheName
  const image = inputs.firstTag === undefined ? 'none' : parseImageReference(inputs.firstTag)
  if (typeof image !== 'string') return image.host === dockerHub ? image.path.replace(/^library\/(?=[^/]+$)/, '') : image.path
  const path = inputs.dockerfile === '' ? 'Dockerfile' : posix.normalize(inputs.dockerfile)
  return path === 'Dockerfile' ? '' : path.replace(/(?<=[^/])(?:\/|\.)Dockerfile$/, '')
}

const dockerHub = 'docker.io'
const longestPath = 255
const hostPattern = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[a-f0-9:]+\])(?::[0-9]+)?$/i
const pathPattern = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/
const digestLengths: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128]
])

function strayText(text: string): string | undefined {
  if (text === '') return 'is empty: write an image name like ghcr.io/acme/app'
  if (/\s/.test(text)) return 'has white space in it: an image name has none'
  const scheme = /^[a-z][a-z0-9+-]*:\/\//i.exec(text)?.[0]
  if (scheme !== undefined) return `starts with ${scheme}: leave that out`
  // Docker takes such a text for the id of an image, which is no repository.
  if (/^[a-f0-9]{64}$/.test(text)) return 'is 64 hexadecimal digits, which Docker takes for an image id: write a repository name'
  return undefined
}

function cut(text: string, at: number): readonly [string, string | undefined] {
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function splitHost(repository: string): { readonly host: string; readonly path: string } {
  const [first, rest] = cut(repository, repository.indexOf('/'))
  const isHost = rest !== undefined && (/[.:]/.test(first) || first === 'localhost')
  const host = !isHost || first === 'index.docker.io' ? dockerHub : first
  const path = isHost ? rest : repository
  return { host, path: host === dockerHub && !path.includes('/') ? `library/${path}` : path }
}

function hostProblem(host: string): string | undefined {
  if (hostPattern.test(host)) return undefined
  return (
    `has ${JSON.stringify(host)} for a registry: write a host name, an IPv4 address or an IPv6 address in brackets, ` +
    'and :port if it needs one'
  )
}

function pathProblem(path: string, written: string): string | undefined {
  if (path.length > longestPath) return `has a repository name of ${path.length} characters: at most ${longestPath} are allowed`
  if (pathPattern.test(path)) return undefined
  if (pathPattern.test(path.toLowerCase())) return `has capitals in its repository name: write ${written.toLowerCase()}`
  return (
    `has ${JSON.stringify(written)} for a repository: between slashes stand lower-case letters and digits, ` +
    'and only inside these ".", "_", "__" or dashes'
  )
}

function tagProblem(tag: string | undefined): string | undefined {
  if (tag === undefined || /^\w[\w.-]{0,127}$/.test(tag)) return undefined
  if (tag === '') return 'has no tag after its colon: write one or leave the colon out'
  if (tag.length > 128) return `has a tag of ${tag.length} characters: at most 128 are allowed`
  return `has ${JSON.stringify(tag)} for a tag: letters, digits, "_", "." and "-" are allowed, and no "." or "-" at its start`
}

function digestProblem(digest: string | undefined): string | undefined {
  if (digest === undefined) return undefined
  const [algorithm, hex = ''] = cut(digest, digest.indexOf(':'))
  const length = digestLengths.get(algorithm)
  if (length !== undefined && hex.length === length && /^[a-f0-9]+$/.test(hex)) return undefined
  const wanted = `${length ?? 64} lower-case hexadecimal digits after ${length === undefined ? 'sha256' : algorithm}:`
  return `has ${JSON.stringify(digest)} for a digest: write ${wanted}`
}
