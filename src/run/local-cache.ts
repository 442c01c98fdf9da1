import type { Files } from '../host'
import { blobPath, blobsOfManifest, entryTag, mergeLayoutIndexes, parseLayoutIndex, renderLayoutIndex } from '../plan/oci-layout'
import type { LayoutEntry, LayoutIndex } from '../plan/oci-layout'
import { withLock } from './directory-lock'

/** What a directory says it holds, with the manifests' texts by digest. */
export interface LocalLayout {
  readonly index: LayoutIndex
  /** Those that are there, and whole. */
  readonly manifests: ReadonlyMap<string, string>
}

/** Reads a local cache directory's index and manifests, no blobs. Undefined where there is no directory; throws where that is no cache. */
export async function readLayout(files: Files, directory: string): Promise<LocalLayout | undefined> {
  const index = await readIndex(files, directory)
  if (!index) return undefined
  const manifests = new Map<string, string>()
  for (const { digest } of index.entries) {
    const path = `${directory}/${blobPath(digest)}`
    const text = await files.read(path)
    if (text !== undefined && blobsOfManifest(text) && `sha256:${await files.sha256(path)}` === digest)
      manifests.set(digest, text)
  }
  return { index, manifests }
}

/**
 * Reads a directory that exports went to: every manifest and blob has to be there, of the right size. Undefined where there is none. Throws
 * an error that names the first fault.
 */
async function readStaged(files: Files, directory: string): Promise<LayoutIndex | undefined> {
  const index = await readIndex(files, directory)
  const verified = new Set<string>()
  for (const entry of index?.entries ?? []) await verifyEntry(files, directory, entry, verified)
  return index
}

async function readIndex(files: Files, directory: string): Promise<LayoutIndex | undefined> {
  const text = await files.read(`${directory}/index.json`)
  if (text === undefined) {
    if ((await files.list(`${directory}/blobs/sha256`)).length > 0) throw new Error('index.json is missing')
    return undefined
  }
  const index = parseLayoutIndex(text)
  if (!index) throw new Error('index.json cannot be read')
  return index
}

/** Throws an error that names the first fault of an entry's blobs. `verified` are blobs found good before. */
async function verifyEntry(files: Files, directory: string, entry: LayoutEntry, verified: Set<string>): Promise<void> {
  const manifest = await files.read(`${directory}/${blobPath(entry.digest)}`)
  const listed = manifest === undefined ? undefined : blobsOfManifest(manifest)
  if (
    manifest === undefined ||
    !listed ||
    `sha256:${await files.sha256(`${directory}/${blobPath(entry.digest)}`)}` !== entry.digest
  ) {
    throw new Error(`manifest ${entry.digest} of tag ${entryTag(entry) ?? '(none)'} is missing or broken`)
  }
  for (const [digest, size] of [[entry.digest, entry.size] as const, ...listed]) {
    if (verified.has(`${digest} ${size}`)) continue
    const path = blobPath(digest)
    const found = path === undefined ? undefined : await files.size(`${directory}/${path}`)
    if (found !== size) throw new Error(`blob ${digest} has ${found ?? 'no'} bytes, its manifest says ${size}`)
    verified.add(`${digest} ${size}`)
  }
}

/**
 * A new directory that shares the blobs of the old one's refs: exports go there, the old one stays as it is until they are complete. Nothing is
 * removed from the old one meanwhile by another job.
 */
export async function stageLocalCache(files: Files, directory: string, staging: string): Promise<void> {
  await files.makeDirectory(`${staging}/blobs/sha256`)
  if (!(await files.exists(`${directory}/index.json`))) return
  await withLock(files, `${directory}/.lock`, async () => {
    const index = (await wholeEntries(files, directory)) ?? { entries: [] }
    // What a damaged entry lists is not handed on: BuildKit takes a blob that is there for good.
    for (const name of await neededBlobs(files, directory, index)) {
      await files.link(`${directory}/blobs/sha256/${name}`, `${staging}/blobs/sha256/${name}`)
    }
    // Written anew, not linked: BuildKit writes index.json in place.
    await files.write(`${staging}/index.json`, renderLayoutIndex(index))
  })
}

/**
 * Brings the tags just written from the staged directory into the real one, if the staged one is complete: blobs first, then
 * index.json by one rename, last the blobs nobody needs any more go. Killed at any moment, the old or the new content is whole.
 * Tags that `keep` refuses are dropped; tags that another job wrote meanwhile stay. The staged directory is gone afterwards.
 */
export async function promoteLocalCache(
  files: Files,
  staging: string,
  directory: string,
  written: ReadonlySet<string>,
  keep: (tag: string) => boolean
): Promise<void> {
  try {
    const staged = await readStaged(files, staging)
    if (!staged) throw new Error('the exported directory is empty')
    await files.makeDirectory(`${directory}/blobs/sha256`)
    await withLock(files, `${directory}/.lock`, async () => {
      const old = await wholeEntries(files, directory)
      // Without it, blobs would be there that no index tells of.
      if (!old) await replaceIndex(files, directory, { entries: [] })
      await moveBlobs(files, `${staging}/blobs/sha256`, `${directory}/blobs/sha256`)
      const ours = { entries: staged.entries.filter(entry => written.has(entryTag(entry) ?? '')) }
      const index = mergeLayoutIndexes(old ?? { entries: [] }, ours, keep)
      await replaceIndex(files, directory, index)
      await sweep(files, directory, index)
    })
  } finally {
    await files.remove(staging)
  }
}

/** What of a directory can be kept; undefined where it has no index, or one that cannot be read. */
async function wholeEntries(files: Files, directory: string): Promise<LayoutIndex | undefined> {
  const index = parseLayoutIndex((await files.read(`${directory}/index.json`)) ?? '')
  if (!index) return undefined
  const verified = new Set<string>()
  const entries: LayoutEntry[] = []
  for (const entry of index.entries) {
    const fault = await verifyEntry(files, directory, entry, verified).then(
      () => undefined,
      (error: unknown) => error
    )
    if (fault === undefined) entries.push(entry)
  }
  return { entries }
}

/** In the place of those that are there: they may be damaged. */
async function moveBlobs(files: Files, from: string, to: string): Promise<void> {
  for (const name of await files.list(from)) await files.move(`${from}/${name}`, `${to}/${name}`)
}

async function replaceIndex(files: Files, directory: string, index: LayoutIndex): Promise<void> {
  await files.write(`${directory}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}')
  await files.write(`${directory}/.index.json`, renderLayoutIndex(index))
  await files.move(`${directory}/.index.json`, `${directory}/index.json`)
}

/** Removes the blobs no entry needs. */
async function sweep(files: Files, directory: string, index: LayoutIndex): Promise<void> {
  const needed = await neededBlobs(files, directory, index)
  for (const name of await files.list(`${directory}/blobs/sha256`)) {
    if (!needed.has(name)) await files.remove(`${directory}/blobs/sha256/${name}`)
  }
}

/** Names of the files of all blobs that entries need, manifests among them. */
async function neededBlobs(files: Files, directory: string, index: LayoutIndex): Promise<ReadonlySet<string>> {
  const needed = new Set<string>()
  for (const { digest } of index.entries) {
    const manifest = await files.read(`${directory}/${blobPath(digest)}`)
    for (const blob of [digest, ...(blobsOfManifest(manifest ?? '')?.keys() ?? [])]) needed.add(blob.replace('sha256:', ''))
  }
  return needed
}
