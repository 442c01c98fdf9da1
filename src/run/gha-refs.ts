import { ancestors } from '../dockerfile/stage-graph'
import type { RecordedRef } from '../fingerprint/record'
import type { CacheRef } from '../plan/cache-plan'
import { covers } from '../plan/coverage'
import type { FoundRef } from '../plan/coverage'
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

/** Seconds after which what was announced is written, or never will be: an export may take 600, and clocks differ. */
const writingSeconds = 900

/** What is remembered of gha refs that are going to be written: what is known of them may not be true any more. `at` is an ISO time. */
export function unsureRefs(
  begun: readonly CacheRef[],
  known: Readonly<Record<string, RecordedRef>>,
  at: string,
  jobId: string
): Readonly<Record<string, RecordedRef>> {
  const refs = begun.filter(({ backend }) => backend === 'gha')
  const unsure = `${at} ${jobId}`
  return Object.fromEntries(refs.map(({ name }) => [name, { ...(known[name] ?? { id: '', at, held: {} }), unsure }]))
}

/** What a job remembers of refs that it wrote, where another is going to write some of them as well: those stay unsure. */
export function stillUnsure(
  written: Readonly<Record<string, RecordedRef>>,
  known: Readonly<Record<string, RecordedRef>>,
  jobId: string
): Readonly<Record<string, RecordedRef>> {
  const marked = ([name, entry]: readonly [string, RecordedRef]): readonly [string, RecordedRef] => {
    const unsure = known[name]?.unsure
    return [name, unsure === undefined || unsure.endsWith(jobId) ? entry : { ...entry, unsure }]
  }
  return Object.fromEntries(Object.entries(written).map(marked))
}

/**
 * What is to be remembered of gha refs that the record was not sure of when the job began, and that were looked into: of those that had been written by then, or
 * never will be, and that nobody is going to write since, by what is recorded `now`. One that is not there and never will be is remembered as that.
 */
export function settledRefs(
  { found, absent, record, askedAt }: Pick<Caches, 'found' | 'absent' | 'record' | 'askedAt'>,
  now: Readonly<Record<string, RecordedRef>>
): Readonly<Record<string, RecordedRef>> {
  const looked = found.filter(({ ref, blobs }) => ref.backend === 'gha' && blobs)
  const isUnderWay = (unsure: string) => askedAt - Date.parse(unsure.split(' ')[0] ?? '') < writingSeconds * 1000
  const unwritten = absent.flatMap(({ name }): readonly (readonly [string, RecordedRef])[] => {
    const { unsure, at = '' } = record.refs[name] ?? {}
    if (unsure === undefined || now[name]?.unsure !== unsure || isUnderWay(unsure)) return []
    return [[name, { id: '', at, held: {} }]]
  })
  const settled = looked.flatMap((one): readonly (readonly [string, RecordedRef])[] => {
    const { ref, id, exportedAt = 0, joined } = one
    const { unsure, id: before } = record.refs[ref.name] ?? {}
    if (unsure === undefined || now[ref.name]?.unsure !== unsure) return []
    const isWritten = id !== before
    if (!isWritten && isUnderWay(unsure)) return []
    const at = new Date(exportedAt).toISOString()
    return [[ref.name, { id, at, held: heldBy(one, looked), ...(joined ? { joined } : {}) }]]
  })
  return Object.fromEntries([...unwritten, ...settled])
}

/** Ids of the refs that one holds, by name: as the record has it, else by their layers. */
function heldBy(one: FoundRef, found: readonly FoundRef[]): Readonly<Record<string, string>> {
  const others = found.filter(other => other !== one && covers(one, other))
  return one.held ?? Object.fromEntries(others.map(({ ref, id }) => [ref.name, id]))
}

/** What is remembered of gha refs that were joined; `saved` are the ids of those that this job wrote. */
export function joinedGhaRefs(
  ids: ReadonlyMap<CacheRef, string>,
  { found }: Pick<Caches, 'found'>,
  joined: readonly JoinedRef[],
  saved: ReadonlyMap<CacheRef, string>,
  at: string
): Readonly<Record<string, RecordedRef>> {
  return Object.fromEntries(
    joined
      .filter(({ ref }) => ref.backend === 'gha')
      .map(({ ref, replaces, broughtIn, saved: written, note }): readonly [string, RecordedRef] => {
        const before = [...(replaces ? [replaces] : []), ...broughtIn].flatMap(one => Object.entries(heldBy(one, found)))
        const now = [
          ...broughtIn.map(found => [found.ref.name, found.id]),
          ...written.map(one => [one.name, saved.get(one) ?? ''])
        ]
        const held = Object.fromEntries([...before, ...now]) as Readonly<Record<string, string>>
        return [ref.name, { id: ids.get(ref) ?? '', at, held, joined: note }]
      })
  )
}
