import { messageOf } from '../errors'
import type { Host } from '../host'
import type { CachePlan, CacheRef } from '../plan/cache-plan'
import type { FoundRef } from '../plan/coverage'
import { importedRefs, planImports } from '../plan/imports'
import { blobsOfManifest, entryTag } from '../plan/oci-layout'
import type { Degradation } from '../reasons'
import { newLocalBlobs } from './local-blobs'
import type { BlobFault, LocalBlobsRequest } from './local-blobs'
import { promoteLocalCache } from './local-cache'
import type { LocalCandidates } from './local-candidates'

export interface RestoreRequest extends Omit<LocalBlobsRequest, 'entries' | 'useful'> {
  readonly plan: CachePlan
  readonly candidates: LocalCandidates
  /** Names of stages that are rebuilt whatever is found. */
  readonly rebuilt: ReadonlySet<string>
}

export interface RestoredRefs {
  /** What was given, without the local refs that lack something. */
  readonly found: readonly FoundRef[]
  readonly troubles: readonly Degradation[]
  /** Keys of entries of GitHub's cache that are gone or damaged. */
  readonly gone: readonly string[]
}

/**
 * Sees to it that the local refs which the job's builds are going to import are whole in the directory, and fetches what is missing from
 * GitHub's cache: nothing for refs that are not imported. Every blob is checked by its digest. A ref that lacks one is none, and others are
 * imported instead: what is lost costs its stage and those made from it. Never throws.
 */
export async function restoreImports(host: Host, found: readonly FoundRef[], request: RestoreRequest): Promise<RestoredRefs> {
  const { plan, candidates, directory, staging } = request
  const blobsOf = ({ ref }: FoundRef) =>
    blobsOfManifest(candidates.refs.get(ref.name)?.manifest ?? '') ?? new Map<string, number>()
  const useful = new Set(found.flatMap(one => (one.ref.backend === 'local' ? [...blobsOf(one).keys()] : [])))
  const blobs = newLocalBlobs(host, { ...request, entries: candidates.entries, useful })
  const lost = new Map<string, BlobFault>()
  const whole = new Set<CacheRef>()
  let current = found
  try {
    for (;;) {
      const next = localImports(plan, current, request.rebuilt).filter(({ ref }) => !whole.has(ref))
      if (next.length === 0) break
      const missing = await blobs.obtain(new Map(next.flatMap(one => [...blobsOf(one)])))
      for (const [digest, fault] of missing) lost.set(digest, fault)
      const isLost = (one: FoundRef) => [...blobsOf(one).keys()].some(digest => lost.has(digest))
      for (const one of next) if (!isLost(one)) whole.add(one.ref)
      // Nobody knows of the others whether they could be had; what they share with these is lost for them, too.
      current = current.filter(one => one.ref.backend !== 'local' || !isLost(one))
    }
    // Of what lies there already another job may just be writing a newer one.
    const refs = [...whole]
      .flatMap(({ name }) => candidates.refs.get(name) ?? [])
      .filter(
        ({ entry, manifest }) => !candidates.here.has(entry.digest) || blobs.hasFetched(blobsOfManifest(manifest)?.keys() ?? [])
      )
    if (refs.length > 0) {
      await blobs.layOut(refs)
      const tags = new Set(refs.flatMap(({ entry }) => entryTag(entry) ?? []))
      await promoteLocalCache(host.files, staging, directory, tags, () => true)
    }
    return { found: current, troubles: lostTroubles(plan, candidates, lost), gone: blobs.gone() }
  } catch (error) {
    const trouble: Degradation = { code: 'restore-failed', backend: 'local', detail: messageOf(error) }
    return { found: found.filter(({ ref }) => ref.backend !== 'local'), troubles: [trouble], gone: blobs.gone() }
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

/** What the service did not give is one trouble, and what is lost one for each stage: a blob is the first stage's that lists it. */
function lostTroubles(
  plan: CachePlan,
  { refs }: LocalCandidates,
  faults: ReadonlyMap<string, BlobFault>
): readonly Degradation[] {
  const refused = [...faults.values()].find(({ lost }) => !lost)
  const stages = new Map<string, string>()
  for (const [digest, { lost, detail }] of faults) {
    const owner = plan.stages.find(({ reads }) =>
      reads.some(({ backend, name }) => backend === 'local' && blobsOfManifest(refs.get(name)?.manifest ?? '')?.has(digest))
    )
    if (lost && owner && !stages.has(owner.stage.name)) stages.set(owner.stage.name, detail)
  }
  return [
    ...(refused ? [{ code: 'restore-failed' as const, backend: 'local' as const, detail: refused.detail }] : []),
    ...plan.stages.flatMap(({ stage }): readonly Degradation[] => {
      const detail = stages.get(stage.name)
      return detail === undefined ? [] : [{ code: 'local-stage-lost', backend: 'local', stage: stage.name, detail }]
    })
  ]
}
