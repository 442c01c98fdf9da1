import { AsyncLocalStorage } from 'node:async_hooks'
import { messageOf } from '../errors'
import { withoutQueries } from '../signed-urls'
import type { Stopwatch } from './stopwatch'

/** What a client last complained of, for each call by itself: they log failures and go on or return as if there were none. */
const troubles = new AsyncLocalStorage<{ last?: string }>()

/** Called by src/io/client-log.ts, which stands in for the clients' own log. */
export function reportTrouble(message: string): void {
  const trouble = troubles.getStore()
  if (trouble) trouble.last = message
}

/**
 * A call of one of GitHub's clients, given up after so many seconds; what it complained of meanwhile is in `trouble`, and in the error of one that was given
 * up. Throws what the call throws, without the signatures of URLs.
 */
export async function within<T>(
  seconds: number,
  stopwatch: Stopwatch,
  work: (trouble: { last?: string }) => Promise<T>
): Promise<T> {
  const trouble: { last?: string } = {}
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    const late = () => reject(new Error(`not done within ${seconds} s${trouble.last ? `: ${trouble.last}` : ''}`))
    timer = setTimeout(late, seconds * 1000)
  })
  try {
    return await stopwatch.waiting(Promise.race([troubles.run(trouble, () => work(trouble)), limit]))
  } catch (error) {
    // The storage behind the service is reached by signed URLs.
    throw new Error(withoutQueries(messageOf(error)), { cause: error })
  } finally {
    clearTimeout(timer)
  }
}
