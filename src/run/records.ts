import { dirname } from 'node:path'
import { randomUUID } from 'node:crypto'
import type { Host } from '../host'
import type { CachePlan } from '../plan/cache-plan'
import type { FoundRef } from '../plan/coverage'
import { parseRecord, renderRecord } from '../plan/record'
import type { CacheRecord } from '../plan/record'
import type { Degradation } from '../reasons'

/** Seconds the cache service has to give or take a record. */
const recordSeconds = 15

export interface RecordPlace {
  /** Name that all records of this image × platforms × scope share, best scope first; the first is written. */
  readonly names: readonly string[]
  readonly repository: string
}

export interface RestoredRecords {
  /** Of the scope that is written; empty at first. */
  readonly own: CacheRecord
  readonly found: readonly FoundRef[]
  readonly trouble?: Degradation
}

/** Fetches what is known of gha refs, for all scopes at the same time. Never throws. */
export async function restoreRecords(host: Host, plan: CachePlan, place: RecordPlace): Promise<RestoredRecords> {
  const refs = plan.stages.flatMap(stage => stage.reads).filter(ref => ref.backend === 'gha')
  const failures: string[] = []
  const records = await Promise.all(
    place.names.map(async name => {
      try {
        const path = recordPath(name)
        const key = await host.actionsCache.restore(path, `${name}#`, [], recordSeconds)
        return key === undefined ? undefined : parseRecord((await host.files.read(path)) ?? '', place.repository)
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error))
        return undefined
      }
    })
  )
  const found = refs.flatMap((ref): FoundRef[] => {
    const recorded = records.map(record => record?.refs[ref.name]).find(entry => entry !== undefined)
    if (!recorded) return []
    const exportedAt = Date.parse(recorded.at)
    return [{ ref, id: recorded.id, held: recorded.held, ...(Number.isNaN(exportedAt) ? {} : { exportedAt }) }]
  })
  const [first] = failures
  return {
    own: records[0] ?? { version: 1, repository: place.repository, refs: {} },
    found,
    ...(first === undefined ? {} : { trouble: { code: 'lookup-failed', backend: 'gha', detail: first } })
  }
}

/**
 * Saves what was written, on top of what other jobs recorded meanwhile. Throws when the cache service does not take it.
 * `before` is what was known at the start, for when the newest record cannot be had.
 */
export async function saveRecord(
  host: Host,
  place: RecordPlace,
  before: CacheRecord,
  written: CacheRecord['refs']
): Promise<void> {
  const [name = ''] = place.names
  const path = recordPath(name)
  const matched = await host.actionsCache.restore(path, `${name}#`, [], recordSeconds).catch(() => undefined)
  const newest = matched === undefined ? undefined : parseRecord((await host.files.read(path)) ?? '', place.repository)
  const record: CacheRecord = { ...before, refs: { ...before.refs, ...newest?.refs, ...written } }
  await host.files.makeDirectory(dirname(path))
  await host.files.write(path, renderRecord(record))
  await host.actionsCache.save(path, `${name}#${randomUUID()}`, recordSeconds)
}

/** The same in every job, since the cache service finds an entry only under the path it was saved from. */
function recordPath(name: string): string {
  return `/tmp/.stage-cache-build/${name}.json`
}
