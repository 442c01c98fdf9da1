import { ancestors } from '../dockerfile/stage-graph'
import type { RecordedRef } from '../fingerprint/record'
import type { CacheRef } from '../plan/cache-plan'
import { covers } from '../plan/coverage'
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

/** What is remembered of gha refs that are going to be written: what is known of them may not be true any more. `mark` tells this time from others. */
export function unsureRefs(
  begun: readonly CacheRef[],
  known: Readonly<Record<string, RecordedRef>>,
  at: string,
  mark: string
): Readonly<Record<string, RecordedRef>> {
  const refs = begun.filter(({ backend }) => backend === 'gha')
  return Object.fromEntries(refs.map(({ name }) => [name, { ...(known[name] ?? { id: '', at, held: {} }), unsure: mark }]))
}

/**
 * What is to be remembered of gha refs that the record was not sure of when the job began, and that were looked into: of those that nobody is going to write since, by what is
 * recorded `now`.
 */
export function settledRefs(
  { found, record }: Pick<Caches, 'found' | 'record'>,
  now: Readonly<Record<string, RecordedRef>>
): Readonly<Record<string, RecordedRef>> {
  const looked = found.filter(({ ref, blobs }) => ref.backend === 'gha' && blobs)
  const settled = looked.flatMap((one): readonly (readonly [string, RecordedRef])[] => {
    const { ref, id, exportedAt = 0, held, joined } = one
    const { unsure } = record.refs[ref.name] ?? {}
    if (unsure === undefined || now[ref.name]?.unsure !== unsure) return []
    const others = looked.filter(other => other !== one && covers(one, other)).map(other => [other.ref.name, other.id])
    const at = new Date(exportedAt).toISOString()
    return [[ref.name, { id, at, held: held ?? Object.fromEntries(others), ...(joined ? { joined } : {}) }]]
  })
  return Object.fromEntries(settled)
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
