import type { CacheRef } from './cache-plan'
import type { FoundRef } from './coverage'

const day = 24 * 60 * 60 * 1000

/**
 * Refs that were last saved `days` or more days ago, and so are to be saved again even if nothing changed: backends evict what nobody touched.
 * `savedAt` and `now` in milliseconds since the epoch; with 0 days none is. A ref of which nobody knows when it was saved is left alone.
 */
export function planRefresh(
  found: readonly FoundRef[],
  savedAt: (found: FoundRef) => number | undefined,
  now: number,
  days: number
): ReadonlySet<CacheRef> {
  const isDue = (at: number | undefined) => at !== undefined && now - at >= days * day
  return new Set(days > 0 ? found.filter(one => isDue(savedAt(one))).map(({ ref }) => ref) : [])
}
