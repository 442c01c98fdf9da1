import type { Host } from '../host'
import type { Inputs } from '../inputs'
import { bringInArgv, exportArgv } from '../plan/argv'
import { displayRef } from '../plan/cache-plan'
import type { CacheRef } from '../plan/cache-plan'
import { planCompression } from '../plan/compression'
import type { StageExport } from '../plan/exports'
import { isLostContent } from '../plan/lost-content'
import { isRefusal } from '../plan/permissions'
import { stepsRunHere } from '../progress/vertices'
import type { Backend } from '../reasons'
import { runBuild } from './build'
import type { Cancellation } from './cancellation'
import { newLanes } from './lanes'

/** Seconds one export may take, and one to a backend that could not be looked up: a service that hangs must not hold the job. */
const exportSeconds = 600
const doubtfulSeconds = 30

/** Exports under way at once. Local ones share one directory, where BuildKit locks index.json without waiting. */
const atOnce: Readonly<Record<Backend, number>> = { registry: 2, gha: 3, local: 1 }

export interface ExportOutcome {
  readonly stage: string
  readonly ref: CacheRef
  readonly exported: 'yes' | 'failed' | 'not-allowed'
  /** Digest of the manifest that was written; BuildKit gives none for gha. */
  readonly digest?: string
  readonly seconds: number
  /** Steps that ran although everything should have been in the builder. */
  readonly ranSteps: readonly string[]
  readonly detail: string
}

export interface ExporterOptions {
  readonly inputs: Inputs
  readonly builder: string
  readonly driver: string
  /** The main build's import, asked for anew by each export: it may turn out not to be whole. */
  readonly importRef: () => CacheRef | undefined
  /** Stages that cannot be targeted by name are the last one: they are built without --target. */
  readonly targetOf: (stage: string) => string
  /** Directory that local exports write to; called once, before the first. */
  readonly stageLocal: () => Promise<string>
  /** One export at a time: builds of one stage at once, to several backends, save old content (seen with BuildKit 0.25). */
  readonly inTurn: boolean
  /** Backends known to refuse before anything was tried. */
  readonly refusing: readonly Backend[]
  /** Backends that did not answer when their refs were looked up. */
  readonly doubtful: readonly Backend[]
}

export interface Exporter {
  /** Has a stage's layers pulled into the builder before any export that is added from now on. */
  pull(stage: string): void
  /** Queues an export; it starts as soon as its backend has a free place. */
  add(wanted: StageExport): void
  /** Waits for all of them. */
  finish(): Promise<readonly ExportOutcome[]>
}

/** Runs exports of stages beside or after the main build. A failure never throws: it is an outcome. */
export function newExporter(host: Host, cancellation: Cancellation, options: ExporterOptions): Exporter {
  const refusing = new Set(options.refusing)
  /** Backends that an export took too long for, with what was said of it: the others are not tried. */
  const givenUp = new Map<Backend, string>()
  const compression = planCompression(options.inputs, options.driver)
  const lanes = newLanes<Backend | 'any'>({ ...atOnce, any: 1 })
  let staging: Promise<string> | undefined
  const outcomes: { readonly stage: string; readonly done: Promise<ExportOutcome> }[] = []

  async function save(wanted: StageExport, importRef: CacheRef | undefined): Promise<ExportOutcome> {
    const { stage, ref, cause } = wanted
    const none = { stage, ref, seconds: 0, ranSteps: [] }
    if (refusing.has(ref.backend)) return { ...none, exported: 'not-allowed', detail: '' }
    const given = givenUp.get(ref.backend)
    if (given !== undefined) return { ...none, exported: 'failed', detail: given }
    const timeoutSeconds = options.doubtful.includes(ref.backend) ? doubtfulSeconds : exportSeconds
    const metadataFile = `${await host.files.makeTemporary('export-')}/metadata.json`
    const command = exportArgv({
      inputs: options.inputs,
      builder: options.builder,
      target: options.targetOf(stage),
      exportTo: ref,
      importRef,
      metadataFile,
      pullLayers: cause === 'by-content',
      options: {
        mode: options.inputs.cacheMode === 'min' ? 'min' : 'max',
        ...(compression ? { compression } : {}),
        ...(ref.backend === 'local' ? { directory: await (staging ??= options.stageLocal()) } : {})
      }
    })
    const run = await runBuild(host, cancellation, command, { live: false, timeoutSeconds })
    const facts = { stage, ref, seconds: run.seconds, ranSteps: stepsRunHere(run.table).map(vertex => vertex.name) }
    if (run.timedOut) {
      const detail = `not done within ${timeoutSeconds} s`
      givenUp.set(ref.backend, detail)
      return { ...facts, exported: 'failed', detail }
    }
    // Layers the import only lists are left out then, and their stage is brought in or built the next time.
    if (run.exitCode !== 0 && importRef && isLostContent(run.text)) return save(wanted, undefined)
    if (run.exitCode !== 0) {
      const detail = lastLine(run.text)
      const refused = isRefusal(detail)
      if (refused) refusing.add(ref.backend)
      return { ...facts, exported: refused ? 'not-allowed' : 'failed', detail }
    }
    const digest = parseManifestDigest(await host.files.read(metadataFile))
    return { ...facts, exported: 'yes', ...(digest ? { digest } : {}), detail: '' }
  }

  let pulled: Promise<unknown> = Promise.resolve()

  return {
    pull(stage) {
      const { inputs, builder } = options
      const importRef = options.importRef()
      if (!importRef) return
      const command = bringInArgv({ inputs, builder, target: options.targetOf(stage), importRef })
      // What it fails to pull is noticed by the exports, which then run steps or lack layers and say so.
      pulled = runBuild(host, cancellation, command, { live: false, timeoutSeconds: exportSeconds })
    },
    add(wanted) {
      const begin = pulled
      const before = outcomes.filter(({ stage }) => wanted.after.includes(stage)).map(({ done }) => done)
      const enter = async () => {
        await Promise.all([begin, ...before])
        return lanes.enter(options.inTurn ? 'any' : wanted.ref.backend, async () => {
          const outcome = await save(wanted, options.importRef()).catch((error: unknown): ExportOutcome => ({
            stage: wanted.stage,
            ref: wanted.ref,
            exported: 'failed',
            seconds: 0,
            ranSteps: [],
            detail: error instanceof Error ? error.message : String(error)
          }))
          const what =
            outcome.exported === 'yes'
              ? `saved in ${outcome.seconds.toFixed(1)} s`
              : outcome.exported === 'failed'
                ? `not saved: ${outcome.detail}`
                : 'not allowed to save'
          host.log.info(`Cache of ${wanted.stage} → ${displayRef(wanted.ref)}: ${what}`)
          return outcome
        })
      }
      outcomes.push({ stage: wanted.stage, done: enter() })
    },
    finish: () => Promise.all(outcomes.map(({ done }) => done))
  }
}

/** `cache.manifest` of a metadata file is a descriptor as JSON text within the JSON (docker/buildx commands/build.go). */
function parseManifestDigest(metadata: string | undefined): string | undefined {
  try {
    const text = (JSON.parse(metadata ?? '{}') as { 'cache.manifest'?: string })['cache.manifest']
    return text === undefined ? undefined : (JSON.parse(text) as { digest?: string }).digest
  } catch {
    return undefined
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
