import { BuildxMissing, InputError, messageOf } from '../errors'
import type { Host } from '../host'
import { renderNothingBuilt } from '../report/nothing-built'
import { wantsSummary } from './wants-summary'

/** Waits for what comes before the build; what it throws is shown in the job summary too. */
export async function withSummary<T>(host: Host, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    // That one is not the end.
    if (!(error instanceof BuildxMissing)) await summarize(host, error)
    throw error
  }
}

async function summarize(host: Host, error: unknown): Promise<void> {
  if (!wantsSummary(host)) return
  const message = messageOf(error)
  try {
    await host.workflow.appendSummary(renderNothingBuilt(error instanceof InputError ? error.problems : [message]))
  } catch {
    // The error itself is what the step fails with.
  }
}
