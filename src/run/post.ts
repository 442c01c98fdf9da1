import { messageOf } from '../errors'
import { handoverState, parseHandover, underWayState } from '../handover'
import type { Handover, LeftBuildx, LeftExports, LeftMounts, LocalSave } from '../handover'
import type { Host } from '../host'
import { asksForDebugging, daemonLogArgv, removeBuilderArgv } from '../plan/builder'
import { removeContextArgv } from '../plan/docker-context'
import { bytes as amount, count } from '../report/amounts'
import { renderKilled, renderLeft, renderLeftMounts, troubles } from '../report/summary-notes'
import { savedByThen } from '../report/sentences-plain'
import { plain } from '../report/words'
import { hideCredentials, withoutQueries } from '../signed-urls'
import { watchCancellation } from './cancellation'
import { wantsSummary } from './wants-summary'

/** Seconds that the post step of a cancelled job goes on saving: the run that takes its place may be waiting for it. */
const leftSeconds = 60

/** Seconds that removing the builder may take. */
const removeSeconds = 60

/** Finishes, saves and undoes what main left, whatever became of main. Never throws: trouble is a warning. */
export async function runPost(host: Host, readEvent: () => Promise<unknown>): Promise<void> {
  if (host.workflow.state(underWayState) !== '') await attempt(host, tellKilled(host))
  const handover = parseHandover(host.workflow.state(handoverState))
  if (!handover) return
  const { buildx, staging, left, leftMounts } = handover
  const until = host.clock.now() + leftSeconds * 1000
  const saved = left ? await attempt(host, finishLeft(host, readEvent, left, staging, until)) : undefined
  if (leftMounts) await attempt(host, finishMounts(host, readEvent, leftMounts, until))
  const localCache = bothSaves(handover.localCache, saved)
  await Promise.all([
    undoBuilder(host, handover),
    buildx === undefined ? undefined : attempt(host, keepBuildx(host, buildx)),
    staging === undefined ? undefined : attempt(host, host.files.remove(staging)),
    localCache === undefined ? undefined : attempt(host, saveDirectory(host, localCache))
  ])
}

async function attempt<T>(host: Host, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    host.log.warning(messageOf(error))
    return undefined
  }
}

async function tellKilled(host: Host): Promise<void> {
  host.log.warning(`The main step was killed before it could say what became of the build. ${savedByThen}`)
  if (wantsSummary(host)) await host.workflow.appendSummary(renderKilled(/[^\s,]+/.exec(host.workflow.input('tags'))?.[0]))
}

/** Says what became of the exports that a cancelled job left; gives the local cache to save. */
async function finishLeft(
  host: Host,
  readEvent: () => Promise<unknown>,
  left: LeftExports,
  staging: string | undefined,
  until: number
): Promise<LocalSave | undefined> {
  // Only a cancelled job needs it, and with it most of the action.
  const { finishExports } = await import('./left-exports')
  const cancellation = watchCancellation(host)
  const { outcomes, troubles, localCache } = await finishExports(host, cancellation, await readEvent(), left, { staging, until })
  const saved = outcomes.filter(({ exported }) => exported === 'yes').map(({ stage }) => stage)
  if (wantsSummary(host)) await host.workflow.appendSummary(renderLeft(saved, troubles))
  return localCache
}

/** Says what became of the cache mounts that a cancelled job left. */
async function finishMounts(host: Host, readEvent: () => Promise<unknown>, left: LeftMounts, until: number): Promise<void> {
  const { saveLeftMounts } = await import('./left-mounts')
  const { saved, troubles } = await saveLeftMounts(host, watchCancellation(host), await readEvent(), left, until)
  for (const mount of saved) host.log.info(`Cache mount ${mount} saved`)
  if (wantsSummary(host)) await host.workflow.appendSummary(renderLeftMounts(saved, troubles))
}

/** What main and post wrote together. */
function bothSaves(first: LocalSave | undefined, then: LocalSave | undefined): LocalSave | undefined {
  if (!first || !then) return then ?? first
  const before = (stage: string) => first.stages.find(one => one.stage === stage)?.written
  const stages = then.stages.map(one => {
    const written = one.written ?? before(one.stage)
    return { ...one, ...(written === undefined ? {} : { written }) }
  })
  return { ...then, gone: [...new Set([...first.gone, ...then.gone])], stages }
}

async function removeBuilder(host: Host, name: string, keepState = false): Promise<void> {
  const argv = removeBuilderArgv(name, keepState)
  const { exitCode, stderr } = await host.exec.start('docker', argv, { timeoutSeconds: removeSeconds }).result
  if (exitCode === 0) host.log.info(`Builder ${name} removed`)
  else host.log.warning(`Builder ${name} could not be removed: ${stderr.trim()}`)
}

/** One after the other: a builder that is gone is nobody's current one, and its context is needed to remove it. */
async function undoBuilder(host: Host, { builder, keepState, current, context }: Handover): Promise<void> {
  if (current) await attempt(host, giveBack(host, current))
  if (builder !== undefined) {
    if (wantsDaemonLog(host)) await attempt(host, printDaemonLog(host, builder))
    await attempt(host, removeBuilder(host, builder, keepState))
  }
  if (context !== undefined) await attempt(host, removeContext(host, context))
}

/** As docker/setup-buildx-action: with debug logging, or where the daemon was asked for it. */
function wantsDaemonLog({ env, workflow }: Host): boolean {
  return env['RUNNER_DEBUG'] === '1' || asksForDebugging(workflow.input('buildkitd-flags'))
}

/** Other drivers than docker-container have no such container, and nothing is printed. */
async function printDaemonLog(host: Host, builder: string): Promise<void> {
  const { exitCode, stderr } = await host.exec.start('docker', daemonLogArgv(builder), { timeoutSeconds: removeSeconds }).result
  if (exitCode !== 0) return
  host.log.group('Log of BuildKit')
  // Layers come by signed URLs, and repositories by those with a password.
  host.log.info(hideCredentials(withoutQueries(stderr.trim())))
  host.log.endGroup()
}

async function removeContext(host: Host, name: string): Promise<void> {
  const { exitCode, stderr } = await host.exec.start('docker', removeContextArgv(name), { timeoutSeconds: removeSeconds }).result
  if (exitCode !== 0) host.log.warning(`Docker context ${name} could not be removed: ${stderr.trim()}`)
}

async function giveBack(host: Host, current: NonNullable<Handover['current']>): Promise<void> {
  const { giveBackCurrent } = await import('./offered-builder')
  await giveBackCurrent(host, current)
}

async function keepBuildx(host: Host, left: LeftBuildx): Promise<void> {
  try {
    const { saveBuildx } = await import('./buildx')
    await saveBuildx(host, left)
    host.log.info(`buildx saved to GitHub's cache as ${left.key}`)
  } catch (error) {
    // A job that may only read is told of that where it matters.
    host.log.info(`buildx could not be saved to GitHub's cache: ${messageOf(error)}`)
  }
}

async function saveDirectory(host: Host, save: LocalSave): Promise<void> {
  const failed = async (detail: string) => {
    host.log.warning(`The local cache could not be saved: ${detail}`)
    if (wantsSummary(host)) await host.workflow.appendSummary(troubles([{ code: 'save-failed', backend: 'local', detail }], 1))
  }
  try {
    const { saveLocalCache } = await import('./local-save')
    const { entries, bytes, failures } = await saveLocalCache(host, save)
    host.log.info(`Local cache ${save.directory}: ${count(entries, 'new entry', 'new entries')} saved, ${plain([amount(bytes)])}`)
    if (failures.length > 0) await failed(failures.join('; '))
  } catch (error) {
    await failed(messageOf(error))
  }
}
