import { messageOf } from '../errors'
import { ran, wasStopped } from '../explain/expected-mounts'
import type { StageResult } from '../explain/stage-result'
import type { LeftMounts } from '../handover'
import type { Host } from '../host'
import { mountGroups, toolImages } from '../plan/cache-mounts'
import type { CacheRef } from '../plan/cache-plan'
import { packDockerfile } from '../plan/mount-builds'
import { savesCaches } from '../plan/permissions'
import type { Degradation, MountSaved } from '../reasons'
import { bytes as amount } from '../report/amounts'
import type { Builder } from './builder'
import { mountDirectoryOf } from './cache-mounts'
import type { Caches } from './caches'
import type { Cancellation } from './cancellation'
import { newLanes } from './lanes'
import { runMountBuild, statusIn } from './mount-build'
import type { RestoredMount } from './mount-filling'
import { keepMount, keptEntry } from './mount-store'
import type { Preparation } from './prepare'

/** Seconds that packing and saving the mounts may take. */
const savingSeconds = 600
/** Seconds the cache service has to say whether it holds something of a mount. */
const questionSeconds = 15

/** How many archives are saved at the same time. */
const savesAtOnce = 2

/** A mount, and what became of it. */
export interface SavedMount extends RestoredMount {
  readonly saved: MountSaved
  /** Of what was saved: the archive, or its difference from one that was saved before. */
  readonly bytes?: number
}

export interface SavedMounts {
  readonly mounts: readonly SavedMount[]
  readonly degradations: readonly Degradation[]
  /** What the post step of a cancelled job is to save. */
  readonly left?: LeftMounts
}

/** Saves the mounts that steps of this build used and changed. Never throws: what could not be done is a degradation. */
export async function saveMounts(
  host: Host,
  cancellation: Cancellation,
  preparation: Preparation,
  builder: Builder,
  caches: Pick<Caches, 'readOnly'>,
  mounts: readonly RestoredMount[],
  { results, importRef }: { readonly results: readonly StageResult[]; readonly importRef: CacheRef | undefined }
): Promise<SavedMounts> {
  const degradations: Degradation[] = []
  const deadline = host.clock.now() + savingSeconds * 1000
  const decided = await Promise.all(
    mounts.map(async (mount): Promise<SavedMount | RestoredMount> => {
      const saved =
        whyNotSaved(host, preparation, caches, mount, results) ??
        (cancellation.requested() ? 'cancelled' : await cancellation.orElse(isKept(host, preparation, mount), 'cancelled'))
      return saved ? { ...mount, saved } : mount
    })
  )
  const wanted = decided.filter(mount => !('saved' in mount))
  const packed = new Map<RestoredMount, SavedMount>()
  for (const group of mountGroups(wanted)) {
    for (const mount of await packMounts(host, cancellation, preparation, builder, group, { deadline, degradations, importRef }))
      packed.set(...mount)
  }
  const saved = decided.map((mount): SavedMount => {
    if ('saved' in mount) return mount
    return packed.get(mount) ?? { ...mount, saved: 'failed' }
  })
  const left = saved.filter(mount => mount.saved === 'cancelled' && mayBeSavedLater(mount, results))
  return {
    mounts: saved,
    degradations,
    ...(left.length > 0 ? { left: { builder: builder.name, mounts: left.map(leftMount) } } : {})
  }
}

/** Not what a step was just writing, nor what may hold less than something that is saved. */
function mayBeSavedLater({ restored, uses }: RestoredMount, results: readonly StageResult[]): boolean {
  return restored !== 'not-needed' && !wasStopped(uses, results)
}

function leftMount({ names, stored }: RestoredMount): LeftMounts['mounts'][number] {
  return { name: names[0] ?? '', digest: stored?.digest ?? '' }
}

function whyNotSaved(
  host: Host,
  { inputs }: Preparation,
  { readOnly }: Pick<Caches, 'readOnly'>,
  { restored, uses }: RestoredMount,
  results: readonly StageResult[]
): MountSaved | undefined {
  if (restored === 'left') return 'not-asked'
  if (!ran(uses, results)) return wasStopped(uses, results) ? 'stopped' : 'not-used'
  if (!savesCaches(inputs)) return 'not-asked'
  return readOnly.includes(host.actionsCache.available ? 'gha' : 'local') ? 'not-allowed' : undefined
}

/** Something is saved that this build did not start from: its steps were not expected to run, and the mount holds less. */
async function isKept(host: Host, preparation: Preparation, { restored, names }: RestoredMount): Promise<'kept' | undefined> {
  if (restored !== 'not-needed') return undefined
  const isKept = await keptEntry(host, mountDirectoryOf(preparation), names, questionSeconds).catch(() => true)
  return isKept ? 'kept' : undefined
}

export interface Packing {
  readonly deadline: number
  readonly degradations: Degradation[]
  /** The main build's import. */
  readonly importRef: CacheRef | undefined
}

/** Packs and saves mounts that one build can serve; what could not be done is added to the degradations. Never throws. */
export async function packMounts(
  host: Host,
  cancellation: Cancellation,
  preparation: Preparation,
  builder: Pick<Builder, 'name'>,
  wanted: readonly RestoredMount[],
  { deadline, degradations, importRef }: Packing
): Promise<readonly (readonly [RestoredMount, SavedMount])[]> {
  const { inputs, plan, jobId } = preparation
  const stages = plan.stages.map(({ stage }) => stage)
  const packed = wanted.map(({ stored, ...mount }) => ({ ...mount, digest: stored?.digest ?? '' }))
  const fail = (mount: RestoredMount, detail: string, backend?: 'gha'): SavedMount => {
    if (cancellation.requested()) return { ...mount, saved: 'cancelled' }
    degradations.push({ code: 'mount-save-failed', mount: mount.mount.shown, detail, ...(backend ? { backend } : {}) })
    return { ...mount, saved: 'failed' }
  }
  try {
    const outcome = await runMountBuild(host, cancellation, {
      builder: builder.name,
      preparation,
      importRef,
      mounts: wanted,
      images: toolImages(stages, wanted, inputs.cacheMountsImage),
      dockerfile: image => packDockerfile({ image, jobId }, packed, inputs.cacheMountsMaxSize),
      context: await host.files.makeTemporary('empty-'),
      deadline
    })
    if ('failure' in outcome) return wanted.map(mount => [mount, fail(mount, outcome.failure)])
    const keepOne = async (mount: RestoredMount, directory: string): Promise<SavedMount> => {
      const status = await statusIn(host, directory)
      if (status === 'unchanged' || status === 'empty') return { ...mount, saved: status }
      if (status === 'too-large') {
        const detail = `more than ${amount(inputs.cacheMountsMaxSize)}`
        degradations.push({ code: 'mount-too-large', mount: mount.mount.shown, detail })
        return { ...mount, saved: 'too-large' }
      }
      const archive = `${directory}/archive.tar`
      if (status !== 'saved') {
        return fail(mount, (await host.files.read(`${directory}/said`))?.trim() || 'it could not be packed')
      }
      const digest = (await host.files.read(`${directory}/digest`))?.trim() || (await host.files.sha256(archive))
      const store = mountDirectoryOf(preparation)
      const keeping = keepMount(host, store, mount.names, digest, archive, deadline, mount.stored?.whole)
      // A cancelled job has seconds left, and the stages come first.
      keeping.catch(() => {})
      const bytes = await cancellation.orElse(keeping, undefined)
      return bytes === undefined ? { ...mount, saved: 'cancelled' } : { ...mount, saved: 'yes', bytes }
    }
    const lanes = newLanes({ save: savesAtOnce })
    const service = host.actionsCache.available ? 'gha' : undefined
    const save = async (mount: RestoredMount, position: number): Promise<readonly [RestoredMount, SavedMount]> => {
      const kept = keepOne(mount, outcome.directories[position] ?? '')
      return [mount, await kept.catch((error: unknown) => fail(mount, messageOf(error), service))]
    }
    return await Promise.all(wanted.map((mount, position) => lanes.enter('save', () => save(mount, position))))
  } catch (error) {
    return wanted.map(mount => [mount, fail(mount, messageOf(error))])
  }
}
