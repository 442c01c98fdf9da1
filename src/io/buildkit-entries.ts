import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BuildKitEntries } from '../buildkit-entries'
import { messageOf } from '../errors'
import { newCacheEntries, speaksVersion2 } from './cache-entries'
import type { Found } from './cache-entries'
import { newCacheService } from './cache-service'
import { largestText } from './registry'
import { limited } from './request-error'
import { putBlob } from './small-blobs'
import type { Stopwatch } from './stopwatch'

/** Of all entries that BuildKit writes (tonistiigi/go-actions-cache, cache.go). */
const version = createHash('sha256').update('|go-actionscache-1.0').digest('hex')

/** An entry that is being written, and the signed URL that takes its content. */
interface Reserved {
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
  const entries = newCacheEntries(newCacheService(service, token, throttledLimit), version)

  /** The number that the next version of a list gets, as far as is known here. */
  const nextNumbers = new Map<string, number>()

  const within = <T>(seconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    stopwatch.waiting(limited(seconds, work))

  /** The newest version of a list, and the number of the one after it. */
  async function newest(key: string, signal: AbortSignal): Promise<{ found: Found | undefined; next: number }> {
    const prefix = `${key}#`
    const found = await entries.find(prefix, prefix, signal)
    const next = Number(found?.key.slice(prefix.length) ?? 0) + 1
    nextNumbers.set(key, next)
    return { found, next }
  }

  /** The first number from this one on that nobody has: another job may be writing one, or was killed while it did (as SaveMutable of go-actions-cache). */
  async function reserve(key: string, first: number, most: number, signal: AbortSignal): Promise<Reserved> {
    for (let number = first; ; number++) {
      const numbered = `${key}#${number}`
      try {
        return { key: numbered, url: await entries.create(numbered, signal) }
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
    const found = await entries.find(key, `${key}#`, signal)
    return found?.key === key || found?.key.startsWith(`${key}#`) === true
  }

  /** Undefined where another job saves the same: what is reserved may never come, since who reserved it was killed, and then a number is. */
  async function reserveLayer(key: string, patienceSeconds: number, signal: AbortSignal): Promise<Reserved | undefined> {
    try {
      return { key, url: await entries.create(key, signal) }
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
    available: speaksVersion2(environment),
    read: (key, timeoutSeconds) =>
      within(timeoutSeconds, async signal => {
        const { found } = await newest(key, signal)
        return found && (await entries.read(found, largestText, signal)).toString()
      }),
    write: (key, text, timeoutSeconds) =>
      within(timeoutSeconds, async signal => {
        const reserved = await reserveList(key, signal)
        nextNumbers.delete(key)
        await putBlob(reserved.url, text, signal)
        await entries.finalize(reserved.key, Buffer.byteLength(text), signal)
      }),
    has: (key, timeoutSeconds) => within(timeoutSeconds, signal => has(key, signal)),
    save: (key, path, patienceSeconds, timeoutSeconds) =>
      within(timeoutSeconds, async signal => {
        const reserved = await reserveLayer(key, patienceSeconds, signal)
        if (!reserved) return
        const [{ size }, { uploadFile }] = await Promise.all([stat(path), import('./storage-upload')])
        await uploadFile(reserved.url, path, signal)
        await entries.finalize(reserved.key, size, signal)
      })
  }
}

function isTaken(error: unknown): boolean {
  return /already_exists|already exists/i.test(messageOf(error))
}
