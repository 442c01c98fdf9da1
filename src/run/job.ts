import { BuildFailed } from '../errors'
import type { StageResult } from '../explain/stage-result'
import { explainStages, finishedStages, newStageWatch } from '../explain/stages'
import { handoverState, renderHandover } from '../handover'
import type { Handover } from '../handover'
import type { Host } from '../host'
import { exportsBesideBuild } from '../plan/builder'
import { planExports } from '../plan/exports'
import type { ExportFacts } from '../plan/exports'
import { planImports } from '../plan/imports'
import type { Degradation, StageStatus } from '../reasons'
import { bringUpBuilder } from './builder'
import { findCaches } from './caches'
import type { Caches } from './caches'
import { watchCancellation } from './cancellation'
import { newExporter } from './exports'
import type { ExportOutcome } from './exports'
import { buildImage } from './image'
import type { BuiltImage } from './image'
import { stageLocalCache } from './local-cache'
import { prepare } from './prepare'
import type { Preparation } from './prepare'
import { printPlan, publish } from './publish'
import { exportTroubles, saveGhaRecord, saveLocal } from './saving'

/**
 * The main step (spec §5). Throws InputError before anything was started, BuildFailed when the build failed; a cache that cannot
 * be read or written is reported and throws nothing.
 */
export async function runJob(host: Host, event: unknown): Promise<void> {
  const started = host.clock.now()
  const preparation = await prepare(host, event)
  const { inputs, plan } = preparation
  for (const { value } of inputs.secrets) host.workflow.mask(value)
  const cancellation = watchCancellation(host)
  let handover: Handover = { version: 1 }
  const leave = (more: Partial<Handover>) => {
    handover = { ...handover, ...more }
    host.workflow.saveState(handoverState, renderHandover(handover))
  }

  const [builder, caches] = await Promise.all([
    bringUpBuilder(host, cancellation, inputs, name => inputs.cleanup && leave({ builder: name })),
    findCaches(host, cancellation, preparation)
  ])
  const readsCache = !inputs.noCache && !inputs.rebuildCache
  const imports = readsCache ? planImports(plan, caches.found, new Set(preparation.rebuilt)) : { broughtIn: [] }
  const eager = inputs.cacheExport === 'eager' && exportsBesideBuild(builder.buildkit)
  printPlan(host, preparation, builder, imports, { eager, readOnly: caches.readOnly })

  let importRef = imports.main?.ref
  const staging = `${inputs.cacheDir}.new-${preparation.jobId}`
  const exporter = newExporter(host, cancellation, {
    inputs,
    builder: builder.name,
    driver: builder.driver,
    importRef: () => importRef,
    targetOf: stage => (plan.stages.find(planned => planned.stage.name === stage)?.stage.targetable ? stage : ''),
    async stageLocal() {
      leave({ staging })
      await stageLocalCache(host.files, inputs.cacheDir, staging)
      return staging
    },
    inTurn: plan.backends.length > 1,
    refusing: caches.readOnly,
    doubtful: plan.backends.filter(backend => !caches.lookedUp.includes(backend))
  })
  const queued = new Set<string>()
  const queue = (facts: ExportFacts) => {
    if (inputs.cacheExport === 'off') return
    const { exports, pullFirst } = planExports(plan, facts)
    if (pullFirst !== undefined) exporter.pull(pullFirst)
    for (const wanted of exports) {
      const key = `${wanted.ref.backend} ${wanted.ref.name}`
      if (!queued.has(key)) exporter.add(wanted)
      queued.add(key)
    }
  }

  const wanted = { dockerfile: preparation.dockerfile, needed: plan.stages.map(({ stage }) => stage), platforms: plan.platforms }
  let watch = newStageWatch(wanted)
  const built = await buildImage(host, cancellation, {
    preparation,
    builder,
    imports,
    onImportLost() {
      importRef = undefined
      watch = newStageWatch(wanted)
    },
    onProgress(table) {
      if (!eager || finishedStages(watch, table).length === 0) return
      const results = explainStages({ ...wanted, table, outcome: 'failure' })
      queue({ ...completed(results), phase: 'running', stale: new Set(), found: [], lookedUp: [] })
    }
  })
  const exportsStarted = host.clock.now()
  if (!cancellation.requested()) {
    const phase = built.run.exitCode === 0 ? 'succeeded' : 'failed'
    queue({ ...completed(built.results), phase, stale: built.stale, found: caches.found, lookedUp: caches.lookedUp })
  }
  host.log.group(queued.size > 0 ? 'Caches of stages' : 'Caches of stages: nothing to save')
  const outcomes = await exporter.finish()
  const saved = await save(host, preparation, caches, staging, outcomes)
  host.log.endGroup()
  if (saved.localKey) leave({ localCache: { directory: inputs.cacheDir, key: saved.localKey } })

  await publish(host, {
    preparation,
    builder,
    caches,
    imports,
    built,
    outcomes,
    degradations: [...caches.degradations, ...built.degradations, ...exportTroubles(outcomes), ...saved.troubles],
    outcome: cancellation.requested() ? 'cancelled' : built.run.exitCode === 0 ? 'success' : 'failure',
    seconds: { build: built.run.seconds, exports: (host.clock.now() - exportsStarted) / 1000 },
    started
  })
  if (built.run.exitCode !== 0) throw new BuildFailed(failure(built), built.run.exitCode)
  if (cancellation.requested()) throw new BuildFailed('the job was cancelled', 130)
}

/** Names of the stages that are whole on every platform: those that ran, and those that hit. */
function completed(results: readonly StageResult[]): Pick<ExportFacts, 'ran' | 'hit'> {
  const names = (fits: (status: StageStatus) => boolean) =>
    new Set(
      results.filter(({ name }) => results.every(other => other.name !== name || fits(other.status))).map(({ name }) => name)
    )
  const hit = names(status => status === 'hit')
  const whole = names(status => status === 'hit' || status === 'partial' || status === 'miss')
  return { hit, ran: new Set([...whole].filter(name => !hit.has(name))) }
}

/** What has to happen once all exports are done; a failure is a trouble. */
async function save(
  host: Host,
  preparation: Preparation,
  caches: Caches,
  staging: string,
  outcomes: readonly ExportOutcome[]
): Promise<{ readonly localKey?: string; readonly troubles: readonly Degradation[] }> {
  const troubles: Degradation[] = []
  const attempt = async <T>(work: Promise<T>, trouble: Omit<Degradation, 'detail'>): Promise<T | undefined> => {
    try {
      return await work
    } catch (error) {
      troubles.push({ ...trouble, detail: error instanceof Error ? error.message : String(error) })
      return undefined
    }
  }
  const [localKey] = await Promise.all([
    attempt(saveLocal(host, preparation, caches, staging, outcomes), { code: 'save-failed', backend: 'local' }),
    attempt(saveGhaRecord(host, preparation, caches, outcomes), { code: 'record-failed', backend: 'gha' })
  ])
  if (localKey && caches.readOnly.includes('gha')) {
    // The actions cache is what carries the directory to the next job.
    return { troubles: [...troubles, { code: 'write-not-allowed', backend: 'gha', detail: '' }] }
  }
  return { ...(localKey ? { localKey } : {}), troubles }
}

/** The last line buildx said, which names the step and its exit code. */
function failure({ run }: BuiltImage): string {
  const last = run.text.trim().split('\n').at(-1) ?? ''
  return `buildx failed with: ${last || `exit code ${run.exitCode}`}`
}
