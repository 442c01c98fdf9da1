import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BuildKitEntries } from '../buildkit-entries'
import { messageOf } from '../errors'
import { newCacheService } from './cache-service'
import { needsProxy } from './proxy'
import { largestText } from './registry'
import { explained } from './request-error'
import { putBlob } from './small-blobs'
import type { Stopwatch } from './stopwatch'

/** Of all entries that BuildKit writes (tonistiigi/go-actions-cache, cache.go). */
const version = createHash('sha256').update('|go-actionscache-1.0').digest('hex')

/** An entry that is being written, and the signed URL that takes its content. */
interface Reserved {
  readonly entry: { readonly key: string; readonly version: string }
  readonly url: string
}

/** An entry that is there, and the signed URL that gives its content. */
interface Found {
  readonly key: string
  readonly url: string
}

/** Numbers in a row that may be taken, of a list and of a layer: jobs side by side may each upload one. */
const mostTaken = { list: 5, layer: 1 }

/** Seconds between two questions whether what another job uploads is there. */
const askAgainSeconds = 1

/** BuildKit's own entries of GitHub's cache, by the service's version 2, the only one that is spoken here. */
export function newBuildKitEntries(
  environment: NodeJS.ProcessEnv,
  stopwatch: Stopwatch,
  throttledLimit?: number
): BuildKitEntries {
  const token = environment['ACTIONS_RUNTIME_TOKEN'] ?? ''
  const service = environment['ACTIONS_RESULTS_URL'] ?? ''
  const call = newCacheService(service, token, throttledLimit)

  /** The number that the next version of a list gets, as far as is known here. */
  const nextNumbers = new Map<string, number>()

  const within = async <T>(seconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const signal = AbortSignal.timeout(seconds * 1000)
    const over = new Promise<never>((_, reject) => {
      // What heeds the signal may say more.
      signal.addEventListener('abort', () => setTimeout(() => reject(signal.reason as Error), 100))
    })
    return stopwatch.waiting(explained(Promise.race([work(signal), over]), seconds))
  }

  /** The newest version of a list, and the number of the one after it. */
  async function newest(key: string, signal: AbortSignal): Promise<{ found: Found | undefined; next: number }> {
    const prefix = `${key}#`
    const answer = await call('GetCacheEntryDownloadURL', { key: prefix, restore_keys: [prefix], version }, signal)
    const { ok, matched_key: matched, signed_download_url: url } = answer
    const found = ok === true && typeof matched === 'string' && typeof url === 'string' ? { key: matched, url } : undefined
    const next = Number(found?.key.slice(prefix.length) ?? 0) + 1
    nextNumbers.set(key, next)
    return { found, next }
  }

  async function textOf(found: Found | undefined, signal: AbortSignal): Promise<string | undefined> {
    if (!found) return undefined
    const response = await fetch(found.url, { signal })
    if (!response.ok) throw new Error(`Storage answered ${response.status} for ${found.key}`)
    const text = await response.text()
    if (Buffer.byteLength(text) > largestText) throw new Error(`${found.key} is larger than 1 MiB`)
    return text
  }

  /** A signed URL to upload an entry to. Throws an error that `isTaken` knows where there is such an entry, or is going to be one. */
  async function create(entry: { key: string; version: string }, signal: AbortSignal): Promise<string> {
    const { ok, signed_upload_url: url } = await call('CreateCacheEntry', entry, signal)
    if (ok !== true || typeof url !== 'string') throw new Error('failed to reserve cache')
    return url
  }

  /** The first number from this one on that nobody has: another job may be writing one, or was killed while it did (as SaveMutable of go-actions-cache). */
  async function reserve(key: string, first: number, most: number, signal: AbortSignal): Promise<Reserved> {
    for (let number = first; ; number++) {
      const entry = { key: `${key}#${number}`, version }
      try {
        return { entry, url: await create(entry, signal) }
      } catch (error) {
        if (!isTaken(error)) throw error
        if (number >= first + most) throw new Error(`${key}: its upload by other jobs goes on, or was cut off`, { cause: error })
      }
    }
  }

  /** For a list that was asked for before, nobody is asked what its newest version is, unless another job has written one since. */
  async function reserveList(key: string, signal: AbortSignal): Promise<Reserved> {
    const expected = nextNumbers.get(key)
    if (expected !== undefined) {
      try {
        return await reserve(key, expected, 0, signal)
      } catch (error) {
        if (!isTaken((error as Error).cause)) throw error
      }
    }
    return reserve(key, (await newest(key, signal)).next, mostTaken.list, signal)
  }

  /** Under its own key, or under a number: BuildKit, too, takes any entry whose key begins so (go-actions-cache, loadV2). */
  async function has(key: string, signal: AbortSignal): Promise<boolean> {
    const found = await call('GetCacheEntryDownloadURL', { key, restore_keys: [`${key}#`], version }, signal)
    const { ok, matched_key: matched } = found
    return ok === true && typeof matched === 'string' && (matched === key || matched.startsWith(`${key}#`))
  }

  async function finalize(entry: { key: string; version: string }, bytes: number, signal: AbortSignal): Promise<void> {
    const done = await call('FinalizeCacheEntryUpload', { ...entry, size_bytes: `${bytes}` }, signal)
    if (done['ok'] !== true) throw new Error('the cache service did not take it')
  }

  /** Undefined where another job saves the same: what is reserved may never come, since who reserved it was killed, and then a number is. */
  async function reserveLayer(key: string, patienceSeconds: number, signal: AbortSignal): Promise<Reserved | undefined> {
    const entry = { key, version }
    try {
      return { entry, url: await create(entry, signal) }
    } catch (error) {
      if (!isTaken(error)) throw error
    }
    for (let waited = 0; ; waited += askAgainSeconds) {
      if (await has(key, signal)) return undefined
      if (waited >= patienceSeconds) return reserve(key, 2, mostTaken.layer, signal)
      await sleep(askAgainSeconds * 1000, undefined, { signal })
    }
  }

  return {
    available:
      token !== '' &&
      service !== '' &&
      /^(1|t|true)$/i.test(environment['ACTIONS_CACHE_SERVICE_V2'] ?? '') &&
      !needsProxy(service, environment),
    read: (key, timeoutSeconds) => within(timeoutSeconds, async signal => textOf((await newest(key, signal)).found, signal)),
    write: (key, text, timeoutSeconds) =>
      within(timeoutSeconds, async signal => {
        const { entry, url } = await reserveList(key, signal)
        nextNumbers.delete(key)
        await putBlob(url, text, signal)
        await finalize(entry, Buffer.byteLength(text), signal)
      }),
    has: (key, timeoutSeconds) => within(timeoutSeconds, signal => has(key, signal)),
    save: (key, path, patienceSeconds, timeoutSeconds) =>
      within(timeoutSeconds, async signal => {
        const reserved = await reserveLayer(key, patienceSeconds, signal)
        if (!reserved) return
        const [{ size }, { uploadFile }] = await Promise.all([stat(path), import('./storage-upload')])
        await uploadFile(reserved.url, path, signal)
        await finalize(reserved.entry, size, signal)
      })
  }
}

function isTaken(error: unknown): boolean {
  return /already_exists|already exists/i.test(messageOf(error))
}
