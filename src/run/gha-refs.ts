import { ancestors } from '../dockerfile/stage-graph'
import type { RecordedRef } from '../fingerprint/record'
import type { CacheRef } from '../plan/cache-plan'
import { covers } from '../plan/coverage'
import type { FoundRef } from '../plan/coverage'
import type { Caches } from './caches'
import type { SavedList } from './gha-uploads'
import type { JoinedRef } from './joined-refs'
import type { Preparation } from './prepare'

/** A gha ref that was written: its id, and its list where that is known. */
export interface WrittenRef {
  readonly id: string
  readonly list?: SavedList | undefined
}

/** Refs above one that was written, and what is known of each of them. */
interface Above {
  readonly written: readonly (readonly [CacheRef, WrittenRef])[]
  readonly found: readonly FoundRef[]
  /** What the ref was before, or that of the scope behind. */
  readonly before: FoundRef | undefined
}

/** What is remembered of the gha refs that were written. `lists` are those found whose list was read for it. */
export function ghaRefs(
  preparation: Preparation,
  { found }: Pick<Caches, 'found'>,
  written: ReadonlyMap<CacheRef, WrittenRef>,
  lists: readonly FoundRef[],
  at: string
): Readonly<Record<string, RecordedRef>> {
  const known = found.map(one => {
    const blobs = one.blobs ?? lists.find(({ ref }) => ref === one.ref)?.blobs
    return { ...one, ...(blobs ? { blobs } : {}) }
  })
  const entry = ([ref, own]: readonly [CacheRef, WrittenRef]): readonly [string, RecordedRef] => {
    const above = refsAbove(preparation, known, written, ref)
    const held = [
      ...above.written.flatMap(([other, { id, list }]) =>
        (listHolds(own.list, list?.layers.keys()) ?? true) ? [[other.name, id]] : []
      ),
      ...above.found.flatMap(one =>
        (listHolds(own.list, one.blobs) ?? heldBefore(own, above, one)) ? [[one.ref.name, one.id]] : []
      )
    ]
    return [ref.name, { id: own.id, at, held: Object.fromEntries(held) as RecordedRef['held'] }]
  }
  return Object.fromEntries([...written].map(entry))
}

/** Refs whose lists are to be read, to know whether what was written holds them. */
export function refsToRead(
  preparation: Preparation,
  { found }: Pick<Caches, 'found'>,
  written: ReadonlyMap<CacheRef, WrittenRef>
): readonly CacheRef[] {
  const asked = [...written].flatMap(([ref, own]) => {
    const above = own.list ? refsAbove(preparation, found, written, ref) : undefined
    return above?.found.filter(one => !one.blobs && !heldBefore(own, above, one)).map(one => one.ref) ?? []
  })
  return [...new Set(asked)]
}

function refsAbove(
  { inputs, plan, dockerfile }: Preparation,
  found: readonly FoundRef[],
  written: ReadonlyMap<CacheRef, WrittenRef>,
  ref: CacheRef
): Above {
  const planned = (name: string) => plan.stages.find(({ stage }) => stage.name === name)
  const foundOf = (name: string) =>
    planned(name)
      ?.reads.map(read => found.find(one => one.ref === read && read.backend === 'gha'))
      .find(one => one !== undefined)
  const stage = dockerfile.stages.find(({ name }) => name === ref.stage)
  // With mode=min a ref holds its own stage, and of the others nothing that can be relied on.
  const above = stage && inputs.cacheMode !== 'min' ? ancestors(dockerfile, stage) : []
  const refs = above.map(({ name }) => {
    const write = planned(name)?.writes.find(({ backend }) => backend === 'gha')
    const now = write && written.get(write)
    return { now: write && now ? ([write, now] as const) : undefined, found: foundOf(name) }
  })
  return {
    written: refs.flatMap(({ now }) => (now ? [now] : [])),
    found: refs.flatMap(({ now, found: one }) => (now || !one ? [] : [one])),
    before: foundOf(ref.stage)
  }
}

/** Whether a list names all these layers; undefined where that is not known. */
function listHolds(list: SavedList | undefined, layers: Iterable<string> | undefined): boolean | undefined {
  return list && layers && [...layers].every(layer => list.layers.has(layer))
}

/** The ref takes over what the one before held; what was brought in beside that may be known in it by its key alone. */
function heldBefore({ list }: WrittenRef, { before }: Above, one: FoundRef): boolean {
  return before !== undefined && covers(before, one) && !list?.lacks
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

/** What is remembered of gha refs that were joined; `written` are those that this job wrote. */
export function joinedGhaRefs(
  { found }: Pick<Caches, 'found'>,
  joined: readonly JoinedRef[],
  written: ReadonlyMap<CacheRef, WrittenRef>,
  at: string
): Readonly<Record<string, RecordedRef>> {
  return Object.fromEntries(
    joined
      .filter(({ ref }) => ref.backend === 'gha')
      .map(({ ref, digest, replaces, broughtIn, saved, note }): readonly [string, RecordedRef] => {
        // The newest was brought in first, and knows best.
        const before = [...(replaces ? [replaces] : []), ...broughtIn.toReversed()].flatMap(one =>
          Object.entries(heldBy(one, found))
        )
        const now = [
          ...broughtIn.map(found => [found.ref.name, found.id]),
          ...saved.map(one => [one.name, written.get(one)?.id ?? ''])
        ]
        const held = Object.fromEntries([...before, ...now]) as Readonly<Record<string, string>>
        return [ref.name, { id: digest, at, held, joined: note }]
      })
  )
}
