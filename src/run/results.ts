import type { StageExpectation } from '../explain/expectations'
import { madeOf } from '../explain/made-of'
import { explainReasons } from '../explain/reasons'
import { explainRefs } from '../explain/refs'
import { evictedStages, recordedView, servedView, staleView, timeSaved } from '../explain/served-content'
import type { StageResult } from '../explain/stage-result'
import { completeStages } from '../explain/stages'
import type { CacheRef } from '../plan/cache-plan'
import { readsCache } from '../plan/build-command'
import { importedRefs } from '../plan/imports'
import type { ImportPlan } from '../plan/imports'
import { savesCaches } from '../plan/permissions'
import type { Degradation } from '../reasons'
import type { RecordReport } from '../report/build-record'
import type { Builder } from './builder'
import { nothingSaved } from './caches'
import type { Caches } from './caches'
import type { ExportOutcome } from './export-build'
import { neverSaved } from './history'
import type { History } from './history'
import type { BuiltImage } from './image'
import type { JoinedRef } from './joined-refs'
import type { SavedMount } from './mount-saving'
import type { Preparation } from './prepare'
import type { RefSize } from './ref-sizes'

/** All that a job came to. */
export interface Results {
  readonly preparation: Preparation
  readonly builder: Builder
  readonly caches: Caches
  readonly imports: ImportPlan
  readonly built: BuiltImage
  readonly outcomes: readonly ExportOutcome[]
  /** Of stages that the build did not get to their end. */
  readonly beginnings: readonly ExportOutcome[]
  /** The target's refs that took in what a build that failed saved. */
  readonly joined: readonly JoinedRef[]
  /** Of the refs that were written, where known. */
  readonly sizes: ReadonlyMap<CacheRef, RefSize>
  readonly history: History
  /** Of the image's layers as they were pushed; undefined where not known. */
  readonly imageBytes: number | undefined
  readonly expectations: readonly StageExpectation[]
  readonly mounts: readonly SavedMount[]
  readonly degradations: readonly Degradation[]
  /** The job was cancelled, while the build ran or what was built was saved. */
  readonly interrupted: boolean
  readonly seconds: { readonly build: number; readonly exports: number }
  readonly record: RecordReport | undefined
  /** Milliseconds since the epoch. */
  readonly started: number
}

/** How each stage came out, and why. */
export function explainResults({
  preparation,
  caches,
  imports,
  built,
  outcomes,
  joined,
  sizes,
  history,
  expectations
}: Results): readonly StageResult[] {
  const { inputs, plan, dockerfile } = preparation
  const refFacts = {
    plan,
    found: caches.found,
    imports: { ...imports, broughtIn: built.broughtIn },
    failedImports: built.failedImports,
    unreachable: plan.backends.filter(backend => !caches.lookedUp.includes(backend)),
    outcomes: [
      ...outcomes.map(outcome => ({
        ref: outcome.ref,
        ...(outcome.exported === 'left' ? { exported: 'failed' as const, left: true as const } : { exported: outcome.exported }),
        ...(outcome.cause === undefined ? {} : { cause: outcome.cause }),
        ...sizes.get(outcome.ref)
      })),
      ...joined.map(({ ref, broughtIn, saved, begun }) => ({
        ref,
        exported: 'not-asked' as const,
        tookIn: [...broughtIn.map(one => one.ref), ...saved, ...begun].map(({ stage }) => stage)
      }))
    ],
    exportsOff: !savesCaches(inputs)
  }
  const planned = importedRefs(imports)
  const without = plan.stages.filter(
    ({ reads }) => reads.length > 0 && !caches.recordsUnreadable && !caches.found.some(({ ref }) => reads.includes(ref))
  )
  const absent = new Set([...without.map(({ stage }) => stage.name), ...neverSaved(plan, caches)])
  const evicted = evictedStages(history.facts, built.results)
  const refused = new Set(caches.refused)
  const reasons = explainReasons({
    dockerfile,
    results: built.results,
    rebuilt: !readsCache(inputs)
      ? undefined
      : new Set([...preparation.rebuilt, ...inputs.noCacheFilters.map(name => name.toLowerCase())]),
    nothingSaved: nothingSaved(caches, plan),
    unreachable:
      planned.length > 0
        ? planned.every(({ ref }) => built.failedImports.has(ref))
        : caches.lookedUp.length < plan.backends.length,
    absent,
    refused,
    evicted,
    begun: new Set(imports.main?.joined?.begun ?? []),
    viewOf: stage =>
      servedView(stage, history.facts) ??
      staleView(stage, history.facts) ??
      (absent.has(stage.name) && (evicted.has(stage.name) || refused.has(stage.name))
        ? recordedView(stage, history.facts)
        : undefined)
  })
  return completeStages(built.results, {
    reason: result => reasons.get(result) ?? null,
    refs: result => explainRefs(result, refFacts),
    history: result => {
      const stage = dockerfile.stages[result.index]
      const saved = stage && timeSaved(stage, result, history.facts)
      const { expected } = expectations.find(({ index, platform }) => index === result.index && platform === result.platform) ?? {
        expected: 'unknown'
      }
      const made = history.materials && madeOf(history.materials, result.index, result.platform)
      return {
        ...(saved ? { saved } : {}),
        ...(expected === 'unknown' ? {} : { expected }),
        ...(made ? { madeOf: made } : {})
      }
    }
  })
}
