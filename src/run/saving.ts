import { messageOf } from '../errors'
import type { LocalSave } from '../handover'
import type { Host } from '../host'
import type { Degradation } from '../reasons'
import { parseRef } from '../plan/ref'
import type { Caches } from './caches'
import type { ExportOutcome } from './export-build'
import type { JoinedRef } from './joined-refs'
import { promoteLocalCache } from './local-cache'
import type { Preparation } from './prepare'
import { saveRecords } from './recording'
import type { RecordedBuild } from './recording'

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
