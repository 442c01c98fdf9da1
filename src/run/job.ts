import { BuildFailed, HitRateTooLow } from '../errors'
import { handoverState, renderHandover } from '../handover'
import type { Handover } from '../handover'
import type { Host } from '../host'
import type { Inputs } from '../inputs'
import { imageDigests } from '../explain/images'
import type { Materials } from '../fingerprint/seal'
import { buildsBesideMain } from '../plan/builder'
import { chooseImports, importedRefs } from '../plan/imports'
import { savesCaches } from '../plan/permissions'
import { failureText } from '../report/failure'
import { judgeHitRate } from '../report/hit-rate'
import { plain } from '../report/words'
import { baseImages } from './base-images'
import { uploadBuildRecord } from './build-record'
import { bringUpBuilder } from './builder'
import type { Builder } from './builder'
import { mountsDepend, startCacheMounts, usedMounts } from './cache-mounts'
import { findCaches } from './caches'
import { watchCancellation } from './cancellation'
import { exportTroubles } from './export-troubles'
import { failurePlace } from './failure-place'
import { startFingerprints } from './fingerprints'
import { holdLog } from './held-log'
import { explained, historyOf, knownWith } from './history'
import { measureImage } from './image-size'
import { joinRefs } from './joined-refs'
import { saveMounts } from './mount-saving'
import { offerBuilder } from './offered-builder'
import { pastBuildOf } from './past-builds'
import { asksBuildKit, buildWithoutPlan, callBuildKit } from './plain-build'
import { buildAsPlanned } from './planned-build'
import { prepare } from './prepare'
import { publish } from './publish'
import { measureRefs } from './ref-sizes'
import { withSummary } from './refusal'
import { readRemoteDockerfile } from './remote-dockerfile'
import { saveCaches } from './saving'
import { graceSeconds } from './side-builds'

/** Seconds the plan waits for what the stages are made from, once all else is known, and the report once all is done. */
const planSeconds = 0.2
const planLimitSeconds = 600
/** Cache mounts wait longer: a step that finds an empty one takes longer than that. */
const mountSeconds = 5
const reportSeconds = 5

/** Seconds more than for exports, once the job was cancelled, for the records of what was saved by then. */
const saveGraceSeconds = 2

/**
 * The main step (spec §5). Throws InputError before anything was started but what reads a remote Dockerfile, BuildFailed when the build failed, HitRateTooLow when all is
 * done and `min-hit-rate` asks for it; a cache that cannot be read or written is reported and throws nothing.
 */
export async function runJob(host: Host, event: unknown, cancellation = watchCancellation(host)): Promise<void> {
  const started = host.clock.now()
  let handover: Handover = { version: 1 }
  const leave = (more: Partial<Handover>) => {
    handover = { ...handover, ...more }
    host.workflow.saveState(handoverState, renderHandover(handover))
  }
  let coming: Promise<Builder> | undefined
  const bringUp = (inputs: Inputs) =>
    (coming ??= bringUpBuilder(
      host,
      cancellation,
      inputs,
      name => {
        if (inputs.cleanup) leave({ builder: name, ...(inputs.keepState ? { keepState: true } : {}) })
      },
      leave
    ).then(builder =>
      offerBuilder(host, cancellation, inputs, builder, current => {
        if (inputs.cleanup) leave({ current })
      })
    ))
  if (asksBuildKit(host)) return withSummary(host, cancellation, callBuildKit(host, cancellation, event, bringUp))

  const preparation = await withSummary(
    host,
    cancellation,
    prepare(host, event, async inputs => {
      for (const { value } of inputs.secrets) host.workflow.mask(value)
      return readRemoteDockerfile(host, cancellation, inputs, (await bringUp(inputs)).name)
    })
  )
  if (!preparation) return buildWithoutPlan(host, cancellation, event, bringUp)
  const { inputs } = preparation
  for (const { value } of inputs.secrets) host.workflow.mask(value)
  const fingerprints = startFingerprints(host, preparation)
  const staging = `${inputs.cacheDir}.new-${preparation.jobId}`
  const local = { staging, beforeStaging: () => leave({ staging }) }
  // What is said meanwhile waits for the plan.
  const log = holdLog(host.log)
  const held = { ...host, log }
  const bringing = bringUp(inputs)
  const lookups = findCaches(host, cancellation, preparation, local)
  const mounted = usedMounts(host, preparation)
  // For the mounts alone: a builder may have another image than the registry, and finds that out by itself.
  const moving = mountsDepend(preparation, mounted) ? baseImages(host, preparation.plan) : undefined
  const choosing = lookups.found.then(found => chooseImports(preparation, found))
  // The builder may take long: what is expected is known by then, unless the context is large.
  const soon = Promise.race([fingerprints.ready(planLimitSeconds), bringing.then(() => fingerprints.ready(planSeconds))])
  const expectWith = async (reading: Promise<Materials | undefined>, images?: typeof moving) => {
    const [caches, imports, materials, current] = await Promise.all([lookups.all, choosing, reading, images])
    return knownWith(host, preparation, { caches, imports }, materials, current)
  }
  const expecting = expectWith(soon)
  // Who needs it waits for it, unless the job ends before.
  expecting.catch(() => {})
  const expectMounts = async () => expectWith((await soon) ? soon : fingerprints.ready(mountSeconds), moving)
  const cacheMounts = startCacheMounts(held, cancellation, preparation, mounted, bringing, expectMounts)
  const [builder, chosen] = await withSummary(host, cancellation, Promise.all([bringing, choosing]))
  const beside = buildsBesideMain(builder.buildkit)
  const eager = inputs.cacheExport === 'eager' && savesCaches(inputs) && beside
  // The build does not wait for what only explains it.
  const filling = cacheMounts.fill(builder)
  const inTime = cancellation.later(graceSeconds + saveGraceSeconds)
  const planned = { preparation, builder, imports: chosen, eager, beside, log, filling, expecting, materials: soon, ...local }
  const { built, side, caches, imports, expectations } = await buildAsPlanned(host, cancellation, planned)
  const restored = await filling
  const exportsStarted = host.clock.now()
  const measured = measureImage(host, preparation, built)
  const finishing = side.finish(built, caches)
  // Older versions of BuildKit run steps again when builds run side by side.
  const mayGoOn = beside ? Promise.resolve() : finishing.then(() => undefined)
  const recording = mayGoOn.then(() => uploadBuildRecord(host, cancellation, { inputs, builder, ...built }))
  const savingMounts = mayGoOn.then(() =>
    saveMounts(host, cancellation, preparation, builder, caches, restored.mounts, {
      results: built.results,
      importRef: imports.main?.ref
    })
  )
  const [{ outcomes, beginnings, left }, mounts] = await Promise.all([finishing, savingMounts])
  leave({ left, leftMounts: mounts.left })
  const sizes = measureRefs(outcomes, caches)
  const [materials, imageBytes] = await inTime.orElse(Promise.all([fingerprints.ready(reportSeconds), measured]), [
    undefined,
    undefined
  ])
  const read = {
    images: imageDigests(built.run.table),
    imported: importedRefs({ ...imports, broughtIn: built.broughtIn }),
    failedImports: built.failedImports,
    stale: imports.broughtIn.flatMap(one => [one, ...one.instead]).filter(({ ref }) => built.stale.has(ref.stage))
  }
  const history = explained(
    host,
    () => historyOf(preparation, caches, { ...read, materials }),
    () => historyOf(preparation, caches, { ...read, materials: undefined })
  )
  const joined = await inTime.orElse(joinRefs(host, preparation, caches, [...outcomes, ...beginnings], built, staging), [])
  const build = cancellation.requested() ? undefined : pastBuildOf(host, preparation, caches, built, imageBytes)
  const recorded = { results: built.results, history, sizes, build, joined }
  const saved = await inTime.orElse(saveCaches(host, preparation, caches, staging, outcomes, recorded), {
    outcomes,
    troubles: []
  })
  host.log.endGroup()
  if (saved.localCache) leave({ localCache: saved.localCache })

  const report = await publish(host, {
    preparation,
    builder,
    caches,
    imports,
    built,
    outcomes: saved.outcomes,
    beginnings,
    joined,
    sizes,
    imageBytes,
    history,
    expectations,
    mounts: mounts.mounts,
    degradations: [
      ...caches.degradations,
      ...restored.degradations,
      ...built.degradations,
      ...exportTroubles(host, [...outcomes, ...beginnings], caches, built.stepsRun),
      ...mounts.degradations,
      ...saved.troubles
    ],
    interrupted: cancellation.requested(),
    seconds: { build: built.run.seconds, exports: (host.clock.now() - exportsStarted) / 1000 },
    // After the seconds: it is no cache that is saved.
    record: await inTime.orElse(recording, undefined),
    started
  })
  const { exitCode, text } = built.run
  if (report.outcome !== 'failure' && report.interrupted) throw new BuildFailed(failureText(report, exitCode), exitCode || 130)
  if (exitCode !== 0)
    throw new BuildFailed(failureText(report, exitCode), exitCode, failurePlace(host, preparation, built.results, text))
  const low = judgeHitRate(report)
  if (low?.then === 'fail') throw new HitRateTooLow(plain(low.why))
}
