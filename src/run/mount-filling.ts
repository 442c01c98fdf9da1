import { messageOf } from '../errors'
import type { Host } from '../host'
import { mountGroups, toolImages } from '../plan/cache-mounts'
import type { KeptMount } from '../plan/cache-mounts'
import type { CacheRef } from '../plan/cache-plan'
import { pruneContextsArgv } from '../plan/mount-argv'
import { archiveName, fillDockerfile } from '../plan/mount-builds'
import type { Degradation, MountRestored } from '../reasons'
import { count } from '../report/amounts'
import { isDiskFull } from '../report/disk-trouble'
import { plain } from '../report/words'
import type { Builder } from './builder'
import type { Cancellation } from './cancellation'
import { runMountBuild, statusIn, type MountBuildOutcome } from './mount-build'
import type { StoredMount } from './mount-fetching'
import type { Preparation } from './prepare'

/** Seconds that freeing the disk may take. */
const pruneSeconds = 20

/** A kept mount, and what became of it before the build. */
export interface RestoredMount extends KeptMount {
  readonly restored: MountRestored
  /** What an earlier job kept of it. */
  readonly stored?: StoredMount
}

export interface RestoredMounts {
  readonly mounts: readonly RestoredMount[]
  readonly degradations: readonly Degradation[]
  /** Steps of the user's may have run, against what was expected. */
  readonly ranSteps?: true
}

/** What was fetched of the mounts. */
export interface FetchedMounts {
  readonly mounts: readonly RestoredMount[]
  readonly degradations: Degradation[]
  /** When to go on without, in milliseconds since the epoch. */
  readonly deadline: number
  /** The main build's import. */
  readonly importRef: CacheRef | undefined
}

/** Builds that unpack all that was fetched: one, unless some mounts need an image of their own. */
export async function fillMounts(
  host: Host,
  cancellation: Cancellation,
  preparation: Preparation,
  builder: Builder,
  { mounts, degradations, deadline, importRef }: FetchedMounts
): Promise<RestoredMounts> {
  const filled = mounts.filter(({ stored }) => stored !== undefined)
  if (filled.length > 0) host.log.info(`Restoring ${plain([count(filled.length, 'cache mount')])}`)
  const results = new Map<RestoredMount, RestoredMount>()
  let ranSteps = false
  let isFull = false
  for (const group of mountGroups(filled)) {
    const outcome = await fillGroup(host, cancellation, preparation, builder, group, { deadline, importRef })
    ranSteps ||= 'ranSteps' in outcome
    for (const [position, mount] of group.entries()) {
      const { restored, detail } = await readFilled(host, outcome, position)
      results.set(mount, { ...mount, restored })
      if (detail === undefined) continue
      isFull ||= isDiskFull(detail)
      degradations.push({ code: 'mount-restore-failed', mount: mount.mount.shown, detail })
    }
  }
  if (isFull && !cancellation.requested()) await freeArchives(host, cancellation, builder)
  return { mounts: mounts.map(mount => results.get(mount) ?? mount), degradations, ...(ranSteps ? { ranSteps } : {}) }
}

/** BuildKit keeps a context for later builds, as that of the archives, and the build needs what there is of the disk. Never throws. */
async function freeArchives(host: Host, cancellation: Cancellation, { name }: Builder): Promise<void> {
  try {
    await cancellation.watch(host.exec.start('docker', pruneContextsArgv(name), { timeoutSeconds: pruneSeconds })).result
  } catch (error) {
    host.log.debug(messageOf(error))
  }
}

async function fillGroup(
  host: Host,
  cancellation: Cancellation,
  preparation: Preparation,
  builder: Builder,
  group: readonly RestoredMount[],
  more: Pick<FetchedMounts, 'deadline' | 'importRef'>
): Promise<MountBuildOutcome> {
  const context = await host.files.makeTemporary('archives-')
  for (const [position, { stored }] of group.entries()) {
    await host.files.move(stored?.path ?? '', `${context}/${archiveName(position)}`)
  }
  const { inputs, plan, jobId } = preparation
  const stages = plan.stages.map(({ stage }) => stage)
  const filled = group.map(({ stored, ...mount }) => ({ ...mount, digest: stored?.digest ?? '' }))
  const outcome = await runMountBuild(host, cancellation, {
    builder: builder.name,
    preparation,
    mounts: group,
    images: toolImages(stages, group, inputs.cacheMountsImage),
    dockerfile: image => fillDockerfile({ image, jobId }, filled),
    context,
    ...more
  })
  await host.files.remove(context)
  return outcome
}

/** What became of a mount, and what went wrong where it was not filled. */
async function readFilled(
  host: Host,
  outcome: MountBuildOutcome,
  position: number
): Promise<{ readonly restored: MountRestored; readonly detail?: string }> {
  if ('ranSteps' in outcome) return { restored: 'base-rebuilt' }
  if ('failure' in outcome) return { restored: 'failed', detail: outcome.failure }
  const directory = outcome.directories[position] ?? ''
  const status = await statusIn(host, directory)
  if (status === 'restored') return { restored: 'yes' }
  if (status === 'kept') return { restored: 'in-builder' }
  if (status === 'other-base') return { restored: 'starts-anew' }
  return { restored: 'failed', detail: (await host.files.read(`${directory}/said`))?.trim() || 'it could not be unpacked' }
}
