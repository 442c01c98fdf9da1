import { createHash } from 'node:crypto'
import type { Registry } from '../host'
import { explained } from './request-error'
import { authorize } from './registry-token'
import type { Credentials } from './registry-token'
import type { Stopwatch } from './stopwatch'

const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json'
].join(', ')

/** Largest manifest or cache config BuildKit itself reads (cache/remotecache/import.go); a larger one it ignores. */
export const largestText = 1 << 20

type Login = (host: string) => Promise<Credentials | undefined>

/**
 * Reads and writes manifests and small blobs by the distribution protocol, with a Bearer token where the registry asks for one.
 * `login` looks a registry host up in docker's own configuration.
 */
export function newRegistry(login: Login, stopwatch: Stopwatch): Registry {
  const fetchAuthorized = newAuthorizedFetch(login)
  /** Manifests by repository and digest: what a digest stands for stays. */
  const manifests = new Map<string, string>()

  async function read(repository: string, path: string, timeoutSeconds: number): Promise<Buffer | undefined> {
    const response = await fetchAuthorized(repository, urlOf(repository, path), {
      signal: AbortSignal.timeout(timeoutSeconds * 1000),
      headers: { accept: manifestTypes }
    })
    const [host, name] = cut(repository, repository.indexOf('/'))
    if (response.ok) return readLimited(response, `${name}/${path}`)
    await response.body?.cancel()
    if (response.status === 404) return undefined
    throw new Error(`${host} answered ${response.status} ${response.statusText} for ${name}/${path}`)
  }

  /** Docker Hub does not count such a request as a pull. */
  async function head(repository: string, path: string, timeoutSeconds: number): Promise<string | undefined> {
    const signal = AbortSignal.timeout(timeoutSeconds * 1000)
    const init = { method: 'HEAD', signal, headers: { accept: manifestTypes } }
    const response = await fetchAuthorized(repository, urlOf(repository, path), init)
    if (!response.ok && response.status !== 404) throw new Error(`${repository} answered ${response.status} for ${path}`)
    const digest = response.ok ? response.headers.get('docker-content-digest') : null
    return digest !== null && /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : undefined
  }

  /** Throws unless the registry takes it. */
  async function write(repository: string, url: string, init: Sent & { readonly method: string }): Promise<Response> {
    const response = await fetchAuthorized(repository, url, init)
    await response.body?.cancel()
    if (response.ok) return response
    const { host, pathname } = new URL(url)
    throw new Error(`${host} answered ${response.status} ${response.statusText} for ${init.method} ${pathname}`)
  }

  async function upload(repository: string, { digest, text }: { digest: string; text: string }, timeoutSeconds: number) {
    const signal = AbortSignal.timeout(timeoutSeconds * 1000)
    const start = urlOf(repository, 'blobs/uploads/')
    const begun = await write(repository, start, { method: 'POST', signal, headers: {} })
    const place = new URL(begun.headers.get('location') ?? '', start)
    place.searchParams.set('digest', digest)
    const put = { method: 'PUT', signal, headers: { 'content-type': 'application/octet-stream' }, body: text }
    const { host, origin, protocol } = new URL(start)
    if (place.origin === origin) return void (await write(repository, place.href, put))
    if (place.protocol !== protocol) throw new Error(`${host} wants the upload sent to ${place.protocol}//${place.host}`)
    // Storage elsewhere has signed the address itself, and is not to see the login.
    const response = await fetch(place, put)
    await response.body?.cancel()
    if (!response.ok)
      throw new Error(`${place.host} answered ${response.status} ${response.statusText} for PUT ${place.pathname}`)
  }

  return {
    pushBlob: (repository, blob, timeoutSeconds) =>
      stopwatch.waiting(explained(upload(repository, blob, timeoutSeconds), timeoutSeconds)),
    async pushManifest(reference, { mediaType, text }, timeoutSeconds) {
      const [repository, tag] = splitReference(reference)
      const url = urlOf(repository, `manifests/${tag}`)
      const signal = AbortSignal.timeout(timeoutSeconds * 1000)
      const sent = { method: 'PUT', signal, headers: { 'content-type': mediaType }, body: text }
      await stopwatch.waiting(explained(write(repository, url, sent), timeoutSeconds))
      return digestOf(Buffer.from(text))
    },
    async manifest(reference, timeoutSeconds) {
      const [repository, tag] = splitReference(reference)
      const known = manifests.get(`${repository}@${tag}`)
      if (known !== undefined) return { digest: tag, text: known }
      const found = await stopwatch.waiting(explained(read(repository, `manifests/${tag}`, timeoutSeconds), timeoutSeconds))
      if (!found) return undefined
      const manifest = { digest: digestOf(found), text: found.toString('utf8') }
      manifests.set(`${repository}@${manifest.digest}`, manifest.text)
      return manifest
    },
    async digest(reference, timeoutSeconds) {
      const [repository, tag] = splitReference(reference)
      return stopwatch.waiting(explained(head(repository, `manifests/${tag}`, timeoutSeconds), timeoutSeconds))
    },
    async blob(repository, digest, timeoutSeconds) {
      const found = await stopwatch.waiting(explained(read(repository, `blobs/${digest}`, timeoutSeconds), timeoutSeconds))
      if (found === undefined) throw new Error(`${repository} has no blob ${digest}`)
      if (digestOf(found) !== digest) throw new Error(`${repository} has other content for blob ${digest}`)
      return found.toString('utf8')
    }
  }
}

interface Sent {
  readonly method?: string
  readonly signal: AbortSignal
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** Requests that answer a repository's challenge, once for all that are under way at the same time and want the same of it. */
function newAuthorizedFetch(login: Login): (repository: string, url: string, init: Sent) => Promise<Response> {
  const authorizations = new Map<string, Promise<string | undefined>>()
  return async (repository, url, init) => {
    const { signal } = init
    const ask = (authorization: string | undefined) =>
      fetch(url, { ...init, headers: { ...init.headers, ...(authorization ? { authorization } : {}) } })
    // A token to read with is refused for writing.
    const kind = `${repository} ${['HEAD', undefined].includes(init.method) ? 'read' : 'write'}`
    const used = authorizations.get(kind)
    const response = await ask(await used)
    const challenge = response.headers.get('www-authenticate')
    if (response.status !== 401 || !challenge) return response
    await response.body?.cancel()
    let fresh = authorizations.get(kind)
    if (fresh === undefined || fresh === used) {
      fresh = login(repository.slice(0, repository.indexOf('/'))).then(found => authorize(challenge, found, signal))
      const asked = fresh
      authorizations.set(kind, asked)
      // What failed is asked for again the next time.
      asked.catch(() => authorizations.get(kind) === asked && authorizations.delete(kind))
    }
    return ask(await fresh)
  }
}

async function readLimited(response: Response, what: string): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  // Leaving the loop ends the transfer.
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > largestText) throw new Error(`${what} is larger than 1 MiB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function urlOf(repository: string, path: string): string {
  const [host, name] = cut(repository, repository.indexOf('/'))
  return `${baseUrl(host)}/v2/${name}/${path}`
}

/** Plain HTTP for loopback, as docker and containerd do; docker.io's API lives on another host. */
function baseUrl(host: string): string {
  if (host === 'docker.io') return 'https://registry-1.docker.io'
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(host) ? `http://${host}` : `https://${host}`
}

function splitReference(reference: string): readonly [repository: string, tag: string] {
  const at = reference.indexOf('@')
  return cut(reference, at >= 0 ? at : reference.lastIndexOf(':'))
}

function cut(text: string, at: number): readonly [string, string] {
  return [text.slice(0, at), text.slice(at + 1)]
}
