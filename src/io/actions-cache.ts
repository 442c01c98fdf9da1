import type { ActionsCache } from '../host'
import { within } from './client-call'
import type { Stopwatch } from './stopwatch'

/** Seconds the service has to answer at all before something that may take longer is begun: it may hang. */
const answerSeconds = 15

/** The real actions cache, by `@actions/cache`, whose code is loaded at the first use. */
export function newActionsCache(environment: NodeJS.ProcessEnv, stopwatch: Stopwatch): ActionsCache {
  const load = async () => {
    // The client stores paths relative to the workspace; from the root they mean the same in every job's workspace.
    process.env['GITHUB_WORKSPACE'] = '/'
    return import('@actions/cache')
  }
  const find = (path: string, key: string, restoreKeys: readonly string[], options: { lookupOnly?: boolean }, seconds: number) =>
    within(seconds, stopwatch, async trouble => {
      const cache = await load()
      const matched = await cache.restoreCache([path], key, [...restoreKeys], options)
      if (matched === undefined && trouble.last !== undefined) throw new Error(trouble.last)
      return matched
    })
  return {
    available: Boolean(
      environment['ACTIONS_RUNTIME_TOKEN'] && (environment['ACTIONS_RESULTS_URL'] || environment['ACTIONS_CACHE_URL'])
    ),
    async restore(path, key, restoreKeys, timeoutSeconds) {
      if (
        timeoutSeconds > answerSeconds &&
        (await find(path, key, restoreKeys, { lookupOnly: true }, answerSeconds)) === undefined
      ) {
        return undefined
      }
      return find(path, key, restoreKeys, {}, timeoutSeconds)
    },
    find: (path, key, restoreKeys, timeoutSeconds) => find(path, key, restoreKeys, { lookupOnly: true }, timeoutSeconds),
    async save(path, key, timeoutSeconds) {
      // Another job may have saved the same.
      if (timeoutSeconds > answerSeconds && (await find(path, key, [], { lookupOnly: true }, answerSeconds)) === key) return
      await within(timeoutSeconds, stopwatch, async trouble => {
        const cache = await load()
        if ((await cache.saveCache([path], key)) === -1) throw new Error(trouble.last ?? 'the cache service did not take it')
      })
    }
  }
}
