import type { Stage } from '../dockerfile/dockerfile'
import { stageKey } from '../fingerprint/fingerprint'
import type { CacheRecord } from '../fingerprint/record'
import { baseChain } from '../plan/cache-plan'
import type { CachePlan } from '../plan/cache-plan'
import type { Backend } from '../reasons'

/**
 * Bytes that a stage adds to those it is FROM, as it was when it was last saved in this backend: by the first record that says so, undefined where none
 * does. What it copies from is counted as its own.
 */
export function ownBytes(records: Iterable<CacheRecord>, plan: CachePlan, stage: Stage, backend: Backend): number | undefined {
  for (const record of records) {
    const [own, ...parents] = baseChain(plan, stage).map(one => savedBytes(record, one, backend))
    if (own !== undefined) return own - (parents.find(bytes => bytes !== undefined) ?? 0)
  }
  return undefined
}

function savedBytes({ stages }: CacheRecord, stage: Stage, backend: Backend): number | undefined {
  const key = stageKey(stage)
  const platforms = Object.hasOwn(stages, key) ? Object.values(stages[key] ?? {}) : []
  return platforms.map(({ saved }) => saved[backend]?.bytes).find(bytes => bytes !== undefined)
}
