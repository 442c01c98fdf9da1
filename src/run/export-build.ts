import { lastLine } from '../errors'
import type { Host } from '../host'
import type { Inputs } from '../inputs'
import type { Compression } from '../plan/cache-attrs'
import type { CacheRef } from '../plan/cache-plan'
import type { ExportCause } from '../plan/exports'
import { isLostContent } from '../plan/lost-content'
import { isRefusal } from '../plan/permissions'
import { exportArgv } from '../plan/side-argv'
import { stepsRunHere } from '../progress/vertices'
import { runBuild } from './build'
import type { Cancellation } from './cancellation'

export interface ExportOutcome {
  readonly stage: string
  readonly ref: CacheRef
  readonly cause?: ExportCause
  /** `left`: the job was cancelled before it was done. */
  readonly exported: 'yes' | 'failed' | 'not-allowed' | 'left'
  /** Digest of the manifest that was written; BuildKit gives none for gha. */
  readonly digest?: string
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
  readonly ref: CacheRef
  readonly importRef: CacheRef | undefined
  readonly pullLayers: boolean
  readonly compression: Compression | undefined
  /** Directory that a local export writes to. */
  readonly directory?: string
  readonly timeoutSeconds: number
}

/** One build that uploads what the builder holds of a stage. A failure never throws: it is an outcome. */
export async function runExport(
  host: Host,
  cancellation: Cancellation,
  request: ExportRequest
): Promise<ExportOutcome & { readonly timedOut?: boolean }> {
  const { inputs, builder, stage, ref, importRef, timeoutSeconds } = request
  const metadataFile = `${await host.files.makeTemporary('export-')}/metadata.json`
  const command = exportArgv({
    inputs,
    builder,
    target: request.target,
    exportTo: ref,
    importRef,
    metadataFile,
    pullLayers: request.pullLayers,
    options: {
      mode: inputs.cacheMode === 'min' ? 'min' : 'max',
      ...(request.compression ? { compression: request.compression } : {}),
      ...(request.directory === undefined ? {} : { directory: request.directory })
    }
  })
  const run = await runBuild(host, cancellation, command, { live: false, timeoutSeconds })
  const ranSteps = stepsRunHere(run.table).map(vertex => vertex.name)
  const facts = { stage, ref, started: run.started, seconds: run.seconds, ranSteps }
  if (run.exitCode === 0) {
    const digest = parseManifestDigest(await host.files.read(metadataFile))
    return { ...facts, exported: 'yes', ...(digest ? { digest } : {}), detail: '' }
  }
  if (cancellation.requested()) return { ...facts, exported: 'left', detail: '' }
  if (run.timedOut) return { ...facts, exported: 'failed', detail: `not done within ${timeoutSeconds} s`, timedOut: true }
  // Layers the import only lists are left out then, and their stage is brought in or built the next time.
  if (importRef && isLostContent(run.text)) {
    return runExport(host, cancellation, { ...request, importRef: undefined, timeoutSeconds: timeoutSeconds - run.seconds })
  }
  const detail = lastLine(run.text)
  return { ...facts, exported: isRefusal(ref.backend, detail) ? 'not-allowed' : 'failed', detail }
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
