import { messageOf } from '../errors'
import type { Host } from '../host'
import type { Inputs } from '../inputs'
import type { Backend } from '../reasons'
import type { CacheRef } from '../plan/cache-plan'
import { planCompression } from '../plan/compression'
import type { StageExport } from '../plan/exports'
import type { Prefix } from '../plan/prefetch'
import { newBackendHealth } from './backend-health'
import type { Cancellation } from './cancellation'
import { secondsUntil } from './deadline'
import { newEarlyRecords } from './early-records'
import { compressLayers, pullStage } from './export-ahead'
import { logLine } from './export-build'
import type { ExportOutcome } from './export-build'
import type { GhaUploads } from './gha-uploads'
import { runJoinedExport } from './joined-export'
import { newLanes } from './lanes'
import { readManifest } from './ref-sizes'
import type { TextSource } from './text-backend'

/** Seconds one export may take, and one to a backend that could not be looked up: a service that hangs must not hold the job. */
const exportSeconds = 600
const doubtfulSeconds = 30

/** Exports under way at once. Local ones share one directory, where BuildKit locks index.json without waiting. */
const atOnce: Readonly<Record<Backend, number>> = { registry: 2, gha: 3, local: 1 }

export interface ExporterOptions {
  readonly inputs: Inputs
  readonly builder: string
  readonly driver: string
  /** Platforms built together are exported each by itself. */
  readonly apart: boolean
  /** The main build's import, asked for anew by each export: it may turn out not to be whole, and serves then only what `hit`. */
  readonly importRef: (stage: 'hit' | 'ran') => CacheRef | undefined
  /** The builder can build beside exports without running steps again. */
  readonly beside: boolean
  /** What was imported, where an export to this ref takes its place. */
  readonly completedFrom: (ref: CacheRef) => readonly TextSource[]
  /** What a ref was found as before the build. */
  readonly foundAs: (ref: CacheRef) => string | undefined
  /** What saves exports to GitHub's cache; without it BuildKit does so itself. */
  readonly ghaUploads: GhaUploads | undefined
  /** Stages that cannot be targeted by name are the last one: they are built without --target. */
  readonly targetOf: (stage: string) => string
  /** Writes a Dockerfile that ends with the beginning of a stage; gives its path. */
  readonly writeBeginning: (beginning: Prefix) => Promise<string>
  /** Directory that local exports write to; called once, before the first. */
  readonly stageLocal: () => Promise<string>
  /** One export at a time: builds of one stage at once, to several backends, save old content (seen with BuildKit 0.25). */
  readonly inTurn: boolean
  /** Records what a job that is killed would lose: which refs are going to be written, and what was written, all so far. */
  readonly record: (begun: readonly CacheRef[], saved: readonly ExportOutcome[]) => Promise<void>
  /** Backends known to refuse before anything was tried. */
  readonly refusing: readonly Backend[]
  /** Backends that did not answer when their refs were looked up. */
  readonly doubtful: readonly Backend[]
}

export interface Exporter {
  /** Has a stage's layers pulled into the builder before any export that is added from now on. */
  pull(stage: string): void
  /** Queues an export, each ref's once; it starts as soon as its backend has a free place and what it shares is uploaded. */
  add(wanted: StageExport): void
  /** Gives a backend that left off answering no more time than one that never answered. */
  doubt(backend: Backend): void
  /** Exports that were added so far. */
  count(): number
  /** Waits for all of them, for so many seconds at most. */
  finish(seconds: number): Promise<readonly ExportOutcome[]>
}

interface Queued {
  /** Of the Dockerfile that ends with a beginning. */
  readonly file: Promise<string> | undefined
  readonly onLayersWritten: () => void
}

/** Runs exports of stages beside or after the main build. A failure never throws: it is an outcome. */
export function newExporter(host: Host, cancellation: Cancellation, options: ExporterOptions): Exporter {
  const health = newBackendHealth(options.refusing)
  const doubtful = new Set(options.doubtful)
  const compression = planCompression(options.inputs, options.driver)
  const lanes = newLanes<Backend | 'any'>({ ...atOnce, any: 1 })
  const queue = new Map<CacheRef, { readonly stage: string; readonly done: Promise<ExportOutcome> }>()
  /** Until the export that is the first to upload a stage or a base image, by backend, has written its layers. */
  const uploading = new Map<string, Promise<unknown>>()
  const lastAlone = new Map<Backend, Promise<unknown>>()
  let staging: Promise<string> | undefined
  let pulled: Promise<unknown> = Promise.resolve()
  let deadline = Infinity
  const begun: CacheRef[] = []
  const saved: ExportOutcome[] = []
  const early = newEarlyRecords(() => options.record([...begun], [...saved]))

  const secondsFor = (backend: Backend) =>
    Math.min(doubtful.has(backend) ? doubtfulSeconds : exportSeconds, secondsUntil(deadline, host.clock.now()))

  /** While others, which are exported before it, are uploaded. */
  async function compressAhead(backend: Backend, file: Promise<string>): Promise<void> {
    if (!options.beside || options.inTurn || health.outcomeOfNone(backend)) return
    const { inputs, builder } = options
    const build = { inputs, builder, importRef: options.importRef('ran'), file: await file, compress: { as: compression } }
    await compressLayers(host, cancellation, build, secondsFor(backend))
  }

  async function save({ stage, ref, cause }: StageExport, { file, onLayersWritten }: Queued): Promise<ExportOutcome> {
    const none = { stage, ref, seconds: 0, ranSteps: [] }
    if (cancellation.requested()) return { ...none, exported: 'left', detail: '' }
    const without = health.outcomeOfNone(ref.backend)
    if (without) return { ...none, ...without }
    if (deadline <= host.clock.now()) return { ...none, exported: 'failed', detail: 'the time for saving caches was over' }
    if (!file) begun.push(ref)
    const outcome = await runJoinedExport(host, cancellation, {
      inputs: options.inputs,
      builder: options.builder,
      apart: options.apart,
      stage,
      target: file ? '' : options.targetOf(stage),
      file: await file,
      ref,
      importRef: options.importRef(cause === 'ran' ? 'ran' : 'hit'),
      completedFrom: options.completedFrom(ref),
      foundAs: options.foundAs(ref),
      onLayersWritten,
      cause,
      compression,
      ghaUploads: options.ghaUploads,
      // Should the job be killed once the ref is written, and before that is recorded, the next one looks into it.
      announced: ref.backend === 'gha' && options.ghaUploads && !file ? early.note() : Promise.resolve(),
      ...(ref.backend === 'local' ? { directory: await (staging ??= options.stageLocal()) } : {}),
      timeoutSeconds: secondsFor(ref.backend)
    })
    // While the build still runs, nobody waits for another try.
    health.note(outcome, deadline < Infinity)
    return outcome
  }

  async function attempt(wanted: StageExport, queued: Queued): Promise<ExportOutcome> {
    const { stage, ref, cause, beginning } = wanted
    const outcome = await save(wanted, queued).catch((error: unknown): ExportOutcome => {
      const detail = messageOf(error)
      return { stage, ref, exported: 'failed', seconds: 0, ranSteps: [], detail }
    })
    const part = beginning && { steps: beginning.steps, of: beginning.stage.steps.length }
    const known = { ...outcome, cause, beginning: part }
    host.log.info(logLine(known))
    const manifest = part ? undefined : await cancellation.orElse(readManifest(host, outcome), undefined)
    const ended = { ...known, manifest }
    if (outcome.exported === 'yes' && !part) saved.push(ended)
    // Where this writes refs it has said so before.
    if (saved.includes(ended) && ref.backend === 'gha' && !options.ghaUploads) void early.note()
    return ended
  }

  return {
    pull(stage) {
      const { inputs, builder } = options
      const importRef = options.importRef('ran')
      if (!importRef) return
      const build = { inputs, builder, target: options.targetOf(stage), importRef }
      pulled = Promise.resolve().then(() => pullStage(host, cancellation, build, secondsFor(importRef.backend)))
    },
    add(wanted) {
      const { stage, ref, after, uploads, alone, beginning } = wanted
      if (queue.has(ref)) return
      // Neither of two exports started together sees what both write.
      const shared = uploads.flatMap(part => uploading.get(`${ref.backend} ${part}`) ?? [])
      const before = [...queue.values()].filter(other => after.includes(other.stage)).map(({ done }) => done)
      const file = beginning && options.writeBeginning(beginning)
      const ahead = file && before.length > 0 ? compressAhead(ref.backend, file) : undefined
      // Where it cannot be written the export says so.
      const ready = Promise.all([pulled, ...[file, ahead].map(one => one?.catch(() => undefined)), ...before, ...shared])
      const written = Promise.withResolvers<undefined>()
      const onLayersWritten = () => written.resolve(undefined)
      const lane = options.inTurn ? 'any' : ref.backend
      const turn = alone ? lastAlone.get(ref.backend) : undefined
      const done = Promise.all([ready, turn])
        .then(() => lanes.enter(lane, () => attempt(wanted, { file, onLayersWritten })))
        .finally(onLayersWritten)
      // To GitHub's cache they are uploaded side by side.
      if (alone) lastAlone.set(ref.backend, options.ghaUploads ? written.promise : done)
      for (const part of uploads) {
        const key = `${ref.backend} ${part}`
        if (!uploading.has(key)) uploading.set(key, written.promise)
      }
      queue.set(ref, { stage, done })
    },
    doubt: backend => void doubtful.add(backend),
    count: () => queue.size,
    async finish(seconds) {
      deadline = host.clock.now() + seconds * 1000
      const outcomes = await Promise.all([...queue.values()].map(({ done }) => done))
      await cancellation.orElse(early.settle(), undefined)
      return outcomes
    }
  }
}
