import { lastLine, messageOf } from '../errors'
import type { Host } from '../host'
import { displayRef } from '../plan/cache-plan'
import { cacheTexts } from './cache-texts'
import type { Cancellation } from './cancellation'
import { withDeadline } from './deadline'
import { failure, runExport } from './export-build'
import type { ExportOutcome, ExportRequest, TimedOutcome } from './export-build'
import type { ReadTexts, TextSource } from './text-backend'

/** Seconds that reading what was imported may take, and taking over what an export lacks of it. */
const completionSeconds = 10

export interface JoinedExportRequest extends ExportRequest {
  /** Platforms built together are exported each by itself, under a name of its own. */
  readonly apart: boolean
  /** What the ref was found as before the build. */
  readonly foundAs: string | undefined
}

/**
 * Exports a stage: of several platforms each by a build of its own, one after the other, or all by one; then one ref is made of what they wrote
 * (render-config.ts says why). Then it takes over what BuildKit leaves out of it. A failure never throws:
 * it is an outcome.
 */
export async function runJoinedExport(
  host: Host,
  cancellation: Cancellation,
  request: JoinedExportRequest
): Promise<TimedOutcome> {
  const { ref } = request
  const { renew } = cacheTexts[ref.backend]
  if (request.cause === 'refresh' && renew) return renewed(host, cancellation, request, renew(host, ref, request.foundAs))
  const reading = readImported(host, request)
  const parts = host.buildkitEntries.available || ref.backend !== 'gha' ? ref.parts : undefined
  if (ref.backend === 'gha' && request.ghaUploads && !parts) {
    return runExport(host, cancellation, { ...request, completion: reading })
  }
  // There a name stands for the newest, which the export is going to be.
  if (ref.backend === 'gha') await cancellation.orElse(reading, undefined)
  const outcome = await (parts ? exportParts(host, cancellation, request, parts) : runExport(host, cancellation, request))
  request.onLayersWritten()
  return outcome.exported === 'yes' ? completed(host, cancellation, request, outcome, reading) : outcome
}

async function renewed(
  { clock }: Host,
  cancellation: Cancellation,
  { stage, ref }: JoinedExportRequest,
  renewal: Promise<string | undefined>
): Promise<ExportOutcome> {
  const started = clock.now()
  const ended = await cancellation.orElse(
    renewal.then(
      digest => ({ exported: 'yes' as const, ...(digest === undefined ? {} : { digest }), detail: '' }),
      (error: unknown) => failure(ref, messageOf(error))
    ),
    { exported: 'left', detail: '' }
  )
  return { stage, ref, started, seconds: (clock.now() - started) / 1000, ranSteps: [], ...ended }
}

async function exportParts(
  host: Host,
  cancellation: Cancellation,
  request: JoinedExportRequest,
  parts: NonNullable<ExportRequest['ref']['parts']>
): Promise<TimedOutcome> {
  const { ref, inputs, apart } = request
  const done: ExportOutcome[] = []
  let seconds = 0
  const together = [{ platforms: inputs.platforms, name: ref.name }]
  const exports = apart ? parts.map(one => ({ platforms: [one.platform], name: one.name })) : together
  for (const one of exports) {
    const { platforms, name } = one
    const outcome = await runExport(host, cancellation, {
      ...request,
      inputs: { ...inputs, platforms },
      ref: { ...ref, name },
      onLayersWritten: one === exports.at(-1) ? request.onLayersWritten : () => undefined,
      timeoutSeconds: Math.max(1, request.timeoutSeconds - seconds)
    })
    seconds += outcome.seconds
    done.push(outcome)
    if (outcome.exported !== 'yes') break
  }
  const begun = done.find(({ started }) => started !== undefined)?.started
  const sum = {
    stage: request.stage,
    ref,
    ...(begun === undefined ? {} : { started: begun }),
    ranSteps: done.flatMap(({ ranSteps }) => ranSteps)
  }
  const failed = done.find(({ exported }) => exported !== 'yes')
  if (failed) return { ...failed, ...sum, seconds }
  const before = host.clock.now()
  const took = () => seconds + (host.clock.now() - before) / 1000
  try {
    const target = { ref, directory: request.directory ?? ref.place }
    await request.announced
    const digest = await cancellation.orElse(cacheTexts[ref.backend].writeJoined(host, done, target), 'left')
    if (digest === 'left') return { ...sum, exported: 'left', seconds: took(), detail: '' }
    return { ...sum, exported: 'yes', digest, seconds: took(), detail: '' }
  } catch (error) {
    return { ...sum, ...failure(ref, messageOf(error)), seconds: took() }
  }
}

async function readImported(host: Host, { ref, directory, completedFrom }: JoinedExportRequest): Promise<readonly ReadTexts[]> {
  if (ref.backend === 'gha' && !host.buildkitEntries.available) return []
  const inTime = withDeadline(completionSeconds, `not done within ${completionSeconds} s`)
  const read = (source: TextSource) => cacheTexts[ref.backend].readImported(host, source, directory ?? ref.place)
  return Promise.all(
    completedFrom.map(source =>
      inTime(read(source)).catch((error: unknown) => {
        host.log.info(`${displayRef(ref)} takes nothing over from ${displayRef(source.ref)}: ${lastLine(messageOf(error))}`)
        return 'unread' as const
      })
    )
  )
}

/** What cannot be taken over costs, at worst, a later build some steps. */
async function completed(
  host: Host,
  cancellation: Cancellation,
  { ref, directory }: JoinedExportRequest,
  outcome: ExportOutcome,
  reading: Promise<readonly ReadTexts[]>
): Promise<ExportOutcome> {
  if (ref.backend !== 'gha' && outcome.digest === undefined) return outcome
  const before = host.clock.now()
  try {
    const imported = (await cancellation.orElse(reading, [])).filter(texts => texts !== 'unread')
    if (imported.length === 0) return outcome
    const inTime = withDeadline(completionSeconds, `not done within ${completionSeconds} s`)
    const writing = inTime(
      cacheTexts[ref.backend].complete(host, { exported: outcome, imported, directory: directory ?? ref.place })
    )
    // A directory is not to be put in its place while it is written to, and that takes no time.
    const digest = await (ref.backend === 'local' ? writing : cancellation.orElse(writing, undefined))
    const seconds = outcome.seconds + (host.clock.now() - before) / 1000
    return { ...outcome, ...(digest === undefined ? {} : { digest }), seconds }
  } catch (error) {
    host.log.info(`${displayRef(ref)} does not have all that the one before it had: ${lastLine(messageOf(error))}`)
    return outcome
  }
}
