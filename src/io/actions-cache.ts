import type { ActionsCache } from '../host'
import type { Stopwatch } from './stopwatch'

/** The last trouble the cache client spoke of: it logs its failures and returns as if there had been none. */
let trouble: string | undefined

/** Called by src/io/actions-cache-log.ts, which stands in for the client's own log. */
export function reportTrouble(message: string): void {
  trouble = message
}

/** The real actions cache, by `@actions/cache`, whose code is loaded at the first use. */
export function newActionsCache(environment: NodeJS.ProcessEnv, stopwatch: Stopwatch): ActionsCache {
  const load = async () => {
    // The client stores paths relative to the workspace; from the root they mean the same in every job's workspace.
    process.env['GITHUB_WORKSPACE'] = '/'
    trouble = undefined
    return import('@actions/cache')
  }
  return {
    available: Boolean(environment['ACTIONS_RUNTIME_TOKEN'] && (environment['ACTIONS_RESULTS_URL'] ?? environment['ACTIONS_CACHE_URL'])),
    restore: (path, key, restoreKeys, timeoutSeconds) =>
      within(timeoutSeconds, stopwatch, async () => {
        const cache = await load()
        const matched = await cache.restoreCache([path], key, [...restoreKeys])
        if (matched === undefined && trouble !== undefined) throw new Error(trouble)
        return matched
      }),
    save: (path, key, timeoutSeconds) =>
      within(timeoutSeconds, stopwatch, async () => {
        const cache = await load()
        if ((await cache.saveCache([path], key)) === -1) throw new Error(trouble ?? 'the cache service did not take it')
      })
  }
}

async function within<T>(seconds: number, stopwatch: Stopwatch, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${seconds} s${trouble ? `: ${trouble}` : ''}`)), seconds * 1000)
  })
  try {
    return await stopwatch.waiting(Promise.race([work(), limit]))
  } finally {
    clearTimeout(timer)
  }
}
