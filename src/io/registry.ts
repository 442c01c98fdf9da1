import { createHash } from 'node:crypto'
import type { Registry } from '../host'
import { authorize } from './registry-token'
import type { Credentials } from './registry-token'
import { onlyReads, request } from './request'
import type { Answer, Asked } from './request'
import { after, explained } from './request-error'
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
      signal: after(timeoutSeconds),
      headers: { accept: manifestTypes }
    })
    const [host, name] = cut(repository, repository.indexOf('/'))
    if (response.ok) return response.bytes(largestText, `${name}/${path}`)
    response.leave()
    if (response.status === 404) return undefined
    throw new Error(`${host} answered ${response.status} ${response.statusText} for ${name}/${path}`)
  }

  /** Docker Hub does not count such a request as a pull. */
  async function head(repository: string, path: string, timeoutSeconds: number): Promise<string | undefined> {
    const signal = after(timeoutSeconds)
    const asked = { method: 'HEAD', signal, headers: { accept: manifestTypes } } as const
    const response = await fetchAuthorized(repository, urlOf(repository, path), asked)
    response.leave()
    if (!response.ok && response.status !== 404) throw new Error(`${repository} answered ${response.status} for ${path}`)
    const digest = response.ok ? response.headers['docker-content-digest'] : undefined
    return typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : undefined
  }

  /** Throws unless the registry takes it. */
  async function write(repository: string, url: string, asked: Asked & { readonly method: string }): Promise<Answer> {
    const response = await fetchAuthorized(repository, url, asked)
    response.leave()
    if (response.ok) return response
    const { host, pathname } = new URL(url)
    throw new Error(`${host} answered ${response.status} ${response.statusText} for ${asked.method} ${pathname}`)
  }

  async function upload(repository: string, { digest, text }: { digest: string; text: string }, timeoutSeconds: number) {
    const signal = after(timeoutSeconds)
    const start = urlOf(repository, 'blobs/uploads/')
    const begun = await write(repository, start, { method: 'POST', signal })
    const place = new URL(begun.headers.location ?? '', start)
    place.searchParams.set('digest', digest)
    const put = { method: 'PUT', signal, headers: { 'content-type': 'application/octet-stream' }, body: text } as const
    const { host, origin, protocol } = new URL(start)
    if (place.origin === origin) return void (await write(repository, place.href, put))
    if (place.protocol !== protocol) throw new Error(`${host} wants the upload sent to ${place.protocol}//${place.host}`)
    // Storage elsewhere has signed the address itself, and is not to see the login.
    const response = await request(place, put)
    response.leave()
    if (!response.ok)
      throw new Error(`${place.host} answered ${response.status} ${response.statusText} for PUT ${place.pathname}`)
  }

  return {
    pushBlob: (repository, blob, timeoutSeconds) =>
      stopwatch.waiting(explained(upload(repository, blob, timeoutSeconds), timeoutSeconds)),
    async pushManifest(reference, { mediaType, text }, timeoutSeconds) {
      const [repository, tag] = splitReference(reference)
      const url = urlOf(repository, `manifests/${tag}`)
      const signal = after(timeoutSeconds)
      const sent = { method: 'PUT', signal, headers: { 'content-type': mediaType }, body: text } as const
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

/** Requests that answer a repository's challenge, once for all that are under way at the same time and want the same of it. */
function newAuthorizedFetch(login: Login): (repository: string, url: string, asked: Asked) => Promise<Answer> {
  const authorizations = new Map<string, Promise<string | undefined>>()
  return async (repository, url, asked) => {
    const { signal } = asked
    const ask = (authorization: string | undefined) =>
      request(url, { ...asked, headers: { ...asked.headers, ...(authorization ? { authorization } : {}) } })
    // A token to read with is refused for writing.
    const kind = `${repository} ${onlyReads(asked) ? 'read' : 'write'}`
    const used = authorizations.get(kind)
    const response = await ask(await used)
    const challenge = response.headers['www-authenticate']
    if (response.status !== 401 || !challenge) return response
    response.leave()
    let fresh = authorizations.get(kind)
    if (fresh === undefined || fresh === used) {
      fresh = login(repository.slice(0, repository.indexOf('/'))).then(found => authorize(challenge, found, signal))
      const wanted = fresh
      authorizations.set(kind, wanted)
      // What failed is asked for again the next time.
      wanted.catch(() => authorizations.get(kind) === wanted && authorizations.delete(kind))
    }
    return ask(await fresh)
  }
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
