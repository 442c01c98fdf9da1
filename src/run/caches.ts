import { randomUUID } from 'node:crypto'
import { messageOf } from '../errors'
import type { Host } from '../host'
import { emptyRecord } from '../fingerprint/record'
import type { CacheRecord } from '../fingerprint/record'
import type { FoundRef } from '../plan/coverage'
import { planWrites, savesCaches } from '../plan/permissions'
import type { NotWritten } from '../plan/permissions'
import { formatRef } from '../plan/ref'
import type { Scope } from '../plan/scope'
import type { Backend, Degradation } from '../reasons'
import { localRefs, readLocalCache } from './local-cache'
import type { LocalLayout } from './local-cache'
import { lookUpRegistry } from './lookups'
import type { Cancellation } from './cancellation'
import type { Preparation } from './prepare'
import { recordedRefs, restoreRecords } from './records'
import type { RecordPlace, RestoredRecords } from './records'

/** Seconds that fetching the local cache directory may take. */
const restoreSeconds = 600

/** What is known of the caches before the build. */
export interface Caches {
  readonly found: readonly FoundRef[]
  /** Backends whose refs could be asked for. */
  readonly lookedUp: readonly Backend[]
  readonly degradations: readonly Degradation[]
  /** The record of the scope that is written; empty at first. */
  readonly record: CacheRecord
  /** The records of all scopes that have one, by scope. */
  readonly records: ReadonlyMap<Scope, CacheRecord>
  readonly recordPlace: RecordPlace
  /** Records could not be asked for: without gha none is written either. */
  readonly recordsFailed: boolean
  /** A record is damaged or of another version: builds before this one may have saved what it does not know of. */
  readonly recordsUnreadable: boolean
  /** Such a record is the one of this build's own scope, and says what GitHub's cache holds. */
  readonly recordLost: boolean
  /** Name of the local cache in the actions cache, without the part that changes. */
  readonly localKey: string
  /** Backends that are not written, as is known before the build. */
  readonly readOnly: readonly Backend[]
  /** Why, where it is for want of permission. */
  readonly notWritten: readonly NotWritten[]
}

interface Answer {
  readonly found: readonly FoundRef[]
  readonly trouble?: Degradation
}

export interface Lookups {
  /** What the import is chosen from. */
  readonly found: Promise<readonly FoundRef[]>
  /** With the records of earlier builds, which only explain where gha is not used. */
  readonly all: Promise<Caches>
}

/** Looks at all backends of the plan at the same time. Nothing rejects: what cannot be read is a degradation. */
export function findCaches(
  host: Host,
  cancellation: Cancellation,
  { plan, inputs, context, image, backends }: Preparation
): Lookups {
  const names = (kind: string) =>
    plan.scopes.read.map(scope =>
      formatRef({
        prefix: `stage-cache-build-${kind}-`,
        stage: 'all',
        named: true,
        ...(image ? { image } : {}),
        scope,
        platforms: plan.platforms,
        version: inputs.cacheVersion
      })
    )
  const needed = plan.backends.includes('gha')
  const recordPlace = {
    names: names('record'),
    repository: context.repository,
    directory: `${inputs.cacheDir}.records`,
    onlyExplains: !needed
  }
  const localNames = names('local')
  const restoring: Promise<RestoredRecords> =
    needed || inputs.explain ? restoreRecords(host, recordPlace) : Promise.resolve({ records: [] })
  const unusable: Backend[] = []
  const ask: Readonly<Record<Backend, () => Promise<Answer>>> = {
    registry: () => lookUpRegistry(host, plan),
    async gha() {
      const { records, failure } = await restoring
      const found = recordedRefs(plan, records)
      return failure === undefined ? { found } : { found, trouble: { code: 'lookup-failed', backend: 'gha', detail: failure } }
    },
    async local() {
      const { layout, trouble, foreign } = await restoreLocal(host, inputs.cacheDir, localNames, savesCaches(inputs))
      if (foreign) unusable.push('local')
      return { found: localRefs(plan, layout), ...(trouble ? { trouble } : {}) }
    }
  }
  const asked = cancellation.orElse(Promise.all(plan.backends.map(backend => ask[backend]())), [])
  const found = asked.then(answers => answers.flatMap(answer => answer.found))
  const notWritten = planWrites({
    cacheWrite: inputs.cacheWrite,
    untrusted: context.untrusted,
    scope: plan.scopes.write,
    token: host.env['ACTIONS_RUNTIME_TOKEN'],
    mode: host.env['ACTIONS_CACHE_MODE']
  })
  const missing: readonly Degradation[] = backends.serviceMissing
    ? [{ code: 'cache-service-missing', backend: 'gha', detail: 'ACTIONS_RUNTIME_TOKEN or ACTIONS_RESULTS_URL is not set' }]
    : []
  const all = async (): Promise<Caches> => {
    const [answers, { records, failure, unreadable = false }] = await Promise.all([
      asked,
      cancellation.orElse<RestoredRecords>(restoring, { records: [] })
    ])
    // Without gha the record only explains.
    if (failure !== undefined && !needed) host.log.info(`The record of earlier builds could not be read: ${failure}`)
    return {
      found: await found,
      lookedUp: plan.backends.filter((_, index) => answers[index] && answers[index].trouble?.code !== 'lookup-failed'),
      degradations: [...missing, ...answers.flatMap(answer => answer.trouble ?? [])],
      record: records[0] ?? emptyRecord(context.repository, randomUUID()),
      records: new Map(plan.scopes.read.flatMap((scope, index) => (records[index] ? [[scope, records[index]] as const] : []))),
      recordPlace,
      recordsFailed: failure !== undefined,
      recordsUnreadable: unreadable,
      recordLost: needed && unreadable && records[0] === undefined,
      localKey: localNames[0] ?? '',
      readOnly: [...unusable, ...notWritten.map(({ backend }) => backend)],
      notWritten
    }
  }
  return { found, all: all() }
}

/** Nothing was found in any backend, every backend could be asked, and no record says that there were saves. */
export function nothingSaved({ found, lookedUp, recordsUnreadable }: Caches, { backends }: Preparation['plan']): boolean {
  return found.length === 0 && lookedUp.length === backends.length && !recordsUnreadable
}

/** The directory as it lies there, or as the actions cache kept it; a broken one is removed and reported. */
async function restoreLocal(
  host: Host,
  directory: string,
  names: readonly string[],
  mayRepair: boolean
): Promise<{ layout?: LocalLayout; trouble?: Degradation; foreign?: true }> {
  let trouble: Degradation | undefined
  if (host.actionsCache.available) {
    try {
      if (await host.files.exists(`${directory}/index.json`)) return await verified(host, directory, mayRepair)
      const [own = '', ...others] = names.map(name => `${name}#`)
      await host.actionsCache.restore(directory, own, others, restoreSeconds)
    } catch (error) {
      trouble = { code: 'restore-failed', backend: 'local', detail: messageOf(error) }
    }
  }
  return { ...(trouble ? { trouble } : {}), ...(await verified(host, directory, mayRepair)) }
}

/** Reads and checks the directory. A damaged cache is removed; what is no cache at all is left as it is, and not written to. */
async function verified(
  host: Host,
  directory: string,
  mayRepair: boolean
): Promise<{ layout?: LocalLayout; trouble?: Degradation; foreign?: true }> {
  try {
    const layout = await readLocalCache(host.files, directory, false)
    return layout ? { layout } : {}
  } catch (error) {
    const trouble: Degradation = {
      code: 'local-cache-broken',
      backend: 'local',
      detail: messageOf(error)
    }
    try {
      const isCache = (await host.files.exists(`${directory}/oci-layout`)) && (await host.files.exists(`${directory}/blobs`))
      if (!isCache || !mayRepair) return { trouble, foreign: true }
      for (const name of ['index.json', 'blobs', 'oci-layout']) await host.files.remove(`${directory}/${name}`)
      return { trouble }
    } catch {
      // What cannot be removed cannot be replaced either; the trouble says what was wrong first.
      return { trouble, foreign: true }
    }
  }
}
