import { messageOf } from '../errors'
import type { LocalSave } from '../handover'
import type { Host } from '../host'
import { planEntries } from '../plan/blob-entries'
import { emptyIndex, entryBytes, renderLocalIndex } from '../plan/local-index'
import type { BlobEntry, IndexedRef, LocalIndex } from '../plan/local-index'
import { blobsOfManifest, entryTag } from '../plan/oci-layout'
import { transferSeconds } from './deadline'
import { newLanes } from './lanes'
import { readLayout } from './local-cache'
import { newLocalEntries } from './local-entries'

/** Seconds that saving may take in all, and how many entries are saved at a time. */
const saveSeconds = 600
const savesAtOnce = 3

export interface SavedEntries {
  readonly entries: number
  /** Of their blobs. */
  readonly bytes: number
  /** Why what could not be saved was not. */
  readonly failures: readonly string[]
}

/**
 * Saves what a job wrote into its local directory to GitHub's cache: for each stage that has new blobs an entry of those, then the index. What other
 * jobs saved meanwhile is kept, stages that left the Dockerfile are not. A ref whose blobs could not be saved stays listed as it was before.
 * Throws when the index cannot be read or saved.
 */
export async function saveLocalCache(host: Host, { directory, names, gone, stages }: LocalSave): Promise<SavedEntries> {
  const remote = newLocalEntries(host, directory)
  const deadline = host.clock.now() + saveSeconds * 1000
  const [layout, [own = emptyIndex, ...parents], present] = await Promise.all([
    readLayout(host.files, directory),
    // One that is damaged is replaced.
    Promise.all(names.map(async name => (await remote.readIndex(name)) ?? emptyIndex)),
    host.files.list(`${directory}/blobs/sha256`)
  ])
  const order = stages.map(({ stage }) => stage)
  const wrote = stages.flatMap(({ stage, written }): readonly IndexedRef[] => {
    const entry = layout?.index.entries.find(one => written !== undefined && entryTag(one) === written)
    const manifest = entry && layout?.manifests.get(entry.digest)
    return entry && manifest !== undefined ? [{ stage, entry, manifest }] : []
  })
  const tags = new Set(wrote.map(({ entry }) => entryTag(entry)))
  const others = own.refs.filter(({ stage, entry }) => order.includes(stage) && !tags.has(entryTag(entry)))
  const refs = [...others, ...wrote].toSorted((one, other) => order.indexOf(one.stage) - order.indexOf(other.stage))
  const known = [own, ...parents].flatMap(({ entries }) => entries).filter(({ key }) => !gone.includes(key))
  const nameOf = (stage: string) => stages.find(one => one.stage === stage)?.entries ?? ''
  const { made } = planEntries({ refs, known, present: new Set(present.map(name => `sha256:${name}`)), nameOf })

  const lanes = newLanes({ save: savesAtOnce })
  const failures: string[] = []
  const save = async (entry: BlobEntry): Promise<readonly BlobEntry[]> => {
    try {
      await remote.save(entry, transferSeconds(entryBytes(entry), deadline, host.clock.now()))
      return [entry]
    } catch (error) {
      failures.push(messageOf(error))
      return []
    }
  }
  const saved = (await Promise.all(made.map(entry => lanes.enter('save', () => save(entry))))).flat()

  const index = wholeIndex(refs, own.refs, [...saved, ...known], nameOf)
  if (renderLocalIndex(index) !== renderLocalIndex(own)) await remote.saveIndex(names[0] ?? '', index)
  return { entries: saved.length, bytes: saved.reduce((sum, entry) => sum + entryBytes(entry), 0), failures }
}

/** An index of which every blob is in an entry: a ref that lacks one is left as it was before. */
function wholeIndex(
  refs: readonly IndexedRef[],
  before: readonly IndexedRef[],
  entries: readonly BlobEntry[],
  nameOf: (stage: string) => string
): LocalIndex {
  const held = new Set(entries.flatMap(({ blobs }) => Object.keys(blobs)))
  const isWhole = ({ manifest }: IndexedRef) => [...(blobsOfManifest(manifest)?.keys() ?? [])].every(digest => held.has(digest))
  const earlier = ({ entry }: IndexedRef) => before.filter(one => entryTag(one.entry) === entryTag(entry))
  const whole = refs.flatMap(ref => [ref, ...earlier(ref)].find(isWhole) ?? [])
  return { refs: whole, entries: planEntries({ refs: whole, known: entries, present: new Set(), nameOf }).kept }
}
