import type { StageExpectation } from '../explain/expectations'
import { explainStages } from '../explain/stages'
import type { Host } from '../host'
import { bringInArgv } from '../plan/argv'
import type { CacheRef } from '../plan/cache-plan'
import { cutDockerfile, planPrefetch } from '../plan/prefetch'
import type { Prefix } from '../plan/prefetch'
import { stepsRunHere } from '../progress/vertices'
import type { VertexTable } from '../progress/vertices'
import { runBuild } from './build'
import type { Builder } from './builder'
import type { Cancellation } from './cancellation'
import type { Preparation } from './prepare'

/** Seconds after a step began in which others that had to wait for nothing begin as well. */
const settleSeconds = 0.7

/** Seconds that fetching may take, and that one which is stopped is waited for: BuildKit cannot cancel every import. */
const fetchSeconds = 600
const stopSeconds = 5

export interface Prefetcher {
  /** To be told of the main build's progress. */
  onProgress(table: VertexTable): void
  /** Ends what is still under way, once the main build is over or its import turned out not to be whole. */
  stop(): Promise<void>
}

/**
 * Pulls cached layers into the builder while the main build is busy with other stages, by builds of the Dockerfile cut off after them.
 * `firstSteps` as of `planPrefetch`. Such a build stops at the first step that is not cached, and whatever becomes of it is of no consequence.
 */
export function newPrefetcher(
  host: Host,
  cancellation: Cancellation,
  preparation: Preparation,
  builder: Builder,
  importRef: CacheRef,
  firstSteps: ReadonlyMap<string, number>
): Prefetcher {
  const { plan, dockerfile, inputs } = preparation
  const needed = plan.stages.map(({ stage }) => stage)
  const asked = new Set<string>()
  let stopped = false
  let seen = 0
  let settling: NodeJS.Timeout | undefined
  let stop = () => {}
  const ending = cancellation.also(new Promise<void>(resolve => (stop = resolve)))
  const underWay: Promise<void>[] = []

  async function fetch(prefix: Prefix): Promise<void> {
    const file = await writeCut(host, preparation, prefix)
    if (stopped) return
    host.log.info(`Fetching what ${prefix.stage.name} stands on while other stages are built`)
    await runBuild(host, ending, bringInArgv({ inputs, builder: builder.name, target: '', importRef, file }), {
      live: false,
      timeoutSeconds: fetchSeconds,
      stopWhen: table => stepsRunHere(table).length > 0
    })
  }

  function look(table: VertexTable): void {
    if (stopped) return
    try {
      fetchFor(table)
    } catch (error) {
      host.log.debug(`Nothing is fetched early: ${String(error)}`)
    }
  }

  function fetchFor(table: VertexTable): void {
    const results = explainStages({ dockerfile, needed, platforms: plan.platforms, table, outcome: 'failure' })
    const begun = results.filter(({ steps }) => steps.some(({ started }) => started !== undefined)).map(({ name }) => name)
    for (const prefix of planPrefetch(needed, new Set(begun), firstSteps)) {
      if (asked.has(prefix.stage.name)) continue
      asked.add(prefix.stage.name)
      underWay.push(fetch(prefix).catch((error: unknown) => host.log.debug(String(error))))
    }
  }

  return {
    onProgress(table) {
      if (table.ranHere.size === seen) return
      seen = table.ranHere.size
      clearTimeout(settling)
      settling = setTimeout(() => look(table), settleSeconds * 1000).unref()
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

/** By name of each stage that is expected to change, the place of its first step that will or may run, on any platform. */
export function firstStepsOf(expectations: readonly StageExpectation[]): ReadonlyMap<string, number> {
  const first = new Map<string, number>()
  for (const { stage, firstStep } of expectations) {
    if (firstStep !== undefined) first.set(stage, Math.min(firstStep, first.get(stage) ?? Infinity))
  }
  return first
}

/** A Dockerfile that ends with the prefix, with the ignore file that belongs to the whole one; gives its path. */
async function writeCut(host: Host, { file }: Preparation, prefix: Prefix): Promise<string> {
  const directory = await host.files.makeTemporary('prefetch-')
  const path = `${directory}/Dockerfile`
  // BuildKit looks for an ignore file of this name first (frontend/dockerui/context.go).
  const ignore = await host.files.read(`${file.path}.dockerignore`)
  await host.files.write(path, cutDockerfile(file.text, prefix))
  if (ignore !== undefined) await host.files.write(`${path}.dockerignore`, ignore)
  return path
}
