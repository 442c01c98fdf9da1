import { BuildFailed, HitRateTooLow, lastLine } from '../errors'
import { imageDigests } from '../explain/images'
import { explainStages, finishedStages, newStageWatch } from '../explain/stages'
import { handoverState, renderHandover } from '../handover'
import type { Handover } from '../handover'
import type { Host } from '../host'
import { pushedRepositories } from '../plan/backends'
import { buildsBesideMain } from '../plan/builder'
import type { CacheRef } from '../plan/cache-plan'
import { planExports } from '../plan/exports'
import type { ExportFacts } from '../plan/exports'
import { readsCache } from '../plan/argv'
import { importedRefs, planImports } from '../plan/imports'
import { savesCaches } from '../plan/permissions'
import { planRefresh } from '../plan/refresh'
import { judgeHitRate } from '../report/hit-rate'
import { plain } from '../report/words'
import { bringUpBuilder } from './builder'
import { findCaches } from './caches'
import { startCacheMounts } from './cache-mounts'
import { watchCancellation } from './cancellation'
import { startFingerprints } from './fingerprints'
import { expectBuild, explained, historyOf } from './history'
import { buildImage } from './image'
import type { BuiltImage } from './image'
import { leftExports } from './left-exports'
import { saveMounts } from './mount-saving'
import { prepare } from './prepare'
import { printPlan, publish } from './publish'
import { withSummary } from './refusal'
import { measureRefs } from './ref-sizes'
import { exportTroubles } from './export-troubles'
import { saveCaches } from './saving'
import { firstStepsOf, newPrefetcher } from './prefetch'
import { newStageExports, wholeStages } from './stage-exports'

/** Seconds the plan waits for what the stages are made from, once all else is known, and the report once all is done. */
const planSeconds = 0.2
const planLimitSeconds = 600
const reportSeconds = 5

/** Seconds that saving may go on after the build has ended. */
const savingSeconds = 600

/** Seconds that exports go on after the job was cancelled: a runner kills after ten, and the report is still to be written. */
const graceSeconds = 4
/** Seconds more for the records of what was saved by then. */
const saveGraceSeconds = 2

/**
 * The main step (spec §5). Throws InputError before anything was started, BuildFailed when the build failed, HitRateTooLow when all is
 * done and `min-hit-rate` asks for it; a cache that cannot be read or written is reported and throws nothing.
 */
export async function runJob(host: Host, event: unknown): Promise<void> {
  const started = host.clock.now()
  const preparation = await withSummary(host, prepare(host, event))
  const { inputs, plan } = preparation
  for (const { value } of inputs.secrets) host.workflow.mask(value)
  const cancellation = watchCancellation(host)
  const fingerprints = startFingerprints(host, preparation)
  let handover: Handover = { version: 1 }
  const leave = (more: Partial<Handover>) => {
    handover = { ...handover, ...more }
    host.workflow.saveState(handoverState, renderHandover(handover))
  }

  const bringing = bringUpBuilder(host, cancellation, inputs, name => inputs.cleanup && leave({ builder: name }))
  const finding = findCaches(host, cancellation, preparation)
  // The builder may take long: what is expected is known by then, unless the context is large.
  const soon = Promise.race([fingerprints.ready(planLimitSeconds), bringing.then(() => fingerprints.ready(planSeconds))])
  const expecting = Promise.all([finding, soon]).then(([caches, materials]) => {
    const imports = readsCache(inputs) ? planImports(plan, caches.found, new Set(preparation.rebuilt)) : { broughtIn: [] }
    const expect = () => expectBuild(preparation, caches, imports, materials)
    return { imports, expectations: explained(host, expect, () => []) }
  })
  const cacheMounts = startCacheMounts(host, cancellation, preparation, bringing, expecting)
  const [builder, caches, { imports, expectations }] = await withSummary(host, Promise.all([bringing, finding, expecting]))
  const beside = buildsBesideMain(builder.buildkit)
  const eager = inputs.cacheExport === 'eager' && savesCaches(inputs) && beside
  printPlan(host, preparation, builder, imports, { ...caches, eager, expectations })

  const inTime = cancellation.later(graceSeconds + saveGraceSeconds)
  let importRef = imports.main?.ref
  const staging = `${inputs.cacheDir}.new-${preparation.jobId}`
  const exporter = newStageExports(host, cancellation.later(graceSeconds), {
    preparation,
    builder,
    caches,
    importRef: () => importRef,
    staging,
    beforeStaging: () => leave({ staging })
  })
  const restored = await cacheMounts.fill(builder)
  const pushedTo = pushedRepositories(inputs)
  const queue = (facts: Omit<ExportFacts, 'pushedTo'>) => {
    if (!savesCaches(inputs)) return
    const { exports, pullFirst } = planExports(plan, { ...facts, pushedTo })
    if (pullFirst !== undefined) exporter.pull(pullFirst)
    for (const wanted of exports) exporter.add(wanted)
  }

  const wanted = { dockerfile: preparation.dockerfile, needed: plan.stages.map(({ stage }) => stage), platforms: plan.platforms }
  let watch = newStageWatch(wanted)
  const prefetcher =
    importRef && beside
      ? newPrefetcher(host, cancellation, preparation, builder, importRef, firstStepsOf(expectations))
      : undefined
  const built = await buildImage(host, cancellation, {
    preparation,
    builder,
    imports,
    onImportLost(why) {
      if (why === 'no-answer' && importRef) exporter.doubt(importRef.backend)
      importRef = undefined
      void prefetcher?.stop()
      watch = newStageWatch(wanted)
    },
    onProgress(table) {
      prefetcher?.onProgress(table)
      if (!eager || finishedStages(watch, table).length === 0) return
      const results = explainStages({ ...wanted, table, outcome: 'failure' })
      queue({ ...wholeStages(results), phase: 'running', stale: new Set(), found: [], due: new Set(), lookedUp: [] })
    }
  })
  const prefetched = prefetcher?.stop()
  const exportsStarted = host.clock.now()
  const facts: Omit<ExportFacts, 'pushedTo'> = {
    ...wholeStages(built.results),
    phase: built.run.exitCode === 0 ? 'succeeded' : 'failed',
    stale: built.stale,
    found: caches.found,
    due: planRefresh(caches.found, host.clock.now(), inputs.cacheRefreshDays),
    lookedUp: caches.lookedUp
  }
  queue(facts)
  host.log.group(exporter.count() > 0 ? 'Caches of stages' : 'Caches of stages: nothing to save')
  const finishing = exporter.finish(savingSeconds)
  // Older versions of BuildKit run steps again when builds run side by side.
  const savingMounts = (beside ? Promise.resolve() : finishing.then(() => undefined)).then(() =>
    saveMounts(host, cancellation, preparation, builder, caches, restored.mounts, built.results)
  )
  const [outcomes, mounts] = await Promise.all([finishing, savingMounts, prefetched])
  const left = leftExports(outcomes, facts, builder, importRef)
  if (left) leave({ left })
  const [materials, sizes] = await inTime.orElse(Promise.all([fingerprints.ready(reportSeconds), measureRefs(host, outcomes)]), [
    undefined,
    new Map<CacheRef, number>()
  ])
  const read = {
    images: imageDigests(built.run.table),
    imported: importedRefs({ ...imports, broughtIn: built.broughtIn }),
    failedImports: built.failedImports
  }
  const history = explained(
    host,
    () => historyOf(preparation, caches, { ...read, materials }),
    () => historyOf(preparation, caches, { ...read, materials: undefined })
  )
  const recorded = { results: built.results, history, sizes }
  const saved = await inTime.orElse(saveCaches(host, preparation, caches, staging, outcomes, recorded), {
    outcomes,
    troubles: []
  })
  host.log.endGroup()
  if (saved.localKey) leave({ localCache: { directory: inputs.cacheDir, key: saved.localKey } })

  const report = await publish(host, {
    preparation,
    builder,
    caches,
    imports,
    built,
    outcomes: saved.outcomes,
    sizes,
    history,
    expectations,
    mounts: mounts.mounts,
    degradations: [
      ...caches.degradations,
      ...restored.degradations,
      ...built.degradations,
      ...exportTroubles(host, outcomes, caches),
      ...mounts.degradations,
      ...saved.troubles
    ],
    outcome: cancellation.requested() ? 'cancelled' : built.run.exitCode === 0 ? 'success' : 'failure',
    seconds: { build: built.run.seconds, exports: (host.clock.now() - exportsStarted) / 1000 },
    started
  })
  if (built.run.exitCode !== 0) throw new BuildFailed(failure(built), built.run.exitCode)
  if (cancellation.requested()) throw new BuildFailed('the job was cancelled', 130)
  const low = judgeHitRate(report)
  if (low?.then === 'fail') throw new HitRateTooLow(plain(low.why))
}

/** The last line buildx said, which names the step and its exit code. */
function failure({ run }: BuiltImage): string {
  const last = lastLine(run.text)
  return `buildx failed with: ${last || `exit code ${run.exitCode}`}`
}
