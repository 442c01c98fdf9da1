import { dirname } from 'node:path'
import { messageOf } from '../errors'
import type { Host } from '../host'
import { secondsUntil, transferSeconds } from './deadline'
import { withLock } from './directory-lock'
import { archive, differs, entriesOf, leastBytes, readEntry, sharedPath } from './mount-entries'
import type { WholeArchive } from './mount-entries'

/** An archive that an earlier job kept of a cache mount. */
export interface StoredMount {
  /** A file of this job's own. */
  readonly path: string
  readonly bytes: number
  /** Place of its scope among the names. */
  readonly scope: number
  /** Digest of its content as it was packed. */
  readonly digest: string
  /** The archive that was saved whole and this one is made from, or itself, in GitHub's cache. */
  readonly whole?: WholeArchive
}

/** How many times an archive the disk has to have room for, beside the one that is kept: for BuildKit's copy, what is unpacked, and the next archive twice. */
const roomFor = 4

/**
 * Fetches the newest archive of the first scope that has one which can be had; what was saved whole is left beside it only where the job `mayKeep` what
 * comes of it, and the disk, which is the build's, has room. Undefined where there is none. Throws where that cannot be known, or no archive can be
 * had, and leaves nothing on the disk then: the build needs it.
 */
export async function fetchMount(
  host: Host,
  store: string,
  names: readonly string[],
  seconds: number,
  mayKeep: boolean
): Promise<StoredMount | undefined> {
  const { files, actionsCache, clock } = host
  const directory = await files.makeTemporary('mount-')
  const deadline = clock.now() + seconds * 1000
  const fetching = actionsCache.available
    ? fetchShared(host, names, directory, deadline)
    : linkStored(host, store, names, directory)
  const fetched = await fetching.catch(async (error: unknown) => {
    await files.remove(directory)
    throw error
  })
  if (!fetched) await files.remove(directory)
  if (!fetched?.whole) return fetched
  if (mayKeep && fetched.bytes >= leastBytes && (await files.free(directory)) >= fetched.bytes * roomFor) return fetched
  const { whole, ...stored } = fetched
  await files.remove(whole.path)
  return stored
}

/** From GitHub's cache. Where the archive of a scope cannot be had, since what it is the difference from was evicted, the scopes after it are asked. */
async function fetchShared(
  host: Host,
  names: readonly string[],
  directory: string,
  deadline: number
): Promise<StoredMount | undefined> {
  const { files, clock } = host
  const shared = sharedPath(names)
  const restore = async (key: string, others: readonly string[], to: string): Promise<string | undefined> => {
    const left = secondsUntil(deadline, clock.now())
    const found = await host.actionsCache.restore(shared, key, others, left, entry =>
      transferSeconds(Number(readEntry(entry).bytes), deadline, clock.now())
    )
    if (found !== undefined) await files.move(shared, to)
    return found
  }
  const fetchNewest = async (from: number): Promise<StoredMount | undefined> => {
    const newest = `${directory}/newest`
    const [own, ...others] = entriesOf(names.slice(from))
    const key = await restore(own, others, newest)
    if (key === undefined) return undefined
    const scope = Math.max(from, names.indexOf(readEntry(key).name))
    try {
      const whole = key.endsWith(differs)
        ? await putTogether(host, newest, directory, (base, to) => restore(base, [], to))
        : await linkWhole(host, newest, directory, key)
      return { ...(await stored(host, key, directory)), scope, whole }
    } catch (error) {
      for (const file of await files.list(directory)) await files.remove(`${directory}/${file}`)
      const older =
        scope + 1 < names.length && clock.now() < deadline ? await fetchNewest(scope + 1).catch(() => undefined) : undefined
      if (!older) throw error
      host.log.info(`A cache mount comes from another scope: ${messageOf(error)}`)
      return older
    }
  }
  await files.makeDirectory(dirname(shared))
  return withLock(files, `${shared}.lock`, async () => {
    try {
      await files.remove(shared)
      return await fetchNewest(0)
    } finally {
      await files.remove(shared)
    }
  })
}

async function linkWhole({ files }: Host, newest: string, directory: string, key: string): Promise<WholeArchive> {
  const path = `${directory}/whole.tar`
  await files.move(newest, path)
  await files.link(path, archiveIn(directory))
  return { path, key }
}

/** The archive, from its difference and what that was made from, which is fetched by its name. */
async function putTogether(
  { files, archiveDifferences }: Host,
  difference: string,
  directory: string,
  restore: (base: string, to: string) => Promise<string | undefined>
): Promise<WholeArchive> {
  const path = `${directory}/whole.tar`
  const key = await archiveDifferences.baseOf(difference)
  if ((await restore(key, path)) !== key) throw new Error('the archive that it is the difference from is gone')
  await archiveDifferences.apply(path, difference, archiveIn(directory))
  await files.remove(difference)
  return { path, key }
}

/** From a directory of this machine. */
async function linkStored(
  host: Host,
  store: string,
  names: readonly string[],
  directory: string
): Promise<StoredMount | undefined> {
  const entries = await host.files.list(store)
  const entry = entriesOf(names).flatMap(own => entries.filter(file => file.startsWith(own) && file.endsWith(archive)))[0]
  if (entry === undefined) return undefined
  await host.files.link(`${store}/${entry}`, archiveIn(directory))
  return { ...(await stored(host, entry.slice(0, -archive.length), directory)), scope: names.indexOf(readEntry(entry).name) }
}

/** What an entry gave. Throws where that is not all of it: an archive that was cut off between two files looks whole to tar. */
async function stored({ files }: Host, entry: string, directory: string): Promise<Omit<StoredMount, 'scope'>> {
  const path = archiveIn(directory)
  const { digest, bytes: size } = readEntry(entry)
  const bytes = (await files.size(path)) ?? 0
  if (`${bytes}` !== size) throw new Error(`the archive has ${bytes} bytes instead of ${size}`)
  return { path, bytes, digest }
}

function archiveIn(directory: string): string {
  return `${directory}/archive.tar`
}
