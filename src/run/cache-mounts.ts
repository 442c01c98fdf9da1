import type { UsedMount } from '../dockerfile/cache-mount'
import { messageOf } from '../errors'
import { mayRun } from '../explain/expected-mounts'
import type { StageExpectation } from '../explain/expectations'
import { findCacheMounts } from '../fingerprint/cache-mounts'
import type { Host } from '../host'
import type { Inputs } from '../inputs'
import { readsCache } from '../plan/argv'
import { mountGroups, planMounts, toolImages } from '../plan/cache-mounts'
import type { KeptMount, MountPlan } from '../plan/cache-mounts'
import type { ImportPlan } from '../plan/imports'
import { archiveName, fillDockerfile, namespaceArgument } from '../plan/mount-builds'
import { mountEnvironment } from '../plan/mount-environment'
import type { Degradation, MountRestored } from '../reasons'
import type { Builder } from './builder'
import type { Cancellation } from './cancellation'
import { runMountBuild, statusIn, type MountBuildOutcome } from './mount-build'
import { fetchMount } from './mount-store'
import type { StoredMount } from './mount-store'
import type { Preparation } from './prepare'

/** Seconds that fetching the mounts and filling them may take, counted from when it is known which are wanted. */
const restoreSeconds = 300

/** How many archives are fetched at the same time. */
const lanes = 2

/** A kept mount, and what became of it before the build. */
export interface RestoredMount extends KeptMount {
  readonly restored: MountRestored
  /** What an earlier job kept of it. */
  readonly stored?: StoredMount
}

export interface RestoredMounts {
  readonly mounts: readonly RestoredMount[]
  readonly degradations: readonly Degradation[]
}

/** The cache mounts of a job. */
export interface CacheMounts {
  /** What can be kept, and what cannot. */
  readonly plan: MountPlan
  /** Fills the mounts that are expected to be used. Never throws: what could not be done is a degradation. */
  fill(builder: Builder): Promise<RestoredMounts>
}

export interface ExpectedBuild {
  readonly imports: ImportPlan
  readonly expectations: readonly StageExpectation[]
}

/**
 * Begins to fetch the mounts as soon as it is known what is expected of the build; where the builder may hold them, once it is known
 * whether it does.
 */
export function startCacheMounts(
  host: Host,
  cancellation: Cancellation,
  preparation: Preparation,
  builder: Promise<Builder>,
  expected: Promise<ExpectedBuild>
): CacheMounts {
  const plan = usedMounts(host, preparation)
  const { inputs } = preparation
  const fetch = async () => {
    if (mayHoldMounts(host) && !carriesMounts(host, inputs, await builder)) return undefined
    return fetchMounts(host, preparation, plan.kept, await expected)
  }
  const fetching = plan.kept.length === 0 || inputs.cacheMounts === 'false' ? undefined : fetch()
  // Who waits for it reports it; nobody does where the job ends before.
  fetching?.catch(() => undefined)
  return {
    plan,
    async fill(made) {
      const nothing: RestoredMounts = { mounts: [], degradations: [] }
      if (!fetching) return nothing
      try {
        const fetched = await cancellation.orElse(fetching, undefined)
        return fetched ? await fillMounts(host, cancellation, preparation, made, fetched) : nothing
      } catch (error) {
        host.log.info(`Cache mounts were not restored: ${messageOf(error)}`)
        return nothing
      }
    }
  }
}

/** Whether cache mounts are carried from job to job: not where nobody wants it, or where the builder outlives the job and keeps them. */
export function carriesMounts(
  host: Host,
  { cacheMounts }: Pick<Inputs, 'cacheMounts'>,
  { created }: Pick<Builder, 'created'>
): boolean {
  return cacheMounts === 'true' || (cacheMounts === 'auto' && (created || !mayHoldMounts(host)))
}

/** A machine that outlives the job, and may have a builder that does. */
function mayHoldMounts({ env }: Host): boolean {
  return env['RUNNER_ENVIRONMENT'] === 'self-hosted'
}

/** Where archives are kept on a machine without a cache service. */
export function mountDirectoryOf({ inputs }: Preparation): string {
  return `${inputs.cacheDir}.mounts`
}

function usedMounts(host: Host, preparation: Preparation): MountPlan {
  const { inputs, plan, script, file, buildArgs } = preparation
  // Most Dockerfiles have none, and then nothing has to be worked out.
  if (!/--mount/i.test(file.text)) return { kept: [], left: [] }
  const used = plan.platforms.flatMap((platform): readonly UsedMount[] =>
    findCacheMounts({
      script,
      needed: plan.stages.map(({ stage }) => stage),
      settings: { buildArgs, platform, buildPlatform: host.platform, targetName: plan.target.name },
      contexts: inputs.buildContexts.map(context => context.slice(0, context.indexOf('=')))
    })
  )
  const { platforms } = plan
  return planMounts({
    used,
    environmentOf: use =>
      platforms.join() === host.platform ? mountEnvironment(use, preparation.dockerfile.stages, script, buildArgs) : undefined,
    namespace: buildArgs[namespaceArgument] ?? '',
    scopes: plan.scopes.read,
    platforms,
    version: inputs.cacheVersion
  })
}

interface Fetched {
  readonly mounts: readonly RestoredMount[]
  readonly degradations: Degradation[]
  /** When to go on without, in milliseconds since the epoch. */
  readonly deadline: number
}

async function fetchMounts(
  host: Host,
  preparation: Preparation,
  kept: readonly KeptMount[],
  { imports, expectations }: ExpectedBuild
): Promise<Fetched> {
  const deadline = host.clock.now() + restoreSeconds * 1000
  const { plan } = preparation
  const needed = plan.stages.map(({ stage }) => stage)
  const facts = { needed, expectations, imports: imports.main !== undefined || imports.broughtIn.length > 0 }
  const emptied = emptiedStages(preparation)
  const degradations: Degradation[] = []
  const restored = new Map<KeptMount, RestoredMount>()
  const wanted = kept.filter(mount => {
    const isEmptied = mount.uses.some(({ stage }) => emptied.has(stage))
    const why = isEmptied ? 'emptied' : mayRun(mount.uses, facts) ? undefined : 'not-needed'
    if (why) restored.set(mount, { ...mount, restored: why })
    return !why
  })
  const fetchOne = async (mount: KeptMount): Promise<void> => {
    try {
      const directory = await host.files.makeTemporary('mount-')
      const left = Math.max(1, (deadline - host.clock.now()) / 1000)
      const stored = await fetchMount(host, mountDirectoryOf(preparation), mount.names, directory, left)
      restored.set(mount, stored ? { ...mount, restored: 'failed', stored } : { ...mount, restored: 'absent' })
    } catch (error) {
      degradations.push({ code: 'mount-restore-failed', mount: mount.mount.shown, detail: messageOf(error) })
      restored.set(mount, { ...mount, restored: 'failed' })
    }
  }
  const waiting = [...wanted]
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await fetchOne(next)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return { mounts: kept.flatMap(mount => restored.get(mount) ?? []), degradations, deadline }
}

/** Indexes of stages whose cache mounts BuildKit empties, since they are built without cache (moby/buildkit solver/llbsolver/bridge.go). */
function emptiedStages({ inputs, plan, rebuilt }: Preparation): ReadonlySet<number> {
  const names = new Set([...rebuilt, ...inputs.noCacheFilters.map(name => name.toLowerCase())])
  const stages = plan.stages.map(({ stage }) => stage)
  return new Set(stages.filter(({ name }) => !readsCache(inputs) || names.has(name)).map(({ index }) => index))
}

/** Builds that unpack all that was fetched: one, unless some mounts need an image of their own. */
async function fillMounts(
  host: Host,
  cancellation: Cancellation,
  preparation: Preparation,
  builder: Builder,
  { mounts, degradations, deadline }: Fetched
): Promise<RestoredMounts> {
  const filled = mounts.filter(({ stored }) => stored !== undefined)
  if (filled.length > 0) host.log.info(`Restoring ${filled.length} cache mounts`)
  const results = new Map<RestoredMount, RestoredMount>()
  for (const group of mountGroups(filled)) {
    const outcome = await fillGroup(host, cancellation, preparation, builder, group, deadline)
    for (const [position, mount] of group.entries()) {
      const { restored, detail } = await readFilled(host, outcome, position)
      results.set(mount, { ...mount, restored })
      if (detail !== undefined) degradations.push({ code: 'mount-restore-failed', mount: mount.mount.shown, detail })
    }
  }
  return { mounts: mounts.map(mount => results.get(mount) ?? mount), degradations }
}

async function fillGroup(
  host: Host,
  cancellation: Cancellation,
  { inputs, plan, buildArgs, jobId }: Preparation,
  builder: Builder,
  group: readonly RestoredMount[],
  deadline: number
): Promise<MountBuildOutcome> {
  const context = await host.files.makeTemporary('archives-')
  for (const [position, { stored }] of group.entries()) {
    await host.files.move(stored?.path ?? '', `${context}/${archiveName(position)}`)
  }
  const stages = plan.stages.map(({ stage }) => stage)
  const outcome = await runMountBuild(host, cancellation, {
    builder: builder.name,
    buildArgs,
    mounts: group,
    images: toolImages(stages, group, inputs.cacheMountsImage),
    dockerfile: image => fillDockerfile({ image, jobId, mounts: group }),
    context,
    deadline
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
  if ('failure' in outcome) return { restored: 'failed', detail: outcome.failure }
  const directory = outcome.directories[position] ?? ''
  const status = await statusIn(host, directory)
  if (status === 'restored') return { restored: 'yes' }
  if (status === 'kept') return { restored: 'in-builder' }
  return { restored: 'failed', detail: (await host.files.read(`${directory}/said`))?.trim() || 'it could not be unpacked' }
}
