import { messageOf } from '../errors'
import type { Host } from '../host'
import type { CachePlan, CacheRef } from '../plan/cache-plan'
import { foundByManifest, parseCacheManifest } from '../plan/coverage'
import type { FoundRef } from '../plan/coverage'
import { importedRefs, planImports } from '../plan/imports'
import type { IndexedRef } from '../plan/local-index'
import { withoutBlobs } from '../plan/lost-blobs'
import { blobsOfManifest, entryTag } from '../plan/oci-layout'
import type { Degradation } from '../reasons'
import { newLocalBlobs } from './local-blobs'
import type { LocalBlobsRequest } from './local-blobs'
import { promoteLocalCache } from './local-cache'
import type { LocalCandidates } from './local-candidates'

export interface RestoreRequest extends Omit<LocalBlobsRequest, 'entries'> {
  readonly plan: CachePlan
  readonly candidates: LocalCandidates
  /** Names of stages that are rebuilt whatever is found. */
  readonly rebuilt: ReadonlySet<string>
}

export interface RestoredRefs {
  /** What was given, with local refs as they came out: whole, without what is lost, or not there. */
  readonly found: readonly FoundRef[]
  readonly troubles: readonly Degradation[]
}

/**
 * Sees to it that the local refs which the job's builds are going to import are whole in the directory, and fetches what is missing from
 * GitHub's cache: nothing for refs that are not imported. Every blob is checked by its digest. What is lost costs the steps it belongs to; a
 * ref that lost its list of steps is none, and others are imported instead. Never throws.
 */
export async function restoreImports(host: Host, found: readonly FoundRef[], request: RestoreRequest): Promise<RestoredRefs> {
  const { plan, candidates, directory, staging } = request
  const blobs = newLocalBlobs(host, { ...request, entries: candidates.entries })
  const lost = new Map<string, string>()
  const settled = new Map<CacheRef, Pick<IndexedRef, 'entry' | 'manifest'>>()
  let current = found

  /** The ref with what of it can be had; undefined where nothing of use is left. */
  async function settle(one: FoundRef, missing: ReadonlyMap<string, string>): Promise<FoundRef | undefined> {
    const candidate = candidates.refs.get(one.ref.name)
    if (!candidate) return undefined
    const { entry, manifest } = candidate
    if (![...(blobsOfManifest(manifest)?.keys() ?? [])].some(digest => missing.has(digest))) {
      settled.set(one.ref, candidate)
      return one
    }
    const config = parseCacheManifest(manifest)?.config.digest ?? ''
    if (missing.has(config) || !request.mayRepair) return undefined
    const left = withoutBlobs(manifest, await blobs.text(config), new Set(missing.keys()), text => blobs.make(text))
    if (left === undefined) return undefined
    const renewed = { ...entry, ...blobs.make(left) }
    settled.set(one.ref, { entry: renewed, manifest: left })
    return foundByManifest(one.ref, renewed.digest, left)
  }

  try {
    for (;;) {
      const next = localImports(plan, current, request.rebuilt).filter(({ ref }) => !settled.has(ref))
      if (next.length === 0) break
      const needed = next.flatMap(({ ref }) => [...(blobsOfManifest(candidates.refs.get(ref.name)?.manifest ?? '') ?? [])])
      const missing = await blobs.obtain(new Map(needed))
      for (const [digest, why] of missing) lost.set(digest, why)
      const outcomes = new Map<CacheRef, FoundRef | undefined>()
      for (const one of next) outcomes.set(one.ref, await settle(one, missing))
      current = current.flatMap(one => (outcomes.has(one.ref) ? (outcomes.get(one.ref) ?? []) : [one]))
    }
    const refs = [...settled.values()]
    if (refs.some(({ entry }) => !candidates.here.has(entry.digest))) {
      await blobs.layOut(refs)
      const tags = new Set(refs.flatMap(({ entry }) => entryTag(entry) ?? []))
      await promoteLocalCache(host.files, staging, directory, tags, () => true)
    }
    return { found: current, troubles: lostStages(plan, candidates, lost) }
  } catch (error) {
    const trouble: Degradation = { code: 'restore-failed', backend: 'local', detail: messageOf(error) }
    return { found: found.filter(({ ref }) => ref.backend !== 'local'), troubles: [trouble] }
  } finally {
    // Nothing is there unless something was fetched.
    await host.files.remove(staging).catch(() => undefined)
  }
}

/** The local refs that builds of the job are going to import, and those tried where one turns out to be of other content. */
function localImports(plan: CachePlan, found: readonly FoundRef[], rebuilt: ReadonlySet<string>): readonly FoundRef[] {
  const imports = planImports(plan, found, rebuilt)
  const wanted = [...importedRefs(imports), ...imports.broughtIn.flatMap(({ instead, also }) => [...instead, ...also])]
  return found.filter(({ ref }) => ref.backend === 'local' && wanted.some(one => one.ref === ref))
}

/** The stages that lost something, each once: a blob is the first stage's that lists it. */
function lostStages(plan: CachePlan, { refs }: LocalCandidates, lost: ReadonlyMap<string, string>): readonly Degradation[] {
  const stages = new Map<string, string>()
  for (const [digest, why] of lost) {
    const owner = plan.stages.find(({ reads }) =>
      reads.some(({ backend, name }) => backend === 'local' && blobsOfManifest(refs.get(name)?.manifest ?? '')?.has(digest))
    )
    if (owner && !stages.has(owner.stage.name)) stages.set(owner.stage.name, why)
  }
  return plan.stages.flatMap(({ stage }): readonly Degradation[] => {
    const detail = stages.get(stage.name)
    return detail === undefined ? [] : [{ code: 'local-stage-lost', backend: 'local', stage: stage.name, detail }]
  })
}
