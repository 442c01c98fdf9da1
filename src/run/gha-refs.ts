import { ancestors } from '../dockerfile/stage-graph'
import type { RecordedRef } from '../fingerprint/record'
import type { CacheRef } from '../plan/cache-plan'
import type { Caches } from './caches'
import type { JoinedRef } from './joined-refs'
import type { Preparation } from './prepare'

/** What is remembered of the gha refs that were written. */
export function ghaRefs(
  { inputs, plan, dockerfile }: Preparation,
  caches: Caches,
  ids: ReadonlyMap<CacheRef, string>,
  at: string
): Readonly<Record<string, RecordedRef>> {
  const idOf = (stage: string): readonly [string, string][] => {
    const planned = plan.stages.find(candidate => candidate.stage.name === stage)
    const write = planned?.writes.find(ref => ref.backend === 'gha')
    const id = write && ids.get(write)
    if (write && id) return [[write.name, id]]
    const found = planned?.reads
      .map(ref => caches.found.find(candidate => candidate.ref === ref && ref.backend === 'gha'))
      .find(Boolean)
    return found ? [[found.ref.name, found.id]] : []
  }
  const entry = ([ref, id]: readonly [CacheRef, string]): readonly [string, RecordedRef] => {
    const stage = dockerfile.stages.find(candidate => candidate.name === ref.stage)
    // With mode=min a ref holds its own stage, and of the others nothing that can be relied on.
    const above = stage && inputs.cacheMode !== 'min' ? ancestors(dockerfile, stage) : []
    return [ref.name, { id, at, held: Object.fromEntries(above.flatMap(other => idOf(other.name))) }]
  }
  return Object.fromEntries([...ids].map(entry))
}

/** What is remembered of gha refs that were joined; `saved` are the ids of those that this job wrote. */
export function joinedGhaRefs(
  ids: ReadonlyMap<CacheRef, string>,
  joined: readonly JoinedRef[],
  saved: ReadonlyMap<CacheRef, string>,
  at: string
): Readonly<Record<string, RecordedRef>> {
  return Object.fromEntries(
    joined
      .filter(({ ref }) => ref.backend === 'gha')
      .map(({ ref, replaces, broughtIn, saved: written, note }): readonly [string, RecordedRef] => {
        const before = [replaces, ...broughtIn].flatMap(found => Object.entries(found?.held ?? {}))
        const now = [
          ...broughtIn.map(found => [found.ref.name, found.id]),
          ...written.map(one => [one.name, saved.get(one) ?? ''])
        ]
        const held = Object.fromEntries([...before, ...now]) as Readonly<Record<string, string>>
        return [ref.name, { id: ids.get(ref) ?? '', at, held, joined: note }]
      })
  )
}
