import { createHash } from 'node:crypto'
import type { Registry } from '../host'
import type { Stopwatch } from './stopwatch'

export interface Credentials {
  readonly username: string
  readonly password: string
}

const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json'
].join(', ')

/** Largest manifest or cache config BuildKit itself reads (cache/remotecache/import.go); a larger one it ignores. */
const largestText = 1 << 20

/**
 * Reads manifests and small blobs by the distribution protocol, with a Bearer token where the registry asks for one.
 * `credentials` looks a registry host up in docker's own configuration.
 */
export function newRegistry(credentials: (host: string) => Promise<Credentials | undefined>, stopwatch: Stopwatch): Registry {
  const authorizations = new Map<string, Promise<string | undefined>>()

  async function text(repository: string, path: string, timeoutSeconds: number): Promise<string | undefined> {
    const slash = repository.indexOf('/')
    const host = repository.slice(0, slash)
    const name = repository.slice(slash + 1)
    const url = `${baseUrl(host)}/v2/${name}/${path}`
    const signal = AbortSignal.timeout(timeoutSeconds * 1000)
    const request = async (authorization: string | undefined) =>
      fetch(url, { signal, headers: { accept: manifestTypes, ...(authorization ? { authorization } : {}) } })
    let response = await request(await authorizations.get(repository))
    const challenge = response.headers.get('www-authenticate')
    if (response.status === 401 && challenge) {
      await response.body?.cancel()
      const answer = authorize(challenge, await credentials(host), signal)
      authorizations.set(repository, answer)
      response = await request(await answer)
    }
    if (response.status === 404) {
      await response.body?.cancel()
      return undefined
    }
    if (!response.ok) {
      await response.body?.cancel()
      throw new Error(`${host} answered ${response.status} ${response.statusText} for ${name}/${path}`)
    }
    if (Number(response.headers.get('content-length') ?? 0) > largestText) throw new Error(`${name}/${path} is larger than 1 MiB`)
    return response.text()
  }

  return {
    async manifest(reference, timeoutSeconds) {
      const [repository, tag] = splitReference(reference)
      const found = await stopwatch.waiting(named(text(repository, `manifests/${tag}`, timeoutSeconds), timeoutSeconds))
      return found === undefined ? undefined : { digest: `sha256:${createHash('sha256').update(found).digest('hex')}`, text: found }
    },
    async blob(repository, digest, timeoutSeconds) {
      const found = await stopwatch.waiting(named(text(repository, `blobs/${digest}`, timeoutSeconds), timeoutSeconds))
      if (found === undefined) throw new Error(`${repository} has no blob ${digest}`)
      return found
    }
  }
}

/** fetch says only "fetch failed"; the cause says why. */
async function named<T>(promise: Promise<T>, timeoutSeconds: number): Promise<T> {
  try {
    return await promise
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') throw new Error(`no answer within ${timeoutSeconds} s`)
    if (error instanceof TypeError && error.cause instanceof Error) throw new Error(error.cause.message || String(error.cause))
    throw error
  }
}

/** Plain HTTP for loopback, as docker and containerd do; docker.io's API lives on another host. */
function baseUrl(host: string): string {
  if (host === 'docker.io') return 'https://registry-1.docker.io'
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(host) ? `http://${host}` : `https://${host}`
}

function splitReference(reference: string): [repository: string, tag: string] {
  const at = reference.indexOf('@')
  if (at >= 0) return [reference.slice(0, at), reference.slice(at + 1)]
  const colon = reference.lastIndexOf(':')
  return [reference.slice(0, colon), reference.slice(colon + 1)]
}

/** Answers a WWW-Authenticate challenge (distribution spec, token authentication). Undefined: try without. */
async function authorize(challenge: string, login: Credentials | undefined, signal: AbortSignal): Promise<string | undefined> {
  const basic = login && `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`
  if (!/^bearer /i.test(challenge)) return basic
  const field = (name: string) => new RegExp(`${name}="([^"]*)"`, 'i').exec(challenge)?.[1]
  const realm = field('realm')
  if (!realm) return undefined
  const url = new URL(realm)
  for (const name of ['service', 'scope']) {
    const value = field(name)
    if (value) url.searchParams.set(name, value)
  }
  const response = await fetch(url, { signal, headers: basic ? { authorization: basic } : {} })
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`${url.host} answered ${response.status} ${response.statusText} to the request for a token`)
  }
  const answer = (await response.json()) as { token?: string; access_token?: string }
  const token = answer.token ?? answer.access_token
  return token && `Bearer ${token}`
}
