import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { ActionsCache, SavedTexts } from '../actions-cache'
import type { Files } from '../host'
import { newCacheEntries, speaksVersion2 } from './cache-entries'
import { newCacheService } from './cache-service'
import type { Patience } from './patience'
import { limited } from './request-error'
import { putBlob } from './small-blobs'
import type { Stopwatch } from './stopwatch'

/** Seconds in which a service that is throttled is asked again, and after which one that is not well is, once. */
const throttledSeconds = 4
const againSeconds = 1

/** Most bytes of an entry, and of its text. */
const mostPackedBytes = 16 * 1024 * 1024
const mostBytes = 64 * 1024 * 1024

const version = createHash('sha256').update('stage-cache-build, texts, gzip').digest('hex')

/**
 * Texts in entries of their own, each by two or three requests: the cache client takes a tenth of a second to start, and packs with tar. Where the service is one of the
 * first version, by that client.
 */
export function newSavedTexts(
  environment: NodeJS.ProcessEnv,
  stopwatch: Stopwatch,
  patience: Patience,
  client: ActionsCache,
  files: Files
): SavedTexts {
  if (!speaksVersion2(environment)) return throughClient(client, files)
  const { ACTIONS_RESULTS_URL: service = '', ACTIONS_RUNTIME_TOKEN: token = '' } = environment
  const entries = newCacheEntries(newCacheService(service, token, throttledSeconds), version)
  const ask = <T>(seconds: number, work: (signal: AbortSignal, answered: () => void) => Promise<T>): Promise<T> =>
    patience.ask(seconds, (left, answered) => stopwatch.waiting(limited(left, signal => work(signal, answered))))
  const find = (name: string, signal: AbortSignal) => again(signal, () => entries.find(`${name}#`, `${name}#`, signal))
  return {
    available: true,
    newest: (name, timeoutSeconds) =>
      ask(timeoutSeconds, async (signal, answered) => {
        const found = await find(name, signal)
        answered()
        if (!found) return undefined
        const packed = await again(signal, () => entries.read(found, mostPackedBytes, signal))
        const text = promisify(gunzip)(packed, { maxOutputLength: mostBytes })
        return { key: found.key, text: await text.then(String, () => '') }
      }),
    newestKey: (name, timeoutSeconds) => ask(timeoutSeconds, async signal => (await find(name, signal))?.key),
    save: (name, text, timeoutSeconds) =>
      ask(timeoutSeconds, async (signal, answered) => {
        const packed = await promisify(gzip)(text)
        return again(signal, async () => {
          const key = newKey(name)
          const url = await entries.create(key, signal)
          answered()
          await putBlob(url, packed, signal)
          await entries.finalize(key, packed.length, signal)
          return key
        })
      })
  }
}

/** What failed is tried once more, while there is time. */
async function again<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    await sleep(againSeconds * 1000, undefined, { signal }).catch(() => {
      throw error
    })
    return work()
  }
}

/** Never a key that was there before: the newest entry counts, and content may come back. */
function newKey(name: string): string {
  return `${name}#${randomUUID()}`
}

/** The client finds an entry only under the path it was saved from, so that is the same in every job. */
function throughClient(client: ActionsCache, files: Files): SavedTexts {
  const directory = '/tmp/.stage-cache-build'
  const pathOf = (name: string) => `${directory}/${name}.json`
  return {
    available: client.available,
    async newest(name, timeoutSeconds) {
      const key = await client.restore(pathOf(name), `${name}#`, [], timeoutSeconds)
      const text = key === undefined ? undefined : await files.read(pathOf(name))
      return key === undefined || text === undefined ? undefined : { key, text }
    },
    newestKey: (name, timeoutSeconds) => client.find(pathOf(name), `${name}#`, [], timeoutSeconds),
    async save(name, text, timeoutSeconds) {
      const key = newKey(name)
      await files.makeDirectory(directory)
      await files.write(pathOf(name), text)
      await client.save(pathOf(name), key, timeoutSeconds)
      return key
    }
  }
}
