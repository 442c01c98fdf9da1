import { randomUUID } from 'node:crypto'
import type { Host } from '../host'
import type { Backend, Degradation } from '../reasons'
import type { Stage } from '../dockerfile/dockerfile'
import { emptyRecord } from '../fingerprint/record'
import type { CacheRecord } from '../fingerprint/record'
import { readsCache } from '../plan/build-command'
import type { CacheRef } from '../plan/cache-plan'
import type { FoundRef } from '../plan/coverage'
import { planWrites, savesCaches } from '../plan/permissions'
import type { NotWritten } from '../plan/permissions'
import { formatRef, ownsName } from '../plan/ref'
import type { Scope } from '../plan/scope'
import type { Cancellation } from './cancellation'
import { candidateRefs, findLocal } from './local-candidates'
import type { LocalCandidates } from './local-candidates'
import { restoreImports } from './local-restore'
import type { RestoreRequest } from './local-restore'
import { lookUpGha, lookUpRegistry } from './lookups'
import type { Lookup } from './lookups'
import type { Preparation } from './prepare'
import { restoreRecords } from './records'
import type { RecordPlace, RestoredRecords } from './records'

/** What is known of the caches before the build. */
export interface Caches {
  /** When that began, in milliseconds since the epoch. */
  readonly askedAt: number
  readonly found: readonly FoundRef[]
  /** Refs of gha that were asked for themselves, and are not there. */
  readonly absent: readonly CacheRef[]
  /** Backends whose refs could be asked for, and fetched where they are to be imported. */
  readonly lookedUp: readonly Backend[]
  /** Names of stages whose local ref is there and could not be fetched. */
  readonly refused: readonly string[]
  readonly degradations: readonly Degradation[]
  /** The record of the scope that is written; empty at first. */
  readonly record: CacheRecord
  /** The records of all scopes that have one, by scope. */
  readonly records: ReadonlyMap<Scope, CacheRecord>
  readonly recordPlace: RecordPlace
  /** Records could not be asked for: without gha none is written either. */
  readonly recordsFailed: boolean
  /** The one of the scope that is written could not. */
  readonly ownRecordFailed: boolean
  /** A record is damaged or of another version: builds before this one may have saved what it does not know of. */
  readonly recordsUnreadable: boolean
  /** Such a record is the one of this build's own scope, and says what GitHub's cache holds. */
  readonly recordLost: boolean
  readonly local: {
    /** Names of the local cache's indexes in the actions cache, best scope first. */
    readonly names: readonly string[]
    /** Name of the entries of a stage. */
    readonly entriesOf: (stage: Stage) => string
    /** Keys of entries that turned out to be gone or damaged. */
    readonly gone: readonly string[]
    /** The directory was there before this job, and is carried nowhere. */
    readonly stays: boolean
  }
  /** Backends that are not written, as is known before the build. */
  readonly readOnly: readonly Backend[]
  /** Why, where it is for want of permission. */
  readonly notWritten: readonly NotWritten[]
}

export interface Lookups {
  /** What the import is chosen from. */
  readonly found: Promise<readonly FoundRef[]>
  /** With the records of earlier builds, which only explain where gha is not used. */
  readonly all: Promise<Caches>
}

/**
 * Looks at all backends of the plan at the same time, then fetches what of the local cache is going to be imported. Nothing rejects: what
 * cannot be read is a degradation.
 */
export function findCaches(
  host: Host,
  cancellation: Cancellation,
  { plan, inputs, context, image, backends, dockerfile, rebuilt }: Preparation,
  restoring: Pick<RestoreRequest, 'staging' | 'beforeStaging'>
): Lookups {
  const nameOf = (prefix: string, scope: Scope, stage = 'all', named = true) =>
    formatRef({
      prefix,
      stage,
      named,
      ...(image ? { image } : {}),
      scope,
      platforms: plan.platforms,
      version: inputs.cacheVersion
    })
  const names = (kind: string) => plan.scopes.read.map(scope => nameOf(`stage-cache-build-${kind}-`, scope))
  const needed = plan.backends.includes('gha')
  const recordPlace: RecordPlace = {
    names: names('record'),
    repository: context.repository,
    directory: `${inputs.cacheDir}.records`,
    onlyExplains: !needed,
    written: {}
  }
  const localNames = names('local')
  const askedAt = host.clock.now()
  const directory = inputs.cacheDir
  const mayRepair = savesCaches(inputs)
  let candidates: LocalCandidates | undefined
  const recording: Promise<RestoredRecords> =
    needed || inputs.explain ? restoreRecords(host, recordPlace) : Promise.resolve({ records: [] })
  const unusable: Backend[] = []
  const ask: Readonly<Record<Backend, () => Promise<Lookup>>> = {
    registry: () => lookUpRegistry(host, plan),
    async gha() {
      const { records, failure } = await recording
      const lookup = await lookUpGha(host, plan, { records, areAll: failure === undefined })
      return { ...lookup, troubles: failure === undefined ? [] : [{ code: 'lookup-failed', backend: 'gha', detail: failure }] }
    },
    async local() {
      candidates = await findLocal(host, plan, { directory, names: localNames, mayRepair })
      if (candidates.foreign) unusable.push('local')
      return { found: candidateRefs(plan, candidates), troubles: candidates.troubles }
    }
  }
  const look = async () => {
    const answers = await Promise.all(plan.backends.map(backend => ask[backend]()))
    const found = answers.flatMap(answer => answer.found)
    const restored =
      candidates && readsCache(inputs)
        ? await restoreImports(host, found, { plan, directory, candidates, rebuilt: new Set(rebuilt), mayRepair, ...restoring })
        : { found, troubles: [], gone: [] }
    return { answers, ...restored }
  }
  const looked = cancellation.orElse(look(), { answers: [], found: [], troubles: [], gone: [] })
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
    const [{ answers, found, troubles, gone }, { records, failure, unreadable = false, ownFailed = false }] = await Promise.all([
      looked,
      cancellation.orElse<RestoredRecords>(recording, { records: [] })
    ])
    // Without gha the record only explains.
    if (failure !== undefined && !needed) host.log.info(`The record of earlier builds could not be read: ${failure}`)
    const readTroubles = [...answers.flatMap(answer => answer.troubles), ...troubles]
    const unanswered = readTroubles.filter(({ code }) => code === 'lookup-failed' || code === 'restore-failed')
    return {
      askedAt,
      found,
      absent: answers.flatMap(({ absent = [] }) => absent),
      lookedUp: plan.backends.filter((name, index) => answers[index] && !unanswered.some(({ backend }) => backend === name)),
      refused: refusedStages(
        answers.flatMap(answer => answer.found),
        found,
        troubles
      ),
      degradations: [...missing, ...readTroubles],
      record: records[0] ?? emptyRecord(context.repository, randomUUID()),
      records: new Map(plan.scopes.read.flatMap((scope, index) => (records[index] ? [[scope, records[index]] as const] : []))),
      recordPlace,
      recordsFailed: failure !== undefined,
      ownRecordFailed: ownFailed,
      recordsUnreadable: unreadable,
      recordLost: needed && unreadable && records[0] === undefined,
      local: {
        names: localNames,
        entriesOf: stage =>
          nameOf('stage-cache-build-layers-', plan.scopes.write, stage.name, ownsName(stage, dockerfile.stages)),
        gone,
        stays: candidates?.stays ?? false
      },
      readOnly: [...unusable, ...notWritten.map(({ backend }) => backend)],
      notWritten
    }
  }
  return { found: looked.then(({ found }) => found), all: all() }
}

/** Of refs that were left out as they were fetched, those of stages that are not lost. */
function refusedStages(
  before: readonly FoundRef[],
  after: readonly FoundRef[],
  troubles: readonly Degradation[]
): readonly string[] {
  const lost = troubles.flatMap(({ stage }) => stage ?? [])
  const left = before.filter(one => !after.includes(one)).map(({ ref }) => ref.stage)
  return troubles.some(({ code }) => code === 'restore-failed') ? left.filter(stage => !lost.includes(stage)) : []
}

/** Nothing was found in any backend, every backend could be asked, and no record says that there were saves. */
export function nothingSaved({ found, lookedUp, recordsUnreadable }: Caches, { backends }: Preparation['plan']): boolean {
  return found.length === 0 && lookedUp.length === backends.length && !recordsUnreadable
}
