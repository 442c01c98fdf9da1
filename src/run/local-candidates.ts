import { createHash } from 'node:crypto'
import { messageOf } from '../errors'
import type { Host } from '../host'
import type { CachePlan, CacheRef } from '../plan/cache-plan'
import { foundByManifest } from '../plan/coverage'
import type { FoundRef } from '../plan/coverage'
import type { BlobEntry, IndexedRef, LocalIndex } from '../plan/local-index'
import { entryTag } from '../plan/oci-layout'
import type { LayoutEntry } from '../plan/oci-layout'
import type { Degradation } from '../reasons'
import { readLayout } from './local-cache'
import type { LocalLayout } from './local-cache'
import { newLocalEntries } from './local-entries'
import type { LocalEntries } from './local-entries'

/** What the directory and GitHub's cache say there is of a plan's refs, before any blob is looked at. */
export interface LocalCandidates {
  /** By the ref's name. */
  readonly refs: ReadonlyMap<string, Pick<IndexedRef, 'entry' | 'manifest'>>
  /** Digests of the manifests that are in the directory. */
  readonly here: ReadonlySet<string>
  /** Entries that hold blobs of them, the own scope's first. */
  readonly entries: readonly BlobEntry[]
  /** The directory was there before this job: what is in it need not be carried anywhere. */
  readonly stays: boolean
  /** The directory is not to be written to: it is no cache, or damaged and not to be repaired. */
  readonly foreign: boolean
  readonly troubles: readonly Degradation[]
}

/**
 * Reads the directory, and the indexes of all scopes at the same time unless the directory was there before this job and has what the plan
 * reads. `names` are those of the indexes, in the order of the scopes that are read. Never throws.
 */
export async function findLocal(
  host: Host,
  plan: CachePlan,
  { directory, names, mayRepair }: { readonly directory: string; readonly names: readonly string[]; readonly mayRepair: boolean }
): Promise<LocalCandidates> {
  const { layout, trouble, foreign = false } = await readDirectory(host, directory, mayRepair)
  const stays = await wasThere(host, directory, layout !== undefined)
  const planned = plan.stages.flatMap(stage => stage.reads).filter(({ backend }) => backend === 'local')
  const own = refsOf(layout, planned)
  const troubles: Degradation[] = trouble ? [trouble] : []
  for (const { name, stage } of planned) {
    const entry = layout?.index.entries.find(one => entryTag(one) === name)
    if (entry && !own.has(name)) {
      troubles.push({
        code: 'local-stage-lost',
        backend: 'local',
        stage,
        detail: `manifest ${entry.digest} is missing or damaged`
      })
    }
  }
  const asked = host.actionsCache.available && !foreign && !(stays && own.size > 0)
  const indexes: LocalIndex[] = []
  if (asked) {
    const entries = newLocalEntries(host, directory)
    const answers = await Promise.allSettled(names.map(name => readIndexWhole(entries, name)))
    for (const answer of answers) if (answer.status === 'fulfilled') indexes.push(answer.value)
    const failed = answers.find(answer => answer.status === 'rejected')
    if (failed) troubles.push({ code: 'restore-failed', backend: 'local', detail: messageOf(failed.reason) })
  }
  const listed = indexes.flatMap(({ refs }) => refs).map(ref => [entryTag(ref.entry) ?? '', ref] as const)
  return {
    // What is in the directory is of this job or of one before it on this machine.
    refs: new Map([...listed.toReversed(), ...own]),
    here: new Set([...own.values()].map(({ entry }) => entry.digest)),
    entries: [...new Map(indexes.flatMap(({ entries }) => entries).map(entry => [entry.key, entry])).values()],
    stays,
    foreign,
    troubles
  }
}

async function readIndexWhole(entries: LocalEntries, name: string): Promise<LocalIndex> {
  const index = await entries.readIndex(name)
  if (!index) throw new Error(`${name}, which lists what was saved, is damaged; this job saves another`)
  return index
}

/** The plan's refs that are there, as they are if all of their blobs can be had. */
export function candidateRefs(plan: CachePlan, { refs }: LocalCandidates): readonly FoundRef[] {
  return plan.stages
    .flatMap(stage => stage.reads)
    .filter(ref => ref.backend === 'local')
    .flatMap(ref => {
      const candidate = refs.get(ref.name)
      const found = candidate && foundByManifest(ref, candidate.entry.digest, candidate.manifest)
      return found ? [found] : []
    })
}

function refsOf(
  layout: LocalLayout | undefined,
  planned: readonly CacheRef[]
): ReadonlyMap<string, { readonly entry: LayoutEntry; readonly manifest: string }> {
  const names = new Set(planned.map(({ name }) => name))
  return new Map(
    layout?.index.entries.flatMap(entry => {
      const [tag, manifest] = [entryTag(entry), layout.manifests.get(entry.digest)]
      return tag !== undefined && names.has(tag) && manifest !== undefined ? [[tag, { entry, manifest }] as const] : []
    })
  )
}

/** Reads the directory. A damaged cache is removed; what is no cache at all is left as it is, and not written to. */
async function readDirectory(
  host: Host,
  directory: string,
  mayRepair: boolean
): Promise<{ layout?: LocalLayout; trouble?: Degradation; foreign?: true }> {
  try {
    const layout = await readLayout(host.files, directory)
    return layout ? { layout } : {}
  } catch (error) {
    const trouble: Degradation = { code: 'local-cache-broken', backend: 'local', detail: messageOf(error) }
    try {
      const isCache = (await host.files.exists(`${directory}/oci-layout`)) && (await host.files.exists(`${directory}/blobs`))
      if (!isCache || !mayRepair) return { trouble, foreign: true }
      for (const name of ['index.json', 'blobs', 'oci-layout']) await host.files.remove(`${directory}/${name}`)
      return { trouble }
    } catch {
      // What cannot be removed cannot be replaced either; the trouble says what was wrong first.
      return { trouble, foreign: true }
    }
  }
}

/** Whether the directory was there before this job. The runner's temporary directory, empty when a job begins, says what an earlier step of it made. */
async function wasThere(host: Host, directory: string, isThere: boolean): Promise<boolean> {
  const temporary = host.env['RUNNER_TEMP']
  if (!temporary) return isThere
  const mark = `${temporary}/stage-cache-build-${createHash('sha256').update(directory).digest('hex').slice(0, 16)}`
  if (isThere) return !(await host.files.exists(mark))
  // Without the mark the next step of this job takes the directory for one that stays; it is then not carried on.
  await host.files
    .makeDirectory(temporary)
    .then(() => host.files.write(mark, ''))
    .catch(() => undefined)
  return false
}
