import type { StageExpectation } from '../explain/expectations'
import { ownBytes } from '../explain/own-bytes'
import { stepStates } from '../explain/step-states'
import { explainStages, finishedStages, newStageWatch } from '../explain/stages'
import type { Host } from '../host'
import type { LeftExports } from '../handover'
import { pushedRepositories, repositoriesOf } from '../plan/backends'
import { planBeginnings } from '../plan/beginnings'
import { readsCache } from '../plan/build-command'
import { exportsApart } from '../plan/builder'
import type { CachePlan, CacheRef, StagePlan } from '../plan/cache-plan'
import { planExports } from '../plan/exports'
import type { ExportFacts } from '../plan/exports'
import type { FoundRef } from '../plan/coverage'
import { renewedStages } from '../plan/imports'
import type { ImportPlan } from '../plan/imports'
import { planJoin } from '../plan/joins'
import { savesCaches } from '../plan/permissions'
import { planRefresh } from '../plan/refresh'
import type { Builder } from './builder'
import type { Caches } from './caches'
import type { Cancellation } from './cancellation'
import type { ExportOutcome } from './export-build'
import type { Exporter } from './exports'
import type { BuiltImage, ImageRequest } from './image'
import { joinFacts } from './joined-refs'
import { leftExports } from './left-exports'
import { newPrefetcher } from './prefetch'
import type { Prefetcher } from './prefetch'
import type { Preparation } from './prepare'
import { savedAt } from './records'
import { newStageExports, wholeStages } from './stage-exports'

/** Seconds that saving may go on after the build has ended. */
const savingSeconds = 600

/** Seconds that exports go on after the job was cancelled: a runner kills after ten, and the report is still to be written. */
export const graceSeconds = 4

/** Bytes that are copied twice sooner than one export waits for another. */
const lightBytes = 16 * 1024 * 1024

/** Seconds that a layer is waited for which another job began to upload. */
const patienceSeconds = 20

export interface SideBuildsOptions {
  readonly preparation: Preparation
  readonly builder: Builder
  readonly imports: ImportPlan
  /** The builder can build beside the main build without running steps again. */
  readonly beside: boolean
  /** Stages are exported while the main build runs. */
  readonly eager: boolean
}

/** What runs beside the main build and after it: exports of stages, and what is done ahead. */
export interface SideBuilds {
  /** What the main build is to tell. */
  readonly duringMain: Pick<ImageRequest, 'onProgress' | 'onImportLost' | 'onBroughtIn'>
  /** Nothing is started before this. `staging` is where local exports write to; `beforeStaging` is called before that is made. */
  begin(known: {
    readonly caches: Caches
    readonly expectations: readonly StageExpectation[]
    readonly staging: string
    readonly beforeStaging: () => void
  }): void
  /** Once the main build is over: exports what is left, and waits for all, within limits. */
  finish(
    built: BuiltImage,
    caches: Caches
  ): Promise<{
    readonly outcomes: readonly ExportOutcome[]
    /** Of stages that the build did not get to their end. */
    readonly beginnings: readonly ExportOutcome[]
    readonly left?: LeftExports | undefined
  }>
}

/** Nothing of it can fail the job. */
export function newSideBuilds(host: Host, cancellation: Cancellation, options: SideBuildsOptions): SideBuilds {
  const { preparation, builder, eager } = options
  const { inputs, plan, dockerfile } = preparation
  const wanted = { dockerfile, needed: plan.stages.map(({ stage }) => stage), platforms: plan.platforms }
  let pushedTo = pushedRepositories(inputs)
  let watch = newStageWatch(wanted)
  let importRef = options.imports.main?.ref
  /** An import that lacks a layer: what the builder knows from it, and has no layers of, is saved from there. */
  let brokenRef: CacheRef | undefined
  const broughtIn: FoundRef[] = []
  let exporter: Exporter | undefined
  let prefetcher: Prefetcher | undefined
  let changed: ReadonlySet<string> = new Set()
  let light: ReadonlySet<string> = new Set()

  function queue(facts: Omit<ExportFacts, 'pushedTo' | 'light'>): void {
    if (!savesCaches(inputs)) return
    const { exports, pullFirst } = planExports(plan, { ...facts, pushedTo, light })
    if (pullFirst !== undefined) exporter?.pull(pullFirst)
    for (const one of exports) exporter?.add(one)
  }

  /** Whether a repository got the image's layers since the last call. */
  function notePushed(images: ReadonlySet<string>): boolean {
    if (images.size === 0 || pushedTo.size === 0) return false
    const before = pushedTo.size
    const there = repositoriesOf(images)
    pushedTo = new Set([...pushedTo].filter(repository => !there.has(repository)))
    return pushedTo.size < before
  }

  return {
    duringMain: {
      onBroughtIn: found => void broughtIn.push(found),
      onImportLost(why) {
        if (why === 'no-answer' && importRef) exporter?.doubt(importRef.backend)
        if (why === 'lost') brokenRef = importRef
        importRef = undefined
        void prefetcher?.stop()
        watch = newStageWatch(wanted)
      },
      onProgress(table) {
        prefetcher?.onProgress(table)
        if (!eager || !exporter) return
        const isPushed = notePushed(table.pushed)
        if (finishedStages(watch, table).length === 0 && !isPushed) return
        const results = explainStages({ ...wanted, table, outcome: 'failure' })
        queue({
          ...wholeStages(results),
          phase: 'running',
          unsaved: new Set(),
          // What of them turns out to be of other content is known in the end.
          renewed: renewedStages(options.imports, options.imports.broughtIn),
          stale: new Set(),
          found: [],
          due: new Set(),
          lookedUp: []
        })
      }
    },
    begin({ caches, expectations, staging, beforeStaging }) {
      changed = new Set(expectations.filter(({ expected }) => expected === 'rebuild').map(({ stage }) => stage))
      if (options.beside && host.buildkitEntries.available) light = lightStages(plan, caches)
      exporter = newStageExports(host, cancellation.later(graceSeconds), {
        preparation,
        builder,
        apart: exportsApart(builder),
        caches,
        importRef: stage => importRef ?? (stage === 'hit' ? brokenRef : undefined),
        broughtIn: () => broughtIn,
        patienceSeconds,
        beside: options.beside,
        staging,
        beforeStaging
      })
      if (!options.beside || !readsCache(inputs)) return
      const begun = new Set(options.imports.main?.joined?.begun ?? [])
      prefetcher = newPrefetcher(host, cancellation, { preparation, builder, importRef, expectations, begun })
    },
    async finish(built, { found, lookedUp, readOnly, records }) {
      const prefetched = prefetcher?.stop()
      const facts: Omit<ExportFacts, 'pushedTo' | 'light'> = {
        ...wholeStages(built.results),
        phase: built.run.exitCode === 0 ? 'succeeded' : 'failed',
        unsaved: changed,
        renewed: renewedStages(options.imports, built.broughtIn),
        stale: built.stale,
        found,
        due: planRefresh(found, one => savedAt(records.values(), one), host.clock.now(), inputs.cacheRefreshDays),
        lookedUp
      }
      queue(facts)
      if (facts.phase === 'failed' && !cancellation.requested() && savesCaches(inputs)) {
        const known = joinFacts(host, preparation, { found, lookedUp }, built)
        const places = plan.backends.flatMap(backend =>
          readOnly.includes(backend) ? [] : (planJoin(plan, backend, known) ?? [])
        )
        for (const one of planBeginnings(plan, facts, places, stage => stepStates(stage, built.results))) exporter?.add(one)
      }
      const count = exporter?.count() ?? 0
      host.log.group(count > 0 ? 'Caches of stages' : 'Caches of stages: nothing to save')
      const [done = []] = await Promise.all([exporter?.finish(savingSeconds), prefetched])
      const outcomes = done.filter(({ beginning }) => !beginning)
      // The post step leaves them alone.
      const beginnings = done.filter(({ beginning, exported }) => beginning && exported !== 'left')
      return { outcomes, beginnings, left: leftExports(outcomes, facts, builder, importRef) }
    }
  }
}

/** Stages that are known to have added little to GitHub's cache when they were last saved. */
function lightStages(plan: CachePlan, { records }: Caches): ReadonlySet<string> {
  const isLight = ({ stage }: StagePlan) => (ownBytes(records.values(), plan, stage, 'gha') ?? Infinity) <= lightBytes
  return new Set(plan.stages.filter(isLight).map(({ stage }) => stage.name))
}
