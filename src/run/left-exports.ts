import type { LeftExports, LocalSave } from '../handover'
import type { Host } from '../host'
import { exportsApart } from '../plan/builder'
import type { CacheRef } from '../plan/cache-plan'
import { planExports } from '../plan/exports'
import type { ExportFacts } from '../plan/exports'
import { planRefresh } from '../plan/refresh'
import type { Degradation } from '../reasons'
import type { Builder } from './builder'
import { findCaches } from './caches'
import type { Cancellation } from './cancellation'
import type { ExportOutcome } from './export-build'
import { prepare } from './prepare'
import { savedAt } from './records'
import { readRemoteDockerfile } from './remote-dockerfile'
import { withDeadline } from './deadline'
import { exportTroubles } from './export-troubles'
import { saveCaches } from './saving'
import { newStageExports } from './stage-exports'

/** What main hands over of the exports it did not get done; undefined where there is none. */
export function leftExports(
  outcomes: readonly ExportOutcome[],
  facts: Pick<ExportFacts, 'ran' | 'hit' | 'unsaved' | 'renewed' | 'stale' | 'phase'>,
  { name, driver, ...builder }: Builder,
  imported: CacheRef | undefined
): LeftExports | undefined {
  const exports = outcomes
    .filter(({ exported }) => exported === 'left')
    .map(({ stage, ref }) => ({ stage, backend: ref.backend }))
  if (exports.length === 0) return undefined
  return {
    builder: name,
    driver,
    apart: exportsApart(builder),
    ...(imported ? { imported: { backend: imported.backend, ref: imported.name } } : {}),
    succeeded: facts.phase === 'succeeded',
    ran: [...facts.ran],
    hit: [...facts.hit],
    unsaved: [...facts.unsaved],
    renewed: [...facts.renewed],
    stale: [...facts.stale],
    exports
  }
}

export interface FinishedExports {
  readonly outcomes: readonly ExportOutcome[]
  readonly troubles: readonly Degradation[]
  readonly localCache?: LocalSave
}

/**
 * Exports what a cancelled main step left, with the inputs that this step has as well, until a time in milliseconds since the epoch. Throws
 * when they cannot be read any more.
 */
export async function finishExports(
  host: Host,
  cancellation: Cancellation,
  event: unknown,
  left: LeftExports,
  { staging: mainStaging, until: deadline }: { readonly staging: string | undefined; readonly until: number }
): Promise<FinishedExports> {
  const seconds = Math.ceil((deadline - host.clock.now()) / 1000)
  const inTime = withDeadline(seconds, `What the job left was not saved within ${seconds} s`)
  const reading = prepare(host, event, inputs => readRemoteDockerfile(host, cancellation, inputs, left.builder))
  const preparation = await inTime(reading)
  if (!preparation) throw new Error('The Dockerfile cannot be read any more')
  const { plan, inputs } = preparation
  // Where main had one, post removes it whatever becomes of this.
  const staging = mainStaging ?? `${inputs.cacheDir}.new-${preparation.jobId}`
  const caches = await inTime(findCaches(host, cancellation, preparation, { staging, beforeStaging: () => undefined }).all)
  const imported = plan.stages
    .flatMap(({ reads }) => reads)
    .find(({ backend, name }) => backend === left.imported?.backend && name === left.imported.ref)
  const exporter = newStageExports(host, cancellation, {
    preparation,
    builder: { name: left.builder, driver: left.driver },
    apart: left.apart ?? false,
    caches,
    importRef: () => imported,
    broughtIn: () => [],
    // What is reserved and not there was most likely the main step of this job about to upload.
    patienceSeconds: 0,
    beside: false,
    staging,
    beforeStaging: () => undefined
  })
  const { exports, pullFirst } = planExports(plan, {
    ran: new Set(left.ran),
    hit: new Set(left.hit),
    unsaved: new Set(left.unsaved),
    renewed: new Set(left.renewed),
    stale: new Set(left.stale),
    phase: left.succeeded ? 'succeeded' : 'failed',
    found: caches.found,
    due: planRefresh(caches.found, one => savedAt(caches.records.values(), one), host.clock.now(), inputs.cacheRefreshDays),
    lookedUp: caches.lookedUp,
    light: new Set(),
    pushedTo: new Set()
  })
  if (pullFirst !== undefined) exporter.pull(pullFirst)
  for (const wanted of exports) {
    if (left.exports.some(({ stage, backend }) => stage === wanted.stage && backend === wanted.ref.backend)) exporter.add(wanted)
  }
  const outcomes = await exporter.finish(Math.max(0, deadline - host.clock.now()) / 1000)
  const saved = await saveCaches(host, preparation, caches, staging, outcomes)
  return {
    outcomes: saved.outcomes,
    troubles: [...exportTroubles(host, outcomes, caches, new Set()), ...saved.troubles],
    ...(saved.localCache ? { localCache: saved.localCache } : {})
  }
}
