import { BuildFailed, BuildxMissing } from '../errors'
import { underWayState } from '../handover'
import type { Host } from '../host'
import { watchCancellation } from './cancellation'
import { runJob } from './job'
import { readJobInputs } from './job-inputs'
import { withSummary } from './refusal'

/** The main step; without buildx it does what can be done. Throws as `runJob`. */
export async function runMain(real: Host, event: unknown): Promise<void> {
  const { host, end } = underWay(real)
  const cancellation = watchCancellation(host)
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
    end()
  }
}

/** A host that notes for the post step that something was started; `end` takes that back. A job that starts nothing leaves nothing. */
function underWay(host: Host): { readonly host: Host; readonly end: () => void } {
  let isNoted = false
  const note = (value: string) => {
    isNoted = value !== ''
    host.workflow.saveState(underWayState, value)
  }
  const start: Host['exec']['start'] = (...command) => {
    if (!isNoted) note('true')
    return host.exec.start(...command)
  }
  return { host: { ...host, exec: { ...host.exec, start } }, end: () => (isNoted ? note('') : undefined) }
}
