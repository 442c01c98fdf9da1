import { randomUUID } from 'node:crypto'
import { dirname } from 'node:path'
import { messageOf } from '../errors'
import type { Host } from '../host'
import { withLock } from './directory-lock'

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

/** What the next archive of the mount may be saved as the difference from. */
export interface WholeArchive {
  /** A file of this job's own. */
  readonly path: string
  readonly key: string
}

/** The most of an archive that a difference may have, and the least bytes of one that is worth it. */
const mostOfArchive = 0.25
const leastBytes = 4 * 1024 * 1024

/**
 * Fetches the newest archive of the first scope that has one; what was saved whole is left beside it only where the job `mayKeep` what comes of it,
 * for the disk is the build's. Undefined where there is none. Throws where that cannot be known, or the archive cannot be
 * had, and leaves nothing on the disk then: the build needs it.
 */
export async function fetchMount(
  host: Host,
  store: string,
  names: readonly string[],
  seconds: number,
  mayKeep: boolean
): Promise<StoredMount | undefined> {
  const directory = await host.files.makeTemporary('mount-')
  const fetching = fetchInto(host, store, names, directory, seconds)
  const fetched = await fetching.catch(async (error: unknown) => {
    await host.files.remove(directory)
    throw error
  })
  if (!fetched) await host.files.remove(directory)
  if (!fetched?.whole || (mayKeep && fetched.bytes >= leastBytes)) return fetched
  const { whole, ...stored } = fetched
  await host.files.remove(whole.path)
  return stored
}

async function fetchInto(
  host: Host,
  store: string,
  names: readonly string[],
  directory: string,
  seconds: number
): Promise<StoredMount | undefined> {
  const { files, actionsCache, archiveDifferences, clock } = host
  const deadline = clock.now() + seconds * 1000
  const left = () => Math.max(1, (deadline - clock.now()) / 1000)
  const stored = async (entry: string, path: string): Promise<StoredMount> => {
    const [name = '', content = ''] = entry.split('#')
    const [digest = '', size = ''] = content.split('.')
    const bytes = (await files.size(path)) ?? 0
    // An archive that was cut off between two files looks whole to tar.
    if (`${bytes}` !== size) throw new Error(`the archive has ${bytes} bytes instead of ${size}`)
    return { path, bytes, scope: Math.max(0, names.indexOf(name)), digest }
  }
  const [own = '', ...others] = names.map(name => `${name}#`)
  const path = `${directory}/archive.tar`
  if (actionsCache.available) {
    const shared = sharedPath(names)
    await files.makeDirectory(dirname(shared))
    return withLock(files, `${shared}.lock`, async () => {
      try {
        await files.remove(shared)
        const key = await actionsCache.restore(shared, own, others, left())
        if (key === undefined) return undefined
        const whole = { path: `${directory}/whole.tar`, key }
        await files.move(shared, whole.path)
        if (!key.endsWith(differs)) {
          await files.link(whole.path, path)
          return { ...(await stored(key, path)), whole }
        }
        const difference = `${directory}/difference`
        await files.move(whole.path, difference)
        whole.key = await archiveDifferences.baseOf(difference)
        if ((await actionsCache.restore(shared, whole.key, [], left())) !== whole.key)
          throw new Error('the archive that it is the difference from is gone')
        await files.move(shared, whole.path)
        await archiveDifferences.apply(whole.path, difference, path)
        await files.remove(difference)
        return { ...(await stored(key, path)), whole }
      } finally {
        await files.remove(shared)
      }
    })
  }
  const entries = await files.list(store)
  const entry = names.flatMap(name => entries.filter(file => file.startsWith(`${name}#`) && file.endsWith(archive)))[0]
  if (entry === undefined) return undefined
  await files.link(`${store}/${entry}`, path)
  return stored(entry.slice(0, -archive.length), path)
}

/** Whether there is an archive for one of the names. Throws where that cannot be known. */
export async function keptEntry(host: Host, store: string, names: readonly string[], seconds: number): Promise<boolean> {
  const [own = '', ...others] = names.map(name => `${name}#`)
  if (host.actionsCache.available) return (await host.actionsCache.find(sharedPath(names), own, others, seconds)) !== undefined
  const entries = await host.files.list(store)
  return entries.some(entry => names.some(name => entry.startsWith(`${name}#`)))
}

/**
 * Keeps an archive, which is gone from its place afterwards, under the first name; in GitHub's cache as the difference from what was saved whole, where
 * that is small. Gives the bytes that were kept. Throws when it was not.
 */
export async function keepMount(
  host: Host,
  store: string,
  names: readonly string[],
  digest: string,
  path: string,
  seconds: number,
  whole: WholeArchive | undefined
): Promise<number> {
  const { files, actionsCache } = host
  const [name = ''] = names
  const bytes = (await files.size(path)) ?? 0
  // Content that comes back is newer than what came between: the newest entry is what the next job finds.
  const entry = `${name}#${digest}.${bytes}.${randomUUID()}`
  if (actionsCache.available) {
    const difference = whole && (await differenceFrom(host, whole, path, bytes))
    const shared = sharedPath(names)
    await files.makeDirectory(dirname(shared))
    await withLock(files, `${shared}.lock`, async () => {
      try {
        await files.move(difference?.path ?? path, shared)
        await actionsCache.save(shared, difference ? `${entry}${differs}` : entry, seconds)
      } finally {
        await files.remove(shared)
      }
    })
    return difference?.bytes ?? bytes
  }
  await files.makeDirectory(store)
  await files.move(path, `${store}/${entry}${archive}`)
  const older = (await files.list(store)).filter(file => file.startsWith(`${name}#`) && file !== `${entry}${archive}`)
  for (const file of older) await files.remove(`${store}/${file}`)
  return bytes
}

/** An archive as the difference from one that was saved whole; undefined where that is not worth it. Either archive's bytes are read once. */
async function differenceFrom(
  { files, archiveDifferences, log }: Host,
  { path: base, key }: WholeArchive,
  path: string,
  bytes: number
): Promise<{ readonly path: string; readonly bytes: number } | undefined> {
  if (bytes < leastBytes) return undefined
  const to = `${dirname(path)}/difference`
  const making = archiveDifferences.make({ path: base, name: key }, path, to, bytes * mostOfArchive)
  const made = await making.catch((error: unknown) => {
    log.debug(`A cache mount is saved whole: ${messageOf(error)}`)
    return undefined
  })
  await files.remove(base)
  if (made === undefined) {
    await files.remove(to)
    return undefined
  }
  await files.remove(path)
  return { path: to, bytes: made }
}

const archive = '.tar'

/** What the name of an entry ends with that is a difference. */
const differs = '.difference'

/**
 * In the actions cache an entry is found only under the path it was saved from, so that is the same in every job; the lock beside it
 * keeps jobs of one machine apart. The part of a name that is the same for all scopes tells mounts apart.
 */
function sharedPath(names: readonly string[]): string {
  const [mount = ''] = /^[a-z-]+m[0-9a-f]{32}/.exec(names[0] ?? '') ?? []
  return `/tmp/.stage-cache-build/${mount}.tar`
}
