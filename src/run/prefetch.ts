import type { StageExpectation } from '../explain/expectations'
import { explainStages } from '../explain/stages'
import { stepStates } from '../explain/step-states'
import type { Host } from '../host'
import { aheadArgv } from '../plan/side-argv'
import type { AheadBuild } from '../plan/side-argv'
import type { CacheRef } from '../plan/cache-plan'
import { compressesOnce, planCompression } from '../plan/compression'
import { cutDockerfile, readingDockerfile, readsNoFile } from '../plan/own-dockerfile'
import { beginningStages, finishedPrefix, planPrefetch } from '../plan/prefetch'
import { hasImported, isImporting, stepsRunHere } from '../progress/build-state'
import type { VertexTable } from '../progress/vertices'
import { runBuild } from './build'
import type { Builder } from './builder'
import type { Cancellation } from './cancellation'
import { newLanes } from './lanes'
import { writeDockerfile } from './own-dockerfile'
import type { Preparation } from './prepare'

/** Seconds after a step began, or ended, in which others that had to wait for nothing begin as well: a download wasted is dearer than a compression. */
const settleSeconds = { fetch: 0.7, compress: 0.2 }

/** Such builds at once. */
const atOnce = { fetch: 3, compress: 1 }

/** Seconds that such a build may take, and that one which is stopped is waited for: BuildKit cannot cancel every import. */
const aheadSeconds = 600
const stopSeconds = 5

export interface Prefetcher {
  /** To be told of the main build's progress. */
  onProgress(table: VertexTable): void
  /** Ends what is still under way, once the main build is over or its import turned out not to be whole. */
  stop(): Promise<void>
}

export interface PrefetcherOptions {
  readonly preparation: Preparation
  readonly builder: Pick<Builder, 'name' | 'driver'>
  /** The main build's import; without one nothing is fetched. */
  readonly importRef: CacheRef | undefined
  readonly expectations: readonly StageExpectation[]
  /** Names of stages of which builds that failed made a beginning, which the import holds. */
  readonly begun: ReadonlySet<string>
}

/**
 * While the main build is busy with other stages: pulls and unpacks cached layers that it will stand upon, and compresses what the target has
 * got so far. Both are builds of the Dockerfile cut off before the step that waits. Such a build stops at the first step that is not
 * cached, and whatever becomes of it is of no consequence.
 */
export function newPrefetcher(host: Host, cancellation: Cancellation, options: PrefetcherOptions): Prefetcher {
  const { preparation, builder, importRef, expectations, begun } = options
  const { plan, dockerfile, inputs, file } = preparation
  const needed = plan.stages.map(({ stage }) => stage)
  const firstSteps = firstStepsOf(expectations)
  const sure = new Set(expectations.filter(({ expected }) => expected === 'rebuild').map(({ stage }) => stage))
  const hits = new Set(needed.map(({ name }) => name).filter(name => isHitOnAll(expectations, name)))
  const beginning = importRef ? beginningStages(needed, sure) : new Set<string>()
  const asked = new Set<string>()
  let stopped = false
  let seen = ''
  let stop = () => {}
  const ending = cancellation.also(new Promise<void>(resolve => (stop = resolve)))
  const underWay: Promise<void>[] = []
  const lanes = newLanes(atOnce)

  function begin(
    lane: keyof typeof atOnce,
    name: string,
    title: string,
    text: string,
    more: Pick<AheadBuild, 'compress'> = {}
  ): void {
    if (asked.has(`${lane} ${name}`)) return
    asked.add(`${lane} ${name}`)
    const build = async () => {
      const path = await writeDockerfile(host, preparation.file.path, text)
      if (stopped) return
      host.log.info(title)
      await runBuild(host, ending, aheadArgv({ inputs, builder: builder.name, importRef, file: path, ...more }), {
        live: false,
        timeoutSeconds: aheadSeconds,
        stopWhen: table => stepsRunHere(table).some(({ name }) => !readsNoFile(name))
      })
    }
    underWay.push(lanes.enter(lane, build).catch((error: unknown) => host.log.debug(String(error))))
  }

  const stagesOf = (table: VertexTable) =>
    explainStages({ dockerfile, needed, platforms: plan.platforms, table, outcome: 'failure' })

  function fetchAhead(table: VertexTable): void {
    if (!importRef) return
    const atWork = stagesOf(table).filter(({ steps }) => steps.some(({ started }) => started !== undefined))
    const working = new Set([...atWork.map(({ name }) => name), ...beginning])
    for (const prefix of planPrefetch(needed, { working, firstSteps, hits, begun })) {
      const { name, steps } = prefix.stage
      const wholly = prefix.steps === steps.length
      const title = `Fetching ${wholly ? name : `what ${name} stands on`} while other stages are built`
      begin('fetch', name, title, readingDockerfile(cutDockerfile(file.text, prefix), prefix.stage))
    }
  }

  function compressAhead(table: VertexTable): void {
    if (!compressesOnce(inputs, builder.driver)) return
    const done = finishedPrefix(plan.target, stepStates(plan.target, stagesOf(table)))
    if (!done) return
    const { stage, steps } = done
    const title = `Compressing the layers that ${stage.name} has got so far while other stages are built`
    const compress = { as: planCompression(inputs, builder.driver) }
    begin('compress', `${stage.name} ${steps}`, title, cutDockerfile(file.text, done), { compress })
  }

  /** Does it once nothing has happened for so long; an error is of no consequence. */
  function whenSettled(seconds: number, work: (table: VertexTable) => void): (table: VertexTable) => void {
    let timer: NodeJS.Timeout | undefined
    return table => {
      clearTimeout(timer)
      const guarded = () => {
        try {
          if (!stopped) work(table)
        } catch (error) {
          host.log.debug(`Nothing is done ahead: ${String(error)}`)
        }
      }
      timer = setTimeout(guarded, seconds * 1000).unref()
    }
  }
  const fetchSoon = whenSettled(settleSeconds.fetch, fetchAhead)
  const compressSoon = whenSettled(settleSeconds.compress, compressAhead)

  return {
    onProgress(table) {
      const now = `${table.ranHere.size} ${table.doneCount}`
      // What is sure to run is not waited for, but what it stands on is asked for first.
      const isUnderWay = table.ranHere.size > 0 || (beginning.size > 0 && hasImported(table) && !isImporting(table))
      if (now === seen || !isUnderWay) return
      seen = now
      fetchSoon(table)
      compressSoon(table)
    },
    async stop() {
      stopped = true
      stop()
      let timer: NodeJS.Timeout | undefined
      const late = new Promise(resolve => (timer = setTimeout(resolve, stopSeconds * 1000)))
      await Promise.race([Promise.all(underWay), late])
      clearTimeout(timer)
    }
  }
}

function isHitOnAll(expectations: readonly StageExpectation[], name: string): boolean {
  const own = expectations.filter(({ stage }) => stage === name)
  return own.length > 0 && own.every(({ expected }) => expected === 'hit')
}

/** By name of each stage that is expected to change, the place of its first step that will or may run, on any platform. */
function firstStepsOf(expectations: readonly StageExpectation[]): ReadonlyMap<string, number> {
  const first = new Map<string, number>()
  for (const { stage, firstStep } of expectations) {
    if (firstStep !== undefined) first.set(stage, Math.min(firstStep, first.get(stage) ?? Infinity))
  }
  return first
}
