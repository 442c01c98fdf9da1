import type { StageResult } from '../explain/stage-result'
import type { Host } from '../host'
import { holdingStage } from '../plan/cache-plan'
import type { FoundRef } from '../plan/coverage'
import type { ExportFacts } from '../plan/exports'
import { cutDockerfile } from '../plan/own-dockerfile'
import type { StageStatus } from '../reasons'
import type { Builder } from './builder'
import type { Caches } from './caches'
import type { Cancellation } from './cancellation'
import { newExporter } from './exports'
import type { Exporter, ExporterOptions } from './exports'
import { newGhaUploads } from './gha-uploads'
import { stageLocalCache } from './local-cache'
import { writeDockerfile } from './own-dockerfile'
import type { Preparation } from './prepare'
import { announceRefs, saveRecords } from './recording'

export interface StageExportsRequest {
  readonly preparation: Preparation
  readonly builder: Pick<Builder, 'name' | 'driver'>
  /** Platforms built together are exported each by itself. */
  readonly apart: boolean
  readonly caches: Caches
  readonly importRef: ExporterOptions['importRef']
  /** What was brought in by now. */
  readonly broughtIn: () => readonly FoundRef[]
  /** For layers that somebody else began to upload to GitHub's cache. */
  readonly patienceSeconds: number
  /** The builder can build beside exports without running steps again. */
  readonly beside: boolean
  /** Directory that local exports write to until all are done. */
  readonly staging: string
  /** Called before that directory is made. */
  readonly beforeStaging: () => void
}

/** The exporter of this job's stages. */
export function newStageExports(host: Host, cancellation: Cancellation, request: StageExportsRequest): Exporter {
  const { preparation, builder, caches, importRef, staging } = request
  const { inputs, plan } = preparation
  return newExporter(host, cancellation, {
    inputs,
    builder: builder.name,
    driver: builder.driver,
    apart: request.apart,
    importRef,
    beside: request.beside,
    ghaUploads:
      plan.backends.includes('gha') && host.buildkitEntries.available ? newGhaUploads(host, request.patienceSeconds) : undefined,
    completedFrom(ref) {
      // With mode=min it is not to hold what else was imported.
      if (inputs.cacheMode === 'min' || !holdingStage(plan)?.writes.includes(ref)) return []
      // What was brought in is newer.
      const imported = [...request.broughtIn(), ...caches.found.filter(found => found.ref === importRef('ran'))]
      return imported
        .filter(one => one.ref.backend === ref.backend && one.ref.place === ref.place)
        .map(one => ({ ref: one.ref, digest: one.id }))
    },
    foundAs: ref => caches.found.find(found => found.ref === ref)?.id,
    targetOf: stage => (plan.stages.find(planned => planned.stage.name === stage)?.stage.targetable ? stage : ''),
    writeBeginning: beginning => writeDockerfile(host, preparation.file.path, cutDockerfile(preparation.file.text, beginning)),
    async stageLocal() {
      request.beforeStaging()
      await stageLocalCache(host.files, inputs.cacheDir, staging)
      return staging
    },
    // Of refs that BuildKit writes by itself nobody can look into one.
    record: (begun, saved) =>
      host.buildkitEntries.available
        ? announceRefs(host, preparation, caches, begun)
        : saveRecords(host, preparation, caches, saved),
    inTurn: plan.backends.length > 1,
    refusing: caches.readOnly,
    // A directory does not leave off answering.
    doubtful: plan.backends.filter(backend => backend !== 'local' && !caches.lookedUp.includes(backend))
  })
}

/** Names of the stages that are whole on every platform: those that ran, and those that hit. */
export function wholeStages(results: readonly StageResult[]): Pick<ExportFacts, 'ran' | 'hit'> {
  const names = (fits: (status: StageStatus) => boolean) =>
    new Set(
      results.filter(({ name }) => results.every(other => other.name !== name || fits(other.status))).map(({ name }) => name)
    )
  const hit = names(status => status === 'hit')
  const whole = names(status => status === 'hit' || status === 'partial' || status === 'miss')
  return { hit, ran: new Set([...whole].filter(name => !hit.has(name))) }
}
