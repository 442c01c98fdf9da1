/** Tells the action's own time from the time it waited for docker, registries and the cache service. */
export interface Stopwatch {
  /** Passes the promise on, and counts the time until it settles as waiting. */
  waiting<T>(promise: Promise<T>): Promise<T>
  /** Milliseconds in which at least one wait was under way. */
  waited(): number
}

export function newStopwatch(now: () => number): Stopwatch {
  let underWay = 0
  let since = 0
  let total = 0
  return {
    async waiting(promise) {
      if (underWay++ === 0) since = now()
      try {
        return await promise
      } finally {
        if (--underWay === 0) total += now() - since
      }
    },
    waited: () => total + (underWay > 0 ? now() - since : 0)
  }
}
