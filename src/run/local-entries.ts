import { createHash } from 'node:crypto'
import type { Files, Host } from '../host'
import { emptyIndex, entryId, parseLocalIndex, renderLocalIndex } from '../plan/local-index'
import type { BlobEntry, LocalIndex } from '../plan/local-index'
import { withLock } from './directory-lock'

/** Seconds the cache service has to give or take an index, a file of some kilobytes. */
const indexSeconds = 15

/** The local cache in GitHub's cache: an entry that tells what there is, and entries of blobs. */
export interface LocalEntries {
  /** The newest index saved under a name; empty where there is none, undefined where it is damaged. Throws when the service cannot be used. */
  readIndex(name: string): Promise<LocalIndex | undefined>
  /** Throws when it was not saved. */
  saveIndex(name: string, index: LocalIndex): Promise<void>
  /** Fetches an entry and hands over the directory of its blobs, which is gone afterwards; false where there is none. Throws when it cannot be had. */
  fetch(entry: BlobEntry, seconds: number, take: (path: string) => Promise<void>): Promise<boolean>
  /** Saves an entry of blobs that are in the directory. Throws when one is not, or is damaged, and when nothing was saved. */
  save(entry: BlobEntry, seconds: number): Promise<void>
}

/**
 * The entries that belong to a cache directory. GitHub finds an entry only under the path it was saved from, so that is made of the directory and
 * of the entry's own name; jobs on one machine take turns at it.
 */
export function newLocalEntries(
  { actionsCache, savedTexts, files }: Pick<Host, 'actionsCache' | 'savedTexts' | 'files'>,
  directory: string
): LocalEntries {
  const folder = `${directory}.entries`
  // Entries of another directory cannot be found from here.
  const place = createHash('sha256').update(directory).digest('hex').slice(0, 8)
  const indexOf = (name: string) => `${name}_${place}`
  const alone = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
    await files.makeDirectory(folder)
    return withLock(files, `${path}.lock`, async () => {
      try {
        return await work()
      } finally {
        await files.remove(path)
      }
    })
  }
  return {
    async readIndex(name) {
      const newest = await savedTexts.newest(indexOf(name), indexSeconds)
      return newest ? parseLocalIndex(newest.text) : emptyIndex
    },
    async saveIndex(name, index) {
      await savedTexts.save(indexOf(name), renderLocalIndex(index), indexSeconds)
    },
    fetch(entry, seconds, take) {
      const path = `${folder}/${entryId(entry)}`
      return alone(path, async () => {
        if ((await actionsCache.restore(path, entry.key, [], seconds)) !== entry.key) return false
        await take(path)
        return true
      })
    },
    save(entry, seconds) {
      const path = `${folder}/${entryId(entry)}`
      return alone(path, async () => {
        await files.makeDirectory(path)
        for (const digest of Object.keys(entry.blobs)) {
          const name = digest.replace('sha256:', '')
          await files.link(`${directory}/blobs/sha256/${name}`, `${path}/${name}`)
          if (!(await isBlob(files, `${path}/${name}`, digest, entry.blobs[digest]))) throw new Error(`blob ${digest} is damaged`)
        }
        await actionsCache.save(path, entry.key, seconds)
      })
    }
  }
}

/** Whether a file is the blob of that digest and size. */
export async function isBlob(files: Files, path: string, digest: string, size: number | undefined): Promise<boolean> {
  return (await files.size(path)) === size && `sha256:${await files.sha256(path)}` === digest
}
