import type { Files } from '../host'
import { foundByManifest } from '../plan/coverage'
import type { FoundRef } from '../plan/coverage'
import type { CachePlan } from '../plan/cache-plan'
import { blobPath, blobsOfManifest, entryTag, mergeLayoutIndexes, parseLayoutIndex, renderLayoutIndex } from '../plan/oci-layout'
import type { LayoutEntry, LayoutIndex } from '../plan/oci-layout'

/** Seconds to wait for another job that is replacing the same directory. */
const lockSeconds = 10

/** A layout whose every blob is there, with the manifests' texts by digest. */
export interface LocalLayout {
  readonly index: LayoutIndex
  readonly manifests: ReadonlyMap<string, string>
}

/**
 * Reads a local cache directory and verifies it: every manifest and blob present, of the right size and, unless `sizesOnly`,
 * of the right digest. Undefined where there is no directory. Throws an error that names the first fault.
 */
export async function readLocalCache(files: Files, directory: string, sizesOnly: boolean): Promise<LocalLayout | undefined> {
  const text = await files.read(`${directory}/index.json`)
  if (text === undefined) {
    if ((await files.list(`${directory}/blobs/sha256`)).length > 0) throw new Error('index.json is missing')
    return undefined
  }
  const index = parseLayoutIndex(text)
  if (!index) throw new Error('index.json cannot be read')
  const manifests = new Map<string, string>()
  const blobs = new Map<string, number>()
  for (const entry of index.entries) {
    const manifest = await files.read(`${directory}/${blobPath(entry.digest)}`)
    const listed = manifest === undefined ? undefined : blobsOfManifest(manifest)
    if (manifest === undefined || !listed) throw new Error(`manifest ${entry.digest} of tag ${entryTag(entry) ?? '(none)'} is missing or broken`)
    manifests.set(entry.digest, manifest)
    blobs.set(entry.digest, entry.size)
    for (const [digest, size] of listed) blobs.set(digest, size)
  }
  for (const [digest, size] of blobs) {
    const path = blobPath(digest)
    const found = path && (await files.size(`${directory}/${path}`))
    if (found !== size) throw new Error(`blob ${digest} has ${found ?? 'no'} bytes, its manifest says ${size}`)
    if (!sizesOnly && `sha256:${await files.sha256(`${directory}/${path}`)}` !== digest) throw new Error(`blob ${digest} has other content`)
  }
  return { index, manifests }
}

/** The plan's refs that a layout holds. */
export function localRefs(plan: CachePlan, layout: LocalLayout | undefined): readonly FoundRef[] {
  if (!layout) return []
  const byTag = new Map(layout.index.entries.map(entry => [entryTag(entry), entry]))
  return plan.stages
    .flatMap(stage => stage.reads)
    .filter(ref => ref.backend === 'local')
    .flatMap(ref => {
      const entry = byTag.get(ref.name)
      const found = entry && foundByManifest(ref, entry.digest, layout.manifests.get(entry.digest) ?? '')
      return found ? [found] : []
    })
}

/** A new directory beside the old one that shares its blobs: exports go there, the old one stays as it is until they are complete. */
export async function stageLocalCache(files: Files, directory: string, staging: string): Promise<void> {
  await files.makeDirectory(`${staging}/blobs/sha256`)
  for (const name of await files.list(`${directory}/blobs/sha256`)) {
    await files.link(`${directory}/blobs/sha256/${name}`, `${staging}/blobs/sha256/${name}`)
  }
  // Copied, not linked: BuildKit writes index.json in place.
  const index = await files.read(`${directory}/index.json`)
  if (index !== undefined) await files.write(`${staging}/index.json`, index)
}

/**
 * Replaces the directory's content by the staged one, if that is complete: blobs first, then index.json by one rename, last the
 * blobs nobody needs. Killed at any moment, the old or the new content is whole. Tags that `keep` refuses are dropped; tags that
 * another job wrote meanwhile stay. Returns the digest of the new index, hexadecimal.
 */
export async function promoteLocalCache(files: Files, staging: string, directory: string, written: ReadonlySet<string>, keep: (tag: string) => boolean): Promise<string> {
  const staged = await readLocalCache(files, staging, true)
  if (!staged) throw new Error('the exported directory is empty')
  await files.makeDirectory(`${directory}/blobs/sha256`)
  const release = await lock(files, `${directory}/.lock`)
  try {
    const present = new Set(await files.list(`${directory}/blobs/sha256`))
    for (const name of await files.list(`${staging}/blobs/sha256`)) {
      if (!present.has(name)) await files.move(`${staging}/blobs/sha256/${name}`, `${directory}/blobs/sha256/${name}`)
    }
    const old = parseLayoutIndex((await files.read(`${directory}/index.json`)) ?? '') ?? { entries: [] }
    const ours = { entries: staged.index.entries.filter(entry => written.has(entryTag(entry) ?? '')) }
    const index = renderLayoutIndex(mergeLayoutIndexes(old, ours, keep))
    await files.write(`${directory}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}')
    await files.write(`${directory}/.index.json`, index)
    await files.move(`${directory}/.index.json`, `${directory}/index.json`)
    await sweep(files, directory)
    return await files.sha256(`${directory}/index.json`)
  } finally {
    await release()
    await files.remove(staging)
  }
}

/** Removes the blobs no entry needs. */
async function sweep(files: Files, directory: string): Promise<void> {
  const index = parseLayoutIndex((await files.read(`${directory}/index.json`)) ?? '') ?? { entries: [] }
  const needed = new Set<string>()
  const need = (digest: string) => void needed.add(digest.replace('sha256:', ''))
  for (const entry of index.entries) {
    need(entry.digest)
    const manifest = await readManifest(files, directory, entry)
    for (const digest of blobsOfManifest(manifest)?.keys() ?? []) need(digest)
  }
  for (const name of await files.list(`${directory}/blobs/sha256`)) {
    if (!needed.has(name)) await files.remove(`${directory}/blobs/sha256/${name}`)
  }
}

async function readManifest(files: Files, directory: string, entry: LayoutEntry): Promise<string> {
  return (await files.read(`${directory}/${blobPath(entry.digest)}`)) ?? ''
}

/** Waits for another job's lock; one that was left behind by a killed job is taken over. */
async function lock(files: Files, path: string): Promise<() => Promise<void>> {
  for (let waited = 0; !(await files.createExclusive(path)); waited += 0.1) {
    if (waited >= lockSeconds) await files.remove(path)
    else await new Promise(resolve => setTimeout(resolve, 100))
  }
  return () => files.remove(path)
}
