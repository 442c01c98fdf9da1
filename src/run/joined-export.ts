import { lastLine, messageOf } from '../errors'
import type { Host } from '../host'
import { isRefusal } from '../plan/permissions'
import { writeJoined } from './cache-texts'
import type { Cancellation } from './cancellation'
import { runExport } from './export-build'
import type { ExportOutcome, ExportRequest } from './export-build'

export interface JoinedExportRequest extends ExportRequest {
  /** Platforms built together are exported each by itself, under a name of its own. */
  readonly apart: boolean
}

/**
 * Exports a stage: of several platforms each by a build of its own, one after the other, or all by one; then one ref is made of what they wrote
 * (join-configs.ts says why). A failure never throws: it is an outcome.
 */
export async function runJoinedExport(
  host: Host,
  cancellation: Cancellation,
  request: JoinedExportRequest
): Promise<ExportOutcome & { readonly timedOut?: boolean }> {
  const { ref, inputs, apart } = request
  if (!ref.parts || (ref.backend === 'gha' && !host.buildkitIndexes.available)) return runExport(host, cancellation, request)
  const done: ExportOutcome[] = []
  let seconds = 0
  const together = [{ platforms: inputs.platforms, name: ref.name }]
  for (const { platforms, name } of apart ? ref.parts.map(one => ({ platforms: [one.platform], name: one.name })) : together) {
    const outcome = await runExport(host, cancellation, {
      ...request,
      inputs: { ...inputs, platforms },
      ref: { ...ref, name },
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
    const writing = writeJoined[ref.backend](host, done, { ref, directory: request.directory ?? ref.place })
    const digest = await cancellation.orElse(writing, 'left')
    if (digest === 'left') return { ...sum, exported: 'left', seconds: took(), detail: '' }
    return { ...sum, exported: 'yes', ...(digest ? { digest } : {}), seconds: took(), detail: '' }
  } catch (error) {
    const detail = lastLine(messageOf(error))
    return { ...sum, exported: isRefusal(ref.backend, detail) ? 'not-allowed' : 'failed', seconds: took(), detail }
  }
}
