import { randomUUID } from 'node:crypto'
import { dirname } from 'node:path'
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
}

/**
 * Fetches the newest archive of the first scope that has one, into `directory`. Undefined where there is none. Throws where that cannot
 * be known, or the archive cannot be had.
 */
export async function fetchMount(
  host: Host,
  store: string,
  names: readonly string[],
  directory: string,
  seconds: number
): Promise<StoredMount | undefined> {
  const { files, actionsCache } = host
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
        const key = await actionsCache.restore(shared, own, others, seconds)
        if (key === undefined) return undefined
        await files.move(shared, path)
        return await stored(key, path)
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

/** Keeps an archive, which is gone from its place afterwards, under the first name. Throws when it was not kept. */
export async function keepMount(
  host: Host,
  store: string,
  names: readonly string[],
  digest: string,
  path: string,
  seconds: number
): Promise<void> {
  const { files, actionsCache } = host
  const [name = ''] = names
  // Content that comes back is newer than what came between: the newest entry is what the next job finds.
  const entry = `${name}#${digest}.${(await files.size(path)) ?? 0}.${randomUUID()}`
  if (actionsCache.available) {
    const shared = sharedPath(names)
    await files.makeDirectory(dirname(shared))
    await withLock(files, `${shared}.lock`, async () => {
      try {
        await files.move(path, shared)
        await actionsCache.save(shared, entry, seconds)
      } finally {
        await files.remove(shared)
      }
    })
    return
  }
  await files.makeDirectory(store)
  await files.move(path, `${store}/${entry}${archive}`)
  const older = (await files.list(store)).filter(file => file.startsWith(`${name}#`) && file !== `${entry}${archive}`)
  for (const file of older) await files.remove(`${store}/${file}`)
}

const archive = '.tar'

/**
 * In the actions cache an entry is found only under the path it was saved from, so that is the same in every job; the lock beside it
 * keeps jobs of one machine apart. The part of a name that is the same for all scopes tells mounts apart.
 */
function sharedPath(names: readonly string[]): string {
  const [mount = ''] = /^[a-z-]+m[0-9a-f]{32}/.exec(names[0] ?? '') ?? []
  return `/tmp/.stage-cache-build/${mount}.tar`
}
