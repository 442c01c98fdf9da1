import type { Host } from '../host'
import { aheadArgv, pullArgv } from '../plan/side-argv'
import type { AheadBuild, PullBuild } from '../plan/side-argv'
import { stepsRunHere } from '../progress/build-state'
import type { VertexTable } from '../progress/vertices'
import { runBuild } from './build'
import type { Cancellation } from './cancellation'

// What is done ahead of exports. Whatever becomes of it is noticed by them, and never rejects.

/** Has a stage's layers pulled into the builder. Exports that miss them run steps or lack layers, and say so. */
export async function pullStage(host: Host, cancellation: Cancellation, build: PullBuild, timeoutSeconds: number): Promise<void> {
  await runBuild(host, cancellation, pullArgv(build), { live: false, timeoutSeconds }).catch(() => undefined)
}

/** Has the layers of a Dockerfile's last stage compressed, while exports before its own upload others. */
export async function compressLayers(
  host: Host,
  cancellation: Cancellation,
  build: AheadBuild,
  timeoutSeconds: number
): Promise<void> {
  const stopWhen = (table: VertexTable) => stepsRunHere(table).length > 0
  await runBuild(host, cancellation, aheadArgv(build), { live: false, timeoutSeconds, stopWhen }).catch(() => undefined)
}
