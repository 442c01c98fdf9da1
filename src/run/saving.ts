import { randomUUID } from 'node:crypto'
import { messageOf } from '../errors'
import type { LocalSave } from '../handover'
import type { Host } from '../host'
import type { Degradation } from '../reasons'
import { withBuild } from '../explain/past-builds'
import { recordStages, withRefReplaced } from '../explain/recorded-stages'
import { recordedSeconds, servedRefs } from '../explain/served-content'
import type { StageResult } from '../explain/stage-result'
import type { PastBuild, SavedIn } from '../fingerprint/record'
import type { CacheRef } from '../plan/cache-plan'
import { savesCaches } from '../plan/permissions'
import { parseRef } from '../plan/ref'
import type { Caches } from './caches'
import type { ExportOutcome } from './export-build'
import { ghaRefs, joinedGhaRefs } from './gha-refs'
import type { History } from './history'
import type { JoinedRef } from './joined-refs'
import { promoteLocalCache } from './local-cache'
import type { Preparation } from './prepare'
import { saveRecord } from './records'
import type { RefSize } from './ref-sizes'

export interface SavedCaches {
  /** As they came out once the local directory was replaced, or could not be. */
  readonly outcomes: readonly ExportOutcome[]
  /** What of the local directory is to be carried to the next job; absent where it did not change, or stays where it is. */
  readonly localCache?: LocalSave
  readonly troubles: readonly Degradation[]
}

/** What has to happen once all exports are done, the local directory first, since the record says what it holds. Throws nothing: a failure is a trouble. */
export async function saveCaches(
  host: Host,
  preparation: Preparation,
  caches: Caches,
  staging: string,
  outcomes: readonly ExportOutcome[],
  recorded?: RecordedBuild
): Promise<SavedCaches> {
  const troubles: Degradation[] = []
  const attempt = async <T>(work: Promise<T>, trouble: Omit<Degradation, 'detail'>): Promise<T | undefined> => {
    try {
      return await work
    } catch (error) {
      troubles.push({ ...trouble, detail: messageOf(error) })
      return undefined
    }
  }
  const localCache = await attempt(saveLocal(host, preparation, caches, staging, outcomes, recorded?.joined), {
    code: 'save-failed',
    backend: 'local'
  })
  const isLost = ({ ref, exported }: ExportOutcome) => troubles.length > 0 && ref.backend === 'local' && exported === 'yes'
  const kept = outcomes.map(outcome => (isLost(outcome) ? { ...outcome, exported: 'failed' as const } : outcome))
  await attempt(
    saveRecords(host, preparation, caches, kept, recorded).catch((error: unknown) => {
      if (preparation.plan.backends.includes('gha')) throw error
      // Without gha the record only explains.
      host.log.info(`The record of this build could not be kept: ${messageOf(error)}`)
    }),
    { code: 'record-failed', backend: 'gha' }
  )
  if (localCache && caches.readOnly.includes('gha')) {
    // The actions cache is what carries the directory to the next job.
    return {
      outcomes: kept,
      troubles: [...troubles, { code: 'write-not-allowed', backend: 'gha', why: 'read-only-token', detail: '' }]
    }
  }
  return { outcomes: kept, ...(localCache ? { localCache } : {}), troubles }
}

/** Brings what was exported from the staged directory into the real one. Gives what of it is to be saved. Throws when the staged one is not whole. */
async function saveLocal(
  host: Host,
  { inputs, plan, dockerfile, image }: Preparation,
  caches: Caches,
  staging: string,
  outcomes: readonly ExportOutcome[],
  joined: readonly JoinedRef[] = []
): Promise<LocalSave | undefined> {
  const saved = [...outcomes.filter(({ exported }) => exported === 'yes'), ...joined]
  const written = new Set(saved.filter(({ ref }) => ref.backend === 'local').map(({ ref }) => ref.name))
  if (!plan.backends.includes('local')) return undefined
  if (written.size === 0) {
    await host.files.remove(staging)
    return undefined
  }
  const stages = new Set(dockerfile.stages.map(stage => stage.name))
  const keep = (tag: string) => {
    const parsed = parseRef(tag, inputs.cachePrefix)
    if (!parsed?.exact || (parsed.identity.image ?? '') !== image) return true
    // Of this very image: stages that left the Dockerfile are of no use to anybody.
    return stages.has(parsed.identity.stage)
  }
  await promoteLocalCache(host.files, staging, inputs.cacheDir, written, keep)
  if (!host.actionsCache.available || caches.local.stays) return undefined
  return {
    directory: inputs.cacheDir,
    names: caches.local.names,
    gone: caches.local.gone,
    stages: dockerfile.stages.map(stage => {
      const tag = plan.stages.find(planned => planned.stage === stage)?.writes.find(({ name }) => written.has(name))?.name
      return { stage: stage.name, entries: caches.local.entriesOf(stage), ...(tag === undefined ? {} : { written: tag }) }
    })
  }
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
  // Where this job's caches do not go its record does not: into GitHub's cache, or without that into a file.
  if (!savesCaches(preparation.inputs) || caches.readOnly.includes(host.actionsCache.available ? 'gha' : 'local')) return
  if (caches.recordsFailed && !preparation.plan.backends.includes('gha')) return
  const at = new Date(host.clock.now()).toISOString()
  const saved = outcomes.filter(({ exported }) => exported === 'yes')
  // A refreshed ref is what it was: others go on holding it.
  const idBefore = (ref: CacheRef) => caches.found.find(candidate => candidate.ref === ref)?.id
  const ghaIds = new Map(
    saved
      .filter(({ ref }) => ref.backend === 'gha')
      .map(({ ref, cause }) => [ref, (cause === 'refresh' ? idBefore(ref) : undefined) ?? (randomUUID() as string)])
  )
  if (!recorded && ghaIds.size === 0) return
  const written = new Map(
    saved.flatMap(({ ref, digest }): readonly (readonly [CacheRef, SavedIn])[] => {
      const id = ghaIds.get(ref) ?? digest
      const bytes = recorded?.sizes.get(ref)?.bytes
      return id === undefined ? [] : [[ref, { id, at, place: ref.place, ...(bytes === undefined ? {} : { bytes }) }]]
    })
  )
  const joined = recorded?.joined ?? []
  const joinedIds = new Map(joined.map(({ ref, digest }) => [ref, digest ?? (randomUUID() as string)]))
  const refs = { ...ghaRefs(preparation, caches, ghaIds, at), ...joinedGhaRefs(joinedIds, joined, ghaIds, at) }
  const { plan } = preparation
  await saveRecord(host, caches.recordPlace, caches.record, newest => {
    const stages = joined.reduce(
      (known, { ref, replaces }) => withRefReplaced(known, ref.backend, replaces?.id ?? '', joinedIds.get(ref) ?? ''),
      newest.stages
    )
    const record = { ...newest, stages, refs: { ...caches.record.refs, ...newest.refs, ...refs } }
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
    const kept = changed ?? (ghaIds.size > 0 || joined.length > 0 ? record : undefined)
    // By itself it is not worth the requests: a job that saves nothing is not counted.
    return kept && recorded?.build ? withBuild(kept, recorded.build) : kept
  })
}
