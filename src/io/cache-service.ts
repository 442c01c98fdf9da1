import { setTimeout as sleep } from 'node:timers/promises'
import { request } from './request'

/** Seconds to wait where the service is throttled and does not say how long, and at most until calls of one kind are answered again. */
const throttledSeconds = 2
const mostThrottledSeconds = 60

/** Most bytes of an answer: two signed URLs, and of one that refuses what is shown of it. */
const mostBytes = 1 << 20

/** Seconds in which a service that is not well is asked again to take what was uploaded. */
const finalSeconds = 6

/** A call of the cache service by its name, with what it is given; gives what it answers. Throws where it is refused, and when the signal says so. */
export type CacheService = (name: string, body: object, signal: AbortSignal) => Promise<Readonly<Record<string, unknown>>>

/** GitHub's cache service at this URL, in its version 2. */
export function newCacheService(service: string, token: string, throttledLimit = mostThrottledSeconds): CacheService {
  /** Since when calls of a kind are throttled, in milliseconds: all of them wait together, and those after them no longer. */
  const throttledSince = new Map<string, number>()

  function throttledFor(name: string): number {
    const since = throttledSince.get(name) ?? performance.now()
    throttledSince.set(name, since)
    return (performance.now() - since) / 1000
  }

  return async function call(name, body, signal) {
    const url = new URL(`twirp/github.actions.results.api.v1.CacheService/${name}`, service)
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    let said: Error | undefined
    for (let waited = 0; ;) {
      const response = await request(url, { method: 'POST', headers, body: JSON.stringify(body), signal }).catch(
        (error: unknown) => {
          // When time is over, what the service said is more than that it is over.
          throw (signal.aborted && said) || error
        }
      )
      if (response.ok) {
        throttledSince.delete(name)
        return JSON.parse((await response.bytes(mostBytes, `the answer to ${name}`)).toString()) as Readonly<
          Record<string, unknown>
        >
      }
      said = new Error(
        `${url.host} answered ${response.status} to ${name}: ${(await response.bytes(mostBytes, `the answer to ${name}`)).toString().slice(0, 200)}`
      )
      const seconds = Number(response.headers['retry-after'] ?? throttledSeconds) || throttledSeconds
      waited += seconds
      // Where that is lost the layer's name stays reserved.
      const isFinal = name === 'FinalizeCacheEntryUpload' && response.status >= 500 && waited <= finalSeconds
      if (!isFinal && (response.status !== 429 || throttledFor(name) + seconds > throttledLimit)) throw said
      await sleep(seconds * 1000, undefined, { signal }).catch(() => {
        throw said
      })
    }
  }
}
