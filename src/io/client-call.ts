import { AsyncLocalStorage } from 'node:async_hooks'
import { messageOf } from '../errors'
import { withoutQueries } from '../signed-urls'
import type { Stopwatch } from './stopwatch'

/** A call of a client that is under way. */
export interface ClientCall {
  /** What the client last complained of: they log failures and go on or return as if there were none. */
  last?: string
  /** Called for each sign that the service answered. */
  answered?: () => void
}

const calls = new AsyncLocalStorage<ClientCall>()

/** Called by src/io/client-log.ts, which stands in for the clients' own log. */
export function reportTrouble(message: string): void {
  const call = calls.getStore()
  if (call) call.last = message
}

/** Called by it, too, when a client says what it only does once the service answered. */
export function reportAnswer(): void {
  calls.getStore()?.answered?.()
}

/**
 * A call of one of GitHub's clients, given up after so many seconds; what it complained of meanwhile is in `call`, and in the error of one that was given
 * up. Throws what the call throws, without the signatures of URLs.
 */
export async function within<T>(seconds: number, stopwatch: Stopwatch, work: (call: ClientCall) => Promise<T>): Promise<T> {
  const call: ClientCall = {}
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    const late = () => reject(new Error(`not done within ${Number(seconds.toFixed(2))} s${call.last ? `: ${call.last}` : ''}`))
    timer = setTimeout(late, seconds * 1000)
  })
  try {
    return await stopwatch.waiting(Promise.race([calls.run(call, () => work(call)), limit]))
  } catch (error) {
    // The storage behind the service is reached by signed URLs.
    throw new Error(withoutQueries(messageOf(error)), { cause: error })
  } finally {
    clearTimeout(timer)
  }
}
