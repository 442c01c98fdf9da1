import { BuildFailed, BuildxMissing, InputError, messageOf } from '../errors'
import type { Host } from '../host'
import { renderCancelledBefore, renderNothingBuilt } from '../report/nothing-built'
import { cancelledBefore } from '../report/sentences-plain'
import type { Cancellation } from './cancellation'
import { wantsSummary } from './wants-summary'

/**
 * Waits for what comes before the build; what it throws is shown in the job summary too. Once the job is cancelled that is
 * BuildFailed and says so: what docker says when it is interrupted is no cause.
 */
export async function withSummary<T>(host: Host, { requested }: Pick<Cancellation, 'requested'>, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (requested() && !(error instanceof InputError)) {
      await summarize(host, renderCancelledBefore())
      throw new BuildFailed(cancelledBefore, cancelledExitCode)
    }
    // That one is not the end.
    if (!(error instanceof BuildxMissing)) await summarize(host, renderNothingBuilt(problemsOf(error)))
    throw error
  }
}

/** Exit code of a shell for what SIGINT ended. */
const cancelledExitCode = 130

function problemsOf(error: unknown): readonly string[] {
  return error instanceof InputError ? error.problems : [messageOf(error)]
}

async function summarize(host: Host, summary: string): Promise<void> {
  if (!wantsSummary(host)) return
  try {
    await host.workflow.appendSummary(summary)
  } catch {
    // The error itself is what the step fails with.
  }
}
