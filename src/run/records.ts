import { messageOf } from '../errors'
import type { Host } from '../host'
import type { CachePlan, CacheRef } from '../plan/cache-plan'
import type { FoundRef } from '../plan/coverage'
import { parseRecord, renderRecord } from '../fingerprint/record'
import type { CacheRecord } from '../fingerprint/record'

/** Seconds the cache service has to give or take a record, and one that only explains. */
const recordSeconds = 15
const explainSeconds = 5

export interface RecordPlace {
  /** Name that all records of this image × platforms × scope share, best scope first; the first is written. */
  readonly names: readonly string[]
  readonly repository: string
  /** Nothing but reasons hangs on it: it is worth less waiting. */
  readonly onlyExplains: boolean
  /** What this job wrote last. */
  readonly written: { last?: { readonly key: string; readonly record: CacheRecord } }
  /** Where records are kept on a machine without a cache service. */
  readonly directory: string
}

export interface RestoredRecords {
  /** By the place of the scope in `names`; undefined where there is none that can be read. */
  readonly records: readonly (CacheRecord | undefined)[]
  /** A record is there, but damaged or of another version: there were builds that nothing is known of. */
  readonly unreadable?: true
  /** What went wrong first. */
  readonly failure?: string
  /** It did with the record of the own scope, the first. */
  readonly ownFailed?: true
}

/** Fetches the records of all scopes at the same time. Never throws. */
export async function restoreRecords(host: Host, place: RecordPlace): Promise<RestoredRecords> {
  const failures: string[] = []
  let unreadable = false
  let ownFailed = false
  const records = await Promise.all(
    place.names.map(async (name, index) => {
      try {
        const record = await readRecord(host, place, name)
        if (record !== 'unreadable') return record
        unreadable = true
        return undefined
      } catch (error) {
        failures.push(messageOf(error))
        ownFailed ||= index === 0
        return undefined
      }
    })
  )
  const [failure] = failures
  return {
    records,
    ...(unreadable ? { unreadable } : {}),
    ...(failure === undefined ? {} : { failure }),
    ...(ownFailed ? { ownFailed } : {})
  }
}

/** The gha refs that the records know, each as the best scope's record has it, and those that may have been written since. */
export function recordedRefs(
  plan: CachePlan,
  records: readonly (CacheRecord | undefined)[]
): { readonly found: readonly FoundRef[]; readonly unsure: readonly CacheRef[] } {
  const known = ghaRefsOf(plan).flatMap(ref => {
    const recorded = records.map(record => record?.refs[ref.name]).find(entry => entry !== undefined)
    return recorded ? [{ ref, recorded }] : []
  })
  const found = known.flatMap(({ ref, recorded }): FoundRef[] => {
    if (recorded.id === '') return []
    const exportedAt = Date.parse(recorded.at)
    const { id, held, joined } = recorded
    return [{ ref, id, held, ...(joined ? { joined } : {}), ...(Number.isNaN(exportedAt) ? {} : { exportedAt }) }]
  })
  return { found, unsure: known.filter(({ recorded }) => recorded.unsure).map(({ ref }) => ref) }
}

/** All gha refs that a plan reads. */
export function ghaRefsOf(plan: CachePlan): readonly CacheRef[] {
  return plan.stages.flatMap(stage => stage.reads).filter(ref => ref.backend === 'gha')
}

/**
 * When a ref was last saved, in milliseconds since the epoch; undefined where nobody knows. That of a registry's ref is in the record of a stage that lies in
 * it, and in its manifest only once it was pushed anew. A local one is not touched to keep it: each job reads the entries that carry it.
 */
export function savedAt(records: Iterable<CacheRecord>, { ref, id, renewedAt, exportedAt }: FoundRef): number | undefined {
  if (ref.backend !== 'registry') return exportedAt
  const recorded = [...records]
    .flatMap(({ stages }) => Object.values(stages).flatMap(platforms => Object.values(platforms)))
    .flatMap(({ saved }) => (saved.registry?.id === id ? [Date.parse(saved.registry.at)] : []))
    .filter(at => !Number.isNaN(at))
  const saves = [...recorded, ...(renewedAt === undefined ? [] : [renewedAt])]
  return saves.length === 0 ? undefined : Math.max(...saves)
}

/**
 * Saves what `change` makes of the newest record, which other jobs may have written meanwhile; of the one known at the start where the
 * newest cannot be had, which `change` is told. Nothing is saved where it gives nothing. Throws when it cannot be kept.
 */
export async function saveRecord(
  host: Host,
  place: RecordPlace,
  before: CacheRecord,
  change: (newest: CacheRecord, isUnread: boolean) => CacheRecord | undefined
): Promise<void> {
  // Most jobs change nothing, and then nobody has to be asked.
  if (!change(before, false)) return
  const [name = ''] = place.names
  // Where it only explains, what another job recorded meanwhile is not worth asking for.
  const newest = place.onlyExplains
    ? undefined
    : await newestRecord(host, place, name).catch(() => place.written.last?.record ?? ('unread' as const))
  const changed = change(typeof newest === 'object' ? newest : before, newest === 'unread')
  if (!changed) return
  const text = renderRecord(changed)
  if (host.savedTexts.available) {
    const key = await host.savedTexts.save(name, text, secondsFor(place))
    place.written.last = { key, record: changed }
  } else {
    await host.files.makeDirectory(place.directory)
    await host.files.write(recordPath(place, name), text)
  }
}

/** What this job wrote is not fetched again as long as no other job has written since. */
async function newestRecord(host: Host, place: RecordPlace, name: string): Promise<CacheRecord | 'unreadable' | undefined> {
  const { last } = place.written
  const key = last && (await host.savedTexts.newestKey(name, secondsFor(place)))
  return last && key === last.key ? last.record : readRecord(host, place, name)
}

async function readRecord(host: Host, place: RecordPlace, name: string): Promise<CacheRecord | 'unreadable' | undefined> {
  const { savedTexts, files } = host
  const text = savedTexts.available
    ? (await savedTexts.newest(name, secondsFor(place)))?.text
    : await files.read(recordPath(place, name))
  if (text === undefined) return undefined
  const record = parseRecord(text, place.repository)
  if (!record) host.log.info(`The record ${name} is not of this version of the action, or is damaged: it is not used`)
  return record ?? 'unreadable'
}

function secondsFor({ onlyExplains }: RecordPlace): number {
  return onlyExplains ? explainSeconds : recordSeconds
}

/** Without a cache service the record stays on the machine, beside the local cache directory. */
function recordPath({ directory }: RecordPlace, name: string): string {
  return `${directory}/${name}.json`
}
