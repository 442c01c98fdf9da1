import { messageOf } from '../errors'
import type { Host } from '../host'
import { planFetch } from '../plan/blob-entries'
import { entryBytes } from '../plan/local-index'
import type { BlobEntry } from '../plan/local-index'
import { blobPath, blobsOfManifest, renderLayoutIndex } from '../plan/oci-layout'
import type { LayoutEntry } from '../plan/oci-layout'
import { isDiskFull } from '../report/disk-trouble'
import { transferSeconds } from './deadline'
import { newLanes } from './lanes'
import { isBlob, newLocalEntries } from './local-entries'

/** Seconds that fetching blobs may take in all, and how many entries are fetched at a time. */
const fetchSeconds = 600
const fetchesAtOnce = 2

export interface LocalBlobsRequest {
  readonly directory: string
  /** Entries of GitHub's cache that blobs may be fetched from. */
  readonly entries: readonly BlobEntry[]
  /** Digests of the blobs that may be of use; of an entry nothing else is taken. */
  readonly useful: ReadonlySet<string>
  /** Directory where a layout is put together before its refs go into the real one. */
  readonly staging: string
  /** Called before that directory is made. */
  readonly beforeStaging: () => void
  /** Whether what is damaged in the directory may be removed. */
  readonly mayRepair: boolean
}

/** Why a blob cannot be had: `lost` where it is gone or damaged, and not where the service did not give it. */
export interface BlobFault {
  readonly lost: boolean
  readonly detail: string
}

export interface LocalBlobs {
  /** Sees to it that blobs of these digests and sizes are here, byte by byte. Gives those that cannot be had. */
  obtain(needed: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, BlobFault>>
  /** Whether any of these was fetched, and is in the staging directory. */
  hasFetched(digests: Iterable<string>): boolean
  /** Keys of entries that turned out to be gone or damaged. */
  gone(): readonly string[]
  /** Puts a layout of these refs together in the staging directory. Throws where that cannot be written. */
  layOut(refs: readonly { readonly entry: LayoutEntry; readonly manifest: string }[]): Promise<void>
}

/** The blobs of a local cache, from its directory or from GitHub's cache. */
export function newLocalBlobs(host: Host, request: LocalBlobsRequest): LocalBlobs {
  const { files } = host
  const { directory, entries, useful, staging, mayRepair } = request
  const remote = newLocalEntries(host, directory)
  const lanes = newLanes({ fetch: fetchesAtOnce })
  const deadline = host.clock.now() + fetchSeconds * 1000
  /** Path of each blob that was checked. */
  const here = new Map<string, string>()
  const faults = new Map<string, BlobFault>()
  const tried = new Set<BlobEntry>()
  const gone = new Set<string>()
  /** Blobs that are damaged and not to be replaced. */
  const stuck = new Set<string>()
  let isStaged = false
  let silent: string | undefined

  async function stage(): Promise<void> {
    if (!isStaged) request.beforeStaging()
    isStaged = true
    await files.makeDirectory(`${staging}/blobs/sha256`)
  }

  /** Takes a blob of the directory for what it is; one of other content goes, so that no export takes it for good. */
  async function look(digest: string, size: number): Promise<void> {
    const path = `${directory}/${blobPath(digest)}`
    const found = await files.size(path)
    if (found === undefined) return
    if (await isBlob(files, path, digest, size)) {
      here.set(digest, path)
      return
    }
    faults.set(digest, { lost: true, detail: `blob ${digest} in ${directory} is damaged` })
    if (mayRepair) await files.remove(path)
    else stuck.add(digest)
  }

  async function fetch(entry: BlobEntry): Promise<void> {
    const expected = Object.entries(entry.blobs).filter(
      ([digest]) => useful.has(digest) && !here.has(digest) && !stuck.has(digest)
    )
    const fault = await take(entry, expected).catch((error: unknown): BlobFault => {
      const detail = messageOf(error)
      // A service that hangs is not asked again for each of the others.
      if (detail.startsWith('not done within')) silent = detail
      // Of tar or zstd, unless the disk is full: what the service itself cannot give now it may give later.
      return { lost: detail.includes('failed with error') && !isDiskFull(detail), detail }
    })
    if (fault?.lost) gone.add(entry.key)
    for (const [digest] of expected) if (fault && !here.has(digest)) faults.set(digest, fault)
  }

  async function take(entry: BlobEntry, expected: readonly (readonly [string, number])[]): Promise<BlobFault | undefined> {
    if (silent !== undefined) return { lost: false, detail: silent }
    await stage()
    const seconds = transferSeconds(entryBytes(entry), deadline, host.clock.now())
    const isThere = await remote.fetch(entry, seconds, async path => {
      for (const [digest, size] of expected) {
        const [from, to] = [`${path}/${digest.replace('sha256:', '')}`, `${staging}/${blobPath(digest)}`]
        if (!(await isBlob(files, from, digest, size))) continue
        await files.move(from, to)
        here.set(digest, to)
      }
    })
    const isWhole = expected.every(([digest]) => here.has(digest))
    return isWhole ? undefined : { lost: true, detail: `${entry.key} is ${isThere ? 'damaged' : 'gone'}` }
  }

  return {
    async obtain(needed) {
      const missing = () => new Map([...needed].filter(([digest]) => !here.has(digest)))
      for (const [digest, size] of missing()) await look(digest, size)
      // What one entry does not give another scope's may.
      for (;;) {
        const next = planFetch(
          entries.filter(entry => !tried.has(entry)),
          new Map([...missing()].filter(([digest]) => !stuck.has(digest)))
        )
        if (next.length === 0) break
        for (const entry of next) tried.add(entry)
        await Promise.all(next.map(entry => lanes.enter('fetch', () => fetch(entry))))
      }
      return new Map(
        [...missing()].map(([digest]) => [digest, faults.get(digest) ?? { lost: true, detail: `blob ${digest} is missing` }])
      )
    },
    hasFetched: digests => [...digests].some(digest => here.get(digest)?.startsWith(`${staging}/`)),
    gone: () => [...gone],
    async layOut(refs) {
      await stage()
      for (const { entry, manifest } of refs) {
        await files.write(`${staging}/${blobPath(entry.digest)}`, manifest)
        for (const digest of blobsOfManifest(manifest)?.keys() ?? []) {
          const [from, to] = [`${directory}/${blobPath(digest)}`, `${staging}/${blobPath(digest)}`]
          if (here.get(digest) === from && !(await files.exists(to))) await files.link(from, to)
        }
      }
      await files.write(`${staging}/index.json`, renderLayoutIndex({ entries: refs.map(({ entry }) => entry) }))
    }
  }
}
