import type { CacheRef } from './cache-plan'
import type { FoundRef } from './coverage'

const day = 24 * 60 * 60 * 1000

/**
 * Refs that were last exported `days` or more days ago, and so are to be exported again even if nothing changed: backends evict
 * what nobody touched. `now` in milliseconds since the epoch; with 0 days none is. A ref whose export has no known date is left alone.
 */
export function planRefresh(found: readonly FoundRef[], now: number, days: number): ReadonlySet<CacheRef> {
  const due = found.filter(({ exportedAt }) => days > 0 && exportedAt !== undefined && now - exportedAt >= days * day)
  return new Set(due.map(({ ref }) => ref))
}
