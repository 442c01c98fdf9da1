import { lastLine, messageOf, NoAnswer } from '../errors'
import type { Host } from '../host'
import type { Inputs } from '../inputs'
import type { CachePlace, Compression } from '../plan/cache-attrs'
import { displayRef } from '../plan/cache-plan'
import type { CacheRef } from '../plan/cache-plan'
import type { ExportCause } from '../plan/exports'
import { isLostContent } from '../plan/lost-content'
import { isRefusal } from '../plan/permissions'
import { exportArgv } from '../plan/side-argv'
import { stepsRunHere } from '../progress/build-state'
import type { VertexTable } from '../progress/vertices'
import { runBuild } from './build'
import type { Cancellation } from './cancellation'
import { secondsUntil } from './deadline'
import type { GhaUploads, SavedList } from './gha-uploads'
import type { ReadTexts, TextSource } from './text-backend'

export interface ExportOutcome {
  readonly stage: string
  readonly ref: CacheRef
  readonly cause?: ExportCause
  /** `left`: the job was cancelled before it was done. */
  readonly exported: 'yes' | 'failed' | 'not-allowed' | 'left'
  /** It is no more than so many of the stage's steps, which the build did not get to its end. */
  readonly beginning?: { readonly steps: number; readonly of: number } | undefined
  /** Digest of the manifest that was written, in gha of the list; missing there where BuildKit writes it. */
  readonly digest?: string
  /** That list, where this action wrote it. */
  readonly list?: SavedList
  /** Text of that manifest in a registry, where it could be read. */
  readonly manifest?: string | undefined
  /** Milliseconds since the epoch; missing where no build was started. */
  readonly started?: number
  readonly seconds: number
  /** Steps that ran although everything should have been in the builder. */
  readonly ranSteps: readonly string[]
  readonly detail: string
}

export interface ExportRequest {
  readonly inputs: Inputs
  readonly builder: string
  readonly stage: string
  /** The stage's name; empty for the last one where it has none. */
  readonly target: string
  /** Path of a Dockerfile of our own making that takes the place of the input's. */
  readonly file?: string | undefined
  readonly ref: CacheRef
  readonly importRef: CacheRef | undefined
  readonly cause: ExportCause
  readonly compression: Compression | undefined
  /** Directory that a local export writes to. */
  readonly directory?: string
  /** Where this saves exports to GitHub's cache. */
  readonly ghaUploads?: GhaUploads | undefined
  /** Once it is recorded that the ref is going to be written. */
  readonly announced: Promise<void>
  /** Refs that it takes over from what BuildKit leaves out. */
  readonly completedFrom: readonly TextSource[]
  /** Their texts, where they are taken over as the ref is written. */
  readonly completion?: Promise<readonly ReadTexts[]>
  /** Called when the layers are where they are to be, perhaps more than once; what is left to do moves texts only. */
  readonly onLayersWritten: () => void
  readonly timeoutSeconds: number
}

export type TimedOutcome = ExportOutcome & { readonly timedOut?: boolean }

/** Milliseconds that a time limit may be off by. */
const timerSlack = 100

/** One build that uploads what the builder holds of a stage. A failure never throws: it is an outcome. */
export async function runExport(host: Host, cancellation: Cancellation, request: ExportRequest): Promise<TimedOutcome> {
  const { ref, ghaUploads } = request
  return ref.backend === 'gha' && ghaUploads
    ? exportThroughDirectory(host, cancellation, request, ghaUploads)
    : exportTo(host, cancellation, request, ref)
}

/** Has BuildKit write what GitHub's cache lacks into a directory, and saves it from there. */
async function exportThroughDirectory(
  host: Host,
  cancellation: Cancellation,
  request: ExportRequest,
  uploads: GhaUploads
): Promise<TimedOutcome> {
  const { stage, ref, importRef, completedFrom, completion = Promise.resolve([]), timeoutSeconds } = request
  const began = host.clock.now()
  const deadline = began + timeoutSeconds * 1000
  let outcome: TimedOutcome = { stage, ref, exported: 'left', seconds: 0, ranSteps: [], detail: '' }
  const write = async (directory: string): Promise<boolean> => {
    if (cancellation.requested()) return false
    const left = secondsUntil(deadline, host.clock.now())
    const alone = { directory, compression: undefined, onLayersWritten: () => undefined, timeoutSeconds: left }
    outcome = await exportTo(host, cancellation, { ...request, ...alone }, { ...ref, backend: 'local' })
    return outcome.exported === 'yes'
  }
  const imported = [...(importRef ? [importRef] : []), ...completedFrom.map(source => source.ref)]
  const saving = uploads.save({ ...request, imported, write, completion, deadline })
  const ended = await cancellation.orElse(
    saving.then(list => ({ ...outcome, ...(list ? { digest: list.id, list } : {}) }), failed),
    { exported: 'left', detail: '' }
  )
  return { ...outcome, ...ended, seconds: (host.clock.now() - began) / 1000 }

  function failed(error: unknown): Pick<TimedOutcome, 'exported' | 'detail' | 'timedOut'> {
    const isSilent = error instanceof NoAnswer
    const isOver = host.clock.now() >= deadline - timerSlack
    const detail = isSilent && isOver ? `not done within ${timeoutSeconds} s` : messageOf(error)
    return { ...failure(ref, detail), timedOut: isOver }
  }
}

async function exportTo(
  host: Host,
  cancellation: Cancellation,
  request: ExportRequest,
  place: CachePlace
): Promise<TimedOutcome> {
  const { inputs, builder, stage, ref, importRef, timeoutSeconds } = request
  const metadataFile = `${await host.files.makeTemporary('export-')}/metadata.json`
  const command = exportArgv({
    inputs,
    builder,
    target: request.target,
    file: request.file,
    exportTo: place,
    importRef,
    metadataFile,
    pullLayers: request.cause === 'by-content',
    options: {
      mode: inputs.cacheMode === 'min' ? 'min' : 'max',
      ...(request.compression ? { compression: request.compression } : {}),
      ...(request.directory === undefined ? {} : { directory: request.directory })
    }
  })
  const onProgress = (table: VertexTable) => table.layersWritten && request.onLayersWritten()
  const run = await runBuild(host, cancellation, command, { live: false, timeoutSeconds, onProgress })
  const ranSteps = stepsRunHere(run.table).map(vertex => vertex.name)
  const facts = { stage, ref, started: run.started, seconds: run.seconds, ranSteps }
  if (run.exitCode === 0) {
    const digest = ref.backend === 'gha' ? undefined : parseManifestDigest(await host.files.read(metadataFile))
    return { ...facts, exported: 'yes', ...(digest ? { digest } : {}), detail: '' }
  }
  if (cancellation.requested()) return { ...facts, exported: 'left', detail: '' }
  if (run.timedOut) return { ...facts, exported: 'failed', detail: `not done within ${timeoutSeconds} s`, timedOut: true }
  // Layers the import only lists are left out then, and their stage is brought in or built the next time.
  if (importRef && isLostContent(run.text)) {
    const without = { ...request, importRef: undefined, timeoutSeconds: timeoutSeconds - run.seconds }
    return exportTo(host, cancellation, without, place)
  }
  return { ...facts, ...failure(ref, run.text) }
}

/** What a failed export is, by what was said of it: its last line counts. */
export function failure({ backend }: CacheRef, text: string): Pick<ExportOutcome, 'exported' | 'detail'> {
  const detail = lastLine(text)
  return { exported: isRefusal(backend, detail) ? 'not-allowed' : 'failed', detail }
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

/** What the log says of an export, of a stage or of no more than its beginning. */
export function logLine(outcome: ExportOutcome): string {
  const { stage, ref, beginning } = outcome
  const what = beginning
    ? `the first ${beginning.steps === 1 ? '' : `${beginning.steps} `}of ${beginning.of} steps of ${stage}`
    : stage
  const how = beginning && outcome.exported === 'left' ? 'not saved: the job was cancelled' : howItEnded(outcome)
  return `Cache of ${what} → ${displayRef(ref)}: ${how}`
}

function howItEnded({ exported, seconds, detail }: ExportOutcome): string {
  switch (exported) {
    case 'yes':
      return `saved in ${seconds.toFixed(1)} s`
    case 'failed':
      return `not saved: ${detail}`
    case 'not-allowed':
      return 'not allowed to save'
    case 'left':
      return 'left to the post step'
  }
}
