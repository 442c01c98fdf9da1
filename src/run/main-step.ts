import { BuildFailed, BuildxMissing } from '../errors'
import { underWayState } from '../handover'
import type { Host } from '../host'
import { watchCancellation } from './cancellation'
import { runJob } from './job'
import { readJobInputs } from './job-inputs'
import { withSummary } from './refusal'
import { withStandaloneBuildx } from './standalone'

/** The main step; without buildx it does what can be done. Throws as `runJob`. */
export async function runMain(real: Host, event: unknown): Promise<void> {
  const host = await withStandaloneBuildx(real)
  const cancellation = watchCancellation(host)
  host.workflow.saveState(underWayState, 'true')
  try {
    await runJob(host, event, cancellation)
  } catch (error) {
    if (!(error instanceof BuildxMissing)) throw error
    const { inputs } = await readJobInputs(host, event)
    if (!inputs.fallback)
      await withSummary(host, cancellation, Promise.reject(new BuildFailed(`Docker has no buildx: ${error.message}`, 1)))
    host.log.info(error.message)
    const { buildWithoutBuildx } = await import('./fallback')
    await buildWithoutBuildx(host, cancellation, inputs)
  } finally {
    // A step that is killed does not get here.
    host.workflow.saveState(underWayState, '')
  }
}
