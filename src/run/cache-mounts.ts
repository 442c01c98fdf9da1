import type { UsedMount } from '../dockerfile/cache-mount'
import { messageOf } from '../errors'
import { whyAnew, mayRun } from '../explain/expected-mounts'
import type { StageExpectation } from '../explain/expectations'
import { findCacheMounts } from '../fingerprint/cache-mounts'
import type { Host } from '../host'
import type { Inputs } from '../inputs'
import { readsCache } from '../plan/build-command'
import { mountBase, planMounts } from '../plan/cache-mounts'
import type { KeptMount, MountPlan } from '../plan/cache-mounts'
import type { ImportPlan } from '../plan/imports'
import { namespaceArgument } from '../plan/mount-argv'
import { mountEnvironment } from '../plan/mount-environment'
import { hasSeveralPods } from '../plan/pods'
import { savesCaches } from '../plan/permissions'
import type { Degradation } from '../reasons'
import { mountsOfSeveralPods } from '../report/sentences-plain'
import type { Builder } from './builder'
import type { Cancellation } from './cancellation'
import { secondsUntil } from './deadline'
import { newLanes } from './lanes'
import { fetchMount } from './mount-fetching'
import { fillMounts } from './mount-filling'
import type { FetchedMounts, RestoredMount, RestoredMounts } from './mount-filling'
import type { Preparation } from './prepare'

/** Seconds that fetching the mounts and filling them may take, counted from when it is known which are wanted. */
const restoreSeconds = 300

/** How many archives are fetched at the same time. */
const fetchesAtOnce = 2

/** The cache mounts of a job. */
export interface CacheMounts {
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
  plan: MountPlan,
  builder: Promise<Builder>,
  expect: () => Promise<ExpectedBuild>
): CacheMounts {
  const { inputs } = preparation
  const fetch = async () => {
    const expected = expect()
    expected.catch(() => undefined)
    if (mayHoldMounts(host) && !carriesMounts(host, inputs, await builder)) return undefined
    return fetchMounts(host, preparation, plan.kept, await expected)
  }
  const fetching = plan.kept.length === 0 || inputs.cacheMounts === 'false' ? undefined : fetch()
  // Who waits for it reports it; nobody does where the job ends before.
  fetching?.catch(() => undefined)
  return {
    async fill(made) {
      const nothing: RestoredMounts = { mounts: [], degradations: [] }
      if (!carriesMounts(host, inputs, made)) {
        if (plan.kept.length > 0 && wantsMounts(host, inputs, made)) host.log.warning(mountsOfSeveralPods)
        return nothing
      }
      const left = plan.left.map(mount => ({ ...mount, names: [], restored: 'left' as const }))
      try {
        const fetched = fetching && (await cancellation.orElse(fetching, undefined))
        const filled = fetched ? await fillMounts(host, cancellation, preparation, made, fetched) : nothing
        return { ...filled, mounts: [...filled.mounts, ...left] }
      } catch (error) {
        host.log.info(`Cache mounts were not restored: ${messageOf(error)}`)
        return nothing
      }
    }
  }
}

/** Whether cache mounts are carried from job to job: not where builds of another context, as ours are, may go to another pod than the main one. */
export function carriesMounts(
  host: Host,
  inputs: Pick<Inputs, 'cacheMounts'>,
  builder: Pick<Builder, 'created' | 'driver' | 'nodes'>
): boolean {
  return wantsMounts(host, inputs, builder) && !hasSeveralPods(builder)
}

/** Not where nobody wants it, or where the builder outlives the job and keeps them. */
function wantsMounts(host: Host, { cacheMounts }: Pick<Inputs, 'cacheMounts'>, { created }: Pick<Builder, 'created'>): boolean {
  return cacheMounts === 'true' || (cacheMounts === 'auto' && (created || !mayHoldMounts(host)))
}

/** A machine that outlives the job, and may have a builder that does. */
function mayHoldMounts({ env }: Host): boolean {
  return env['RUNNER_ENVIRONMENT'] === 'self-hosted'
}

/** Whether it matters for cache mounts what is expected of the stages: else they are not filled, or all are. */
export function mountsDepend({ inputs }: Pick<Preparation, 'inputs'>, { kept }: MountPlan): boolean {
  return kept.length > 0 && inputs.cacheMounts !== 'false' && inputs.explain && readsCache(inputs)
}

/** Where archives are kept on a machine without a cache service. */
export function mountDirectoryOf({ inputs }: Preparation): string {
  return `${inputs.cacheDir}.mounts`
}

/** The cache mounts of the needed stages: those that are kept, and those that cannot be. */
export function usedMounts(host: Host, preparation: Preparation): MountPlan {
  const { inputs, plan, script, file, buildArgs } = preparation
  // Most Dockerfiles have none, and then nothing has to be worked out.
  if (!/--mount/i.test(file.text)) return { kept: [], left: [] }
  const contexts = inputs.buildContexts.map(context => context.slice(0, context.indexOf('=')))
  const used = plan.platforms.flatMap((platform): readonly UsedMount[] =>
    findCacheMounts({
      script,
      needed: plan.stages.map(({ stage }) => stage),
      settings: { buildArgs, platform, buildPlatform: host.platform, targetName: plan.target.name },
      contexts
    })
  )
  const { platforms } = plan
  return planMounts({
    used,
    environmentOf: use =>
      platforms.join() === host.platform ? mountEnvironment(use, preparation.dockerfile.stages, script, buildArgs) : undefined,
    // An image or a stage is that of the platform which is built for, and ours is built for this machine's.
    baseOf: mount => (platforms.join() === host.platform ? mountBase(mount, preparation.dockerfile.stages, contexts) : undefined),
    namespace: buildArgs[namespaceArgument] ?? '',
    scopes: plan.scopes.read,
    platforms,
    version: inputs.cacheVersion
  })
}

async function fetchMounts(
  host: Host,
  preparation: Preparation,
  kept: readonly KeptMount[],
  { imports, expectations }: ExpectedBuild
): Promise<FetchedMounts> {
  const deadline = host.clock.now() + restoreSeconds * 1000
  const { plan, inputs } = preparation
  const needed = plan.stages.map(({ stage }) => stage)
  const facts = { needed, expectations, imports: imports.main !== undefined || imports.broughtIn.length > 0 }
  const emptied = emptiedStages(preparation)
  const degradations: Degradation[] = []
  const restored = new Map<KeptMount, RestoredMount>()
  const wanted = kept.filter(mount => {
    const isEmptied = mount.uses.some(({ stage }) => emptied.has(stage))
    const why = isEmptied
      ? 'emptied'
      : !mayRun(mount.uses, facts)
        ? 'not-needed'
        : whyAnew(mount.base?.stage, imports.main !== undefined, expectations)
    if (why) restored.set(mount, { ...mount, restored: why })
    return !why
  })
  const fetchOne = async (mount: KeptMount): Promise<void> => {
    try {
      const left = secondsUntil(deadline, host.clock.now())
      const stored = await fetchMount(host, mountDirectoryOf(preparation), mount.names, left, savesCaches(inputs))
      restored.set(mount, stored ? { ...mount, restored: 'failed', stored } : { ...mount, restored: 'absent' })
    } catch (error) {
      const from = host.actionsCache.available ? { backend: 'gha' as const } : {}
      degradations.push({ code: 'mount-restore-failed', ...from, mount: mount.mount.shown, detail: messageOf(error) })
      restored.set(mount, { ...mount, restored: 'failed' })
    }
  }
  const lanes = newLanes({ fetch: fetchesAtOnce })
  await Promise.all(wanted.map(mount => lanes.enter('fetch', () => fetchOne(mount))))
  return { mounts: kept.flatMap(mount => restored.get(mount) ?? []), degradations, deadline, importRef: imports.main?.ref }
}

/** Indexes of stages whose cache mounts BuildKit empties, since they are built without cache (moby/buildkit solver/llbsolver/bridge.go). */
function emptiedStages({ inputs, plan, rebuilt }: Preparation): ReadonlySet<number> {
  const names = new Set([...rebuilt, ...inputs.noCacheFilters.map(name => name.toLowerCase())])
  const stages = plan.stages.map(({ stage }) => stage)
  return new Set(stages.filter(({ name }) => !readsCache(inputs) || names.has(name)).map(({ index }) => index))
}
