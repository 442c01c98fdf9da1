import { messageOf } from '../errors'
import type { Host } from '../host'
import type { RecordView } from '../explain/changes'
import { expectStages } from '../explain/expectations'
import type { StageExpectation } from '../explain/expectations'
import { evictedStages, servedView } from '../explain/served-content'
import type { ServedFacts } from '../explain/served-content'
import type { CacheRecord } from '../fingerprint/record'
import type { Materials } from '../fingerprint/seal'
import { readsCache } from '../plan/build-command'
import type { CacheRef } from '../plan/cache-plan'
import { covers } from '../plan/coverage'
import type { FoundRef } from '../plan/coverage'
import { importedRefs } from '../plan/imports'
import type { ImportPlan } from '../plan/imports'
import { nothingSaved } from './caches'
import type { Caches } from './caches'
import { viewOf } from './fingerprints'
import type { Preparation } from './prepare'

/** What earlier builds left to compare with. */
export interface History {
  readonly facts: ServedFacts
  readonly materials: Materials | undefined
  /** A record beside what the build is made from; undefined where that is not known. */
  readonly view: (record: CacheRecord) => RecordView | undefined
}

export interface HistoryFacts {
  readonly materials: Materials | undefined
  /** Digests of images by name, as far as they are known. */
  readonly images: ReadonlyMap<string, string>
  readonly imported: readonly FoundRef[]
  readonly failedImports: ReadonlySet<CacheRef>
  readonly stale: readonly FoundRef[]
}

/** Puts the records beside what the build is made from. */
export function historyOf({ plan }: Pick<Preparation, 'plan'>, caches: Caches, facts: HistoryFacts): History {
  const { materials, images, imported, failedImports, stale } = facts
  const view = (record: CacheRecord) => materials && viewOf(record, materials, images)
  const views = new Map(
    [...caches.records].flatMap(([scope, record]) => {
      const made = view(record)
      return made ? [[scope, made] as const] : []
    })
  )
  const { found, lookedUp } = caches
  return { materials, view, facts: { plan, found, lookedUp, imported, failedImports, stale, views } }
}

/** The same where nothing is recorded. */
export function withoutRecords(history: History): History {
  return { materials: undefined, view: () => undefined, facts: { ...history.facts, views: new Map() } }
}

/** What explains a build is not worth failing it: where it cannot be worked out, `instead` is given, and the log says why. */
export function explained<T>(host: Host, explain: () => T, instead: () => T): T {
  try {
    return explain()
  } catch (error) {
    host.log.info(`What earlier builds recorded is not used: ${messageOf(error)}`)
    return instead()
  }
}

/** What is known before a build. */
export interface Known {
  readonly caches: Caches
  readonly imports: ImportPlan
  readonly expectations: readonly StageExpectation[]
}

/** With what to expect of a build that imports this; `images` are digests of images by name, as far as they are known. Never throws. */
export function knownWith(
  host: Host,
  preparation: Preparation,
  { caches, imports }: Pick<Known, 'caches' | 'imports'>,
  materials: Materials | undefined,
  images?: ReadonlyMap<string, string>
): Known {
  const expect = () => expectBuild(preparation, caches, imports, materials, images)
  return { caches, imports, expectations: explained(host, expect, () => []) }
}

/** What is expected of each stage, given what is going to be imported. */
export function expectBuild(
  preparation: Preparation,
  caches: Caches,
  imports: ImportPlan,
  materials: Materials | undefined,
  images: ReadonlyMap<string, string> = new Map()
): readonly StageExpectation[] {
  const { plan, rebuilt, inputs } = preparation
  if (!inputs.explain) return []
  const imported = importedRefs(imports)
  const nothing = { failedImports: new Set<CacheRef>(), stale: [] }
  const { facts } = historyOf(preparation, caches, { materials, images, imported, ...nothing })
  const all = !readsCache(inputs)
  const names = plan.stages.map(({ stage }) => stage.name)
  const evicted = evictedStages(facts)
  return expectStages({
    needed: plan.stages.map(({ stage }) => stage),
    platforms: plan.platforms,
    unsure: new Set(imports.main ? [...broughtInStages(plan, caches, imports), ...(imports.main.joined?.older ?? [])] : []),
    begun: new Set(imports.main?.joined?.begun ?? []),
    viewOf: stage => servedView(stage, facts),
    missing: new Map(
      neverSaved(plan, caches).map(name => [
        name,
        evicted.has(name) ? 'cache-evicted' : nothingSaved(caches, plan) ? 'first-build' : 'cache-absent'
      ])
    ),
    rebuilt: new Set(all ? names : [...rebuilt, ...inputs.noCacheFilters.map(name => name.toLowerCase())])
  })
}

/** Stages of which no ref that was found holds anything: neither their own nor one of a stage made from them. Empty where that is not known. */
export function neverSaved(
  { stages, backends }: Preparation['plan'],
  { found, lookedUp, recordsUnreadable }: Caches
): readonly string[] {
  if (lookedUp.length < backends.length || recordsUnreadable) return []
  const held = new Set<number>()
  // What a stage is made from comes before it in the Dockerfile.
  for (const { stage, reads } of stages.toReversed()) {
    const holds = ({ ref, joined }: FoundRef) => reads.includes(ref) && (joined?.only ?? [stage.name]).includes(stage.name)
    if (!held.has(stage.index) && !found.some(holds)) continue
    held.add(stage.index)
    for (const { stage: read } of stage.edges) held.add(read)
  }
  return stages.filter(({ stage }) => !held.has(stage.index)).map(({ stage }) => stage.name)
}

/** Stages whose newest content the main import lacks: it has an older one of them. */
function broughtInStages({ stages }: Preparation['plan'], { found }: Caches, { main, broughtIn }: ImportPlan): readonly string[] {
  return stages
    .filter(({ reads }) =>
      found.some(ref => reads.includes(ref.ref) && broughtIn.some(wide => covers(wide, ref)) && !(main && covers(main, ref)))
    )
    .map(({ stage }) => stage.name)
}
