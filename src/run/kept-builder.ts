import { BuildFailed } from '../errors'
import type { Host } from '../host'
import { removeBuilderArgv } from '../plan/builder'
import type { Cancellation } from './cancellation'

/** Notes that this job made a builder. Without the note the next step of the job makes it anew, of the same state. */
export async function noteMade(host: Host, name: string): Promise<void> {
  const mark = markOf(host, name)
  if (mark === undefined) return
  try {
    await host.files.makeDirectory(mark.directory)
    await host.files.write(mark.path, '')
  } catch {
    // See above.
  }
}

/** Whether a step of this job made the builder: one that is left of a job that was killed may have other options. */
export async function madeByThisJob(host: Host, name: string): Promise<boolean> {
  const mark = markOf(host, name)
  return mark !== undefined && host.files.exists(mark.path)
}

/** Removes a builder that an earlier job left, but not what it holds. Throws BuildFailed. */
export async function removeLeftBuilder(host: Host, cancellation: Cancellation, name: string): Promise<void> {
  const { exitCode, stderr } = await cancellation.watch(host.exec.start('docker', removeBuilderArgv(name, true))).result
  if (exitCode !== 0) throw new BuildFailed(`docker buildx rm ${name} failed: ${stderr.trim()}`, exitCode)
}

/** A file in the runner's temporary directory, which is empty when a job begins. */
function markOf({ env }: Host, name: string): { readonly directory: string; readonly path: string } | undefined {
  const directory = env['RUNNER_TEMP']
  return directory ? { directory, path: `${directory}/stage-cache-build-builder-${name}` } : undefined
}
