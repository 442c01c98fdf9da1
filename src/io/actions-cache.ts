import type { ActionsCache } from '../actions-cache'
import { within } from './client-call'
import type { ClientCall } from './client-call'
import { answerSeconds } from './patience'
import type { Patience } from './patience'
import type { Stopwatch } from './stopwatch'

/** The real actions cache, by `@actions/cache`, whose code is loaded at the first use. */
export function newActionsCache(environment: NodeJS.ProcessEnv, stopwatch: Stopwatch, patience: Patience): ActionsCache {
  const load = async () => {
    // The client stores paths relative to the workspace; from the root they mean the same in every job's workspace.
    process.env['GITHUB_WORKSPACE'] = '/'
    return import('@actions/cache')
  }
  /** Something that may take longer is begun only once the service answered a question: it may hang. */
  const call = <T>(seconds: number, work: (trouble: ClientCall) => Promise<T>): Promise<T> =>
    seconds > answerSeconds
      ? within(seconds, stopwatch, work)
      : patience.ask(seconds, (left, answered) =>
          within(left, stopwatch, async trouble => {
            // Most are several requests: one that was answered is an answer.
            trouble.answered = answered
            const result = await work(trouble)
            answered()
            return result
          })
        )
  /** Paths of calls that were given up, and may still write there or read what is there. */
  const disturbed = new Set<string>()
  /** A call that writes to the path, or reads it: one that was given up would do so amid the next one. */
  const callWith = async <T>(path: string, seconds: number, work: (trouble: ClientCall) => Promise<T>): Promise<T> => {
    if (disturbed.has(path)) throw new Error(`an earlier call for ${path} was given up and has not ended`)
    let underWay = false
    const tracked = async (trouble: ClientCall): Promise<T> => {
      underWay = true
      try {
        return await work(trouble)
      } finally {
        underWay = false
        disturbed.delete(path)
      }
    }
    try {
      return await call(seconds, tracked)
    } finally {
      if (underWay) disturbed.add(path)
    }
  }
  const find = (
    path: string,
    key: string,
    restoreKeys: readonly string[],
    options: { lookupOnly?: boolean },
    seconds: number
  ) => {
    const ask = async (trouble: ClientCall): Promise<string | undefined> => {
      const cache = await load()
      const matched = await cache.restoreCache([path], key, [...restoreKeys], options)
      if (matched === undefined && trouble.last !== undefined) throw new Error(trouble.last)
      return matched
    }
    return options.lookupOnly ? call(seconds, ask) : callWith(path, seconds, ask)
  }
  return {
    available: Boolean(
      environment['ACTIONS_RUNTIME_TOKEN'] && (environment['ACTIONS_RESULTS_URL'] || environment['ACTIONS_CACHE_URL'])
    ),
    async restore(path, key, restoreKeys, timeoutSeconds, mostFor = () => timeoutSeconds) {
      if (timeoutSeconds <= answerSeconds) return find(path, key, restoreKeys, {}, timeoutSeconds)
      const there = await find(path, key, restoreKeys, { lookupOnly: true }, answerSeconds)
      if (there === undefined) return undefined
      return find(path, key, restoreKeys, {}, Math.min(timeoutSeconds, mostFor(there)))
    },
    find: (path, key, restoreKeys, timeoutSeconds) => find(path, key, restoreKeys, { lookupOnly: true }, timeoutSeconds),
    async save(path, key, timeoutSeconds) {
      // Another job may have saved the same.
      if (timeoutSeconds > answerSeconds && (await find(path, key, [], { lookupOnly: true }, answerSeconds)) === key) return
      await callWith(path, timeoutSeconds, async trouble => {
        const cache = await load()
        if ((await cache.saveCache([path], key)) === -1) throw new Error(trouble.last ?? 'the cache service did not take it')
      })
    }
  }
}
