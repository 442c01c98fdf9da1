import { createHash } from 'node:crypto'
import type { BuildKitIndexes } from '../host'
import { withoutQueries } from '../signed-urls'
import { messageOf } from '../errors'
import { largestText } from './registry'
import type { Stopwatch } from './stopwatch'

/** Of all entries that BuildKit writes (tonistiigi/go-actions-cache, cache.go). */
const version = createHash('sha256').update('|go-actionscache-1.0').digest('hex')

/** Numbers in a row that may be taken. */
const mostTaken = 5

/** BuildKit's own entries of GitHub's cache, by the service's version 2, the only one that is spoken here. */
export function newBuildKitIndexes(environment: NodeJS.ProcessEnv, stopwatch: Stopwatch): BuildKitIndexes {
  const token = environment['ACTIONS_RUNTIME_TOKEN'] ?? ''
  const service = environment['ACTIONS_RESULTS_URL'] ?? ''

  async function call(name: string, body: object, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    const url = new URL(`twirp/github.actions.results.api.v1.CacheService/${name}`, service)
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal })
    if (response.ok) return (await response.json()) as Readonly<Record<string, unknown>>
    throw new Error(`${url.host} answered ${response.status} to ${name}: ${(await response.text()).slice(0, 200)}`)
  }

  const within = async <T>(seconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    try {
      return await stopwatch.waiting(work(AbortSignal.timeout(seconds * 1000)))
    } catch (error) {
      // Storage is reached by signed URLs.
      throw new Error(withoutQueries(messageOf(error)), { cause: error })
    }
  }

  async function newest(prefix: string, signal: AbortSignal): Promise<{ key: string; url: string } | undefined> {
    const found = await call('GetCacheEntryDownloadURL', { key: prefix, restore_keys: [prefix], version }, signal)
    const { ok, matched_key: key, signed_download_url: url } = found
    return ok === true && typeof key === 'string' && typeof url === 'string' ? { key, url } : undefined
  }

  async function textOf(found: { key: string; url: string } | undefined, signal: AbortSignal): Promise<string | undefined> {
    if (!found) return undefined
    const response = await fetch(found.url, { signal })
    if (!response.ok) throw new Error(`Storage answered ${response.status} for ${found.key}`)
    const text = await response.text()
    if (Buffer.byteLength(text) > largestText) throw new Error(`${found.key} is larger than 1 MiB`)
    return text
  }

  /** The next number that nobody has: another job may be writing one, or was killed while it did (as SaveMutable of go-actions-cache). */
  async function reserve(key: string, signal: AbortSignal): Promise<{ entry: { key: string; version: string }; url: string }> {
    const before = await newest(`${key}#`, signal)
    const last = Number(before?.key.slice(key.length + 1) ?? 0)
    for (let number = last + 1; ; number++) {
      const entry = { key: `${key}#${number}`, version }
      try {
        const { ok, signed_upload_url: url } = await call('CreateCacheEntry', entry, signal)
        if (ok === true && typeof url === 'string') return { entry, url }
        throw new Error('failed to reserve cache')
      } catch (error) {
        if (number > last + mostTaken || !/already_exists|already exists/i.test(messageOf(error))) throw error
      }
    }
  }

  return {
    available: token !== '' && service !== '' && /^(1|t|true)$/i.test(environment['ACTIONS_CACHE_SERVICE_V2'] ?? ''),
    read: (key, timeoutSeconds) => within(timeoutSeconds, async signal => textOf(await newest(`${key}#`, signal), signal)),
    write: (key, text, timeoutSeconds) =>
      within(timeoutSeconds, async signal => {
        const { entry, url } = await reserve(key, signal)
        const stored = await fetch(url, { method: 'PUT', headers: { 'x-ms-blob-type': 'BlockBlob' }, body: text, signal })
        if (!stored.ok) throw new Error(`Storage answered ${stored.status} for ${entry.key}`)
        const done = await call('FinalizeCacheEntryUpload', { ...entry, size_bytes: `${Buffer.byteLength(text)}` }, signal)
        if (done['ok'] !== true) throw new Error('the cache service did not take it')
      })
  }
}
