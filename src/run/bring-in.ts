import { lastLine } from '../errors'
import type { Host } from '../host'
import { displayRef } from '../plan/cache-plan'
import type { FoundRef } from '../plan/coverage'
import { readingDockerfile, readsNoFile } from '../plan/own-dockerfile'
import { aheadArgv } from '../plan/side-argv'
import { stepsRunHere } from '../progress/build-state'
import type { VertexTable } from '../progress/vertices'
import type { Degradation } from '../reasons'
import { runBuild } from './build'
import type { Builder } from './builder'
import type { Cancellation } from './cancellation'
import { writeDockerfile } from './own-dockerfile'
import type { Preparation } from './prepare'

/** Seconds a build that brings one stage in may take. */
const bringInSeconds = 600

/** Seconds that reading a ref's list of steps and layers may take: BuildKit itself waits without end. */
export const importSeconds = 60

/**
 * One build of a stage with its own ref as the only import. It stops at the first step that is not cached: then the ref is of other
 * content, and the main build knows better what to do; a step may have run to its end by then.
 */
export async function bringIn(
  host: Host,
  cancellation: Cancellation,
  { preparation, builder }: { readonly preparation: Preparation; readonly builder: Builder },
  { ref }: FoundRef
): Promise<'done' | { readonly stale: VertexTable } | Degradation> {
  const { plan, inputs, file } = preparation
  const stage = plan.stages.find(planned => planned.stage.name === ref.stage)?.stage ?? plan.target
  host.log.info(`Bringing in ${ref.stage} from ${displayRef(ref)}`)
  const path = await writeDockerfile(host, file.path, readingDockerfile(file.text, stage))
  const run = await runBuild(host, cancellation, aheadArgv({ inputs, builder: builder.name, importRef: ref, file: path }), {
    live: false,
    stopWhen: ranAnyStep,
    timeoutSeconds: bringInSeconds,
    importSeconds
  })
  if (run.stopped || ranAnyStep(run.table)) {
    host.log.info(`${displayRef(ref)} is of other content: not used`)
    return { stale: run.table }
  }
  if (run.exitCode === 0) return 'done'
  const limit = run.importTimedOut ? importSeconds : run.timedOut ? bringInSeconds : undefined
  return {
    code: 'bring-in-failed',
    backend: ref.backend,
    stage: ref.stage,
    detail: limit === undefined ? lastLine(run.text) : `not done within ${limit} s`
  }
}

function ranAnyStep(table: VertexTable): boolean {
  return stepsRunHere(table).some(({ name }) => !readsNoFile(name))
}
