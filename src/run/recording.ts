import { randomUUID } from 'node:crypto'
import type { Host } from '../host'
import { withBuild } from '../explain/past-builds'
import { recordStages, withRefReplaced } from '../explain/recorded-stages'
import { recordedSeconds, servedRefs } from '../explain/served-content'
import type { StageResult } from '../explain/stage-result'
import type { PastBuild, SavedIn } from '../fingerprint/record'
import type { CacheRef } from '../plan/cache-plan'
import { savesCaches } from '../plan/permissions'
import type { Caches } from './caches'
import type { ExportOutcome } from './export-build'
import { ghaRefs, joinedGhaRefs, refsToRead, settledRefs, stillUnsure, unsureRefs } from './gha-refs'
import type { History } from './history'
import type { JoinedRef } from './joined-refs'
import { readLists } from './lookups'
import type { Preparation } from './prepare'
import { saveRecord } from './records'
import type { RefSize } from './ref-sizes'

/**
 * Remembers that these gha refs are going to be written: whether they were is not known of a job that is killed before it has recorded it. Throws when the record
 * cannot be kept.
 */
export async function announceRefs(
  host: Host,
  preparation: Preparation,
  caches: Caches,
  begun: readonly CacheRef[]
): Promise<void> {
  if (!mayRecord(host, preparation, caches)) return
  const at = new Date(host.clock.now()).toISOString()
  await saveRecord(host, caches.recordPlace, caches.record, (newest, isUnread) => {
    const known = { ...unknownRefs(preparation, caches, isUnread, at), ...caches.record.refs, ...newest.refs }
    return { ...newest, refs: { ...known, ...unsureRefs(begun, known, at, preparation.jobId) } }
  })
}

/** Where the record could be read neither at first nor now, all refs are to be looked into by the next job: there may be more than this one knows of. */
function unknownRefs({ plan, jobId }: Preparation, { ownRecordFailed }: Caches, isUnread: boolean, at: string) {
  const writes = plan.stages.flatMap(stage => stage.writes)
  return ownRecordFailed && isUnread ? unsureRefs(writes, {}, at, jobId) : {}
}

/** Where this job's caches do not go its record does not: into GitHub's cache, or without that into a file. */
function mayRecord({ actionsCache }: Host, { inputs }: Preparation, { readOnly }: Caches): boolean {
  return savesCaches(inputs) && !readOnly.includes(actionsCache.available ? 'gha' : 'local')
}

/** What the record is made of besides the exports. */
export interface RecordedBuild {
  readonly results: readonly StageResult[]
  readonly history: History
  /** Of the refs that were written, where known. */
  readonly sizes: ReadonlyMap<CacheRef, RefSize>
  /** This build for the next ones to compare with; undefined where it did not succeed. */
  readonly build: PastBuild | undefined
  /** The target's refs that were joined from others. */
  readonly joined: readonly JoinedRef[]
}

/**
 * Remembers the gha refs that were written and what each held, and what the stages were made from that a backend now holds. Throws when
 * the record cannot be kept.
 */
export async function saveRecords(
  host: Host,
  preparation: Preparation,
  caches: Caches,
  outcomes: readonly ExportOutcome[],
  recorded?: RecordedBuild
): Promise<void> {
  if (!mayRecord(host, preparation, caches)) return
  if (caches.recordsFailed && !preparation.plan.backends.includes('gha')) return
  const at = new Date(host.clock.now()).toISOString()
  const saved = outcomes.filter(({ exported }) => exported === 'yes')
  // A refreshed ref is what it was: others go on holding it.
  const idBefore = (ref: CacheRef) => caches.found.find(candidate => candidate.ref === ref)?.id
  const refreshed = saved.filter(({ ref, cause, digest }) => cause === 'refresh' && ref.backend === 'registry' && digest)
  const ghaWritten = new Map(
    saved
      .filter(({ ref }) => ref.backend === 'gha')
      .map(({ ref, cause, digest, list }) => {
        const id = (cause === 'refresh' ? idBefore(ref) : digest) ?? (randomUUID() as string)
        return [ref, { id, list }] as const
      })
  )
  if (!recorded && ghaWritten.size === 0 && refreshed.length === 0) return
  const written = new Map(
    saved.flatMap(({ ref, digest }): readonly (readonly [CacheRef, SavedIn])[] => {
      const id = ghaWritten.get(ref)?.id ?? digest
      const bytes = recorded?.sizes.get(ref)?.bytes
      return id === undefined ? [] : [[ref, { id, at, place: ref.place, ...(bytes === undefined ? {} : { bytes }) }]]
    })
  )
  const joined = recorded?.joined ?? []
  const lists = await readLists(host, refsToRead(preparation, caches, ghaWritten))
  const refs = {
    ...ghaRefs(preparation, caches, ghaWritten, lists.found, at),
    ...joinedGhaRefs(caches, joined, ghaWritten, at)
  }
  const { plan } = preparation
  await saveRecord(host, caches.recordPlace, caches.record, (newest, isUnread) => {
    const replaced = [
      ...joined.map(({ ref, replaces, digest }) => ({ ref, before: replaces?.id, now: digest })),
      ...refreshed.map(({ ref, digest }) => ({ ref, before: idBefore(ref), now: digest }))
    ]
    const stages = replaced.reduce(
      (known, { ref, before, now }) => withRefReplaced(known, ref.backend, before ?? '', { id: now ?? '', at }),
      newest.stages
    )
    const before = { ...unknownRefs(preparation, caches, isUnread, at), ...caches.record.refs, ...newest.refs }
    const settled = settledRefs(caches, before)
    const known = { ...before, ...settled }
    const record = { ...newest, stages, refs: { ...known, ...stillUnsure(refs, known, preparation.jobId) } }
    const view = recorded?.history.view(record)
    const changed =
      recorded &&
      view &&
      recordStages({
        plan,
        results: recorded.results,
        written,
        served: servedRefs(recorded.history.facts),
        view,
        secondsBefore: (stage, platform) => recordedSeconds(stage, platform, recorded.history.facts)
      })
    const isNews = ghaWritten.size + refreshed.length + joined.length + Object.keys(settled).length > 0
    const kept = changed ?? (isNews ? record : undefined)
    // By itself it is not worth the requests: a job that saves nothing is not counted.
    return kept && recorded?.build ? withBuild(kept, recorded.build) : kept
  })
}
