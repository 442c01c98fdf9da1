import { dirname } from 'node:path'
import { messageOf } from '../errors'
import type { Host } from '../host'
import { transferSeconds } from './deadline'
import { withLock } from './directory-lock'
import { archive, differs, entriesOf, leastBytes, newEntry, sharedPath } from './mount-entries'
import type { WholeArchive } from './mount-entries'

/** The most of an archive that a difference may have. */
const mostOfArchive = 0.25

/** Whether there is an archive for one of the names. Throws where that cannot be known. */
export async function keptEntry(host: Host, store: string, names: readonly string[], seconds: number): Promise<boolean> {
  const [own, ...others] = entriesOf(names)
  if (host.actionsCache.available) return (await host.actionsCache.find(sharedPath(names), own, others, seconds)) !== undefined
  const entries = await host.files.list(store)
  return entries.some(entry => [own, ...others].some(name => entry.startsWith(name)))
}

/**
 * Keeps an archive, which is gone from its place afterwards, under the first name; in GitHub's cache as the difference from what was saved whole, where
 * that is small, until a time in milliseconds since the epoch. Gives the bytes that were kept. Throws when it was not.
 */
export async function keepMount(
  host: Host,
  store: string,
  names: readonly string[],
  digest: string,
  path: string,
  deadline: number,
  whole: WholeArchive | undefined
): Promise<number> {
  const { files, actionsCache } = host
  const [name = ''] = names
  const bytes = (await files.size(path)) ?? 0
  const entry = newEntry(name, digest, bytes)
  if (actionsCache.available) {
    const difference = whole && (await differenceFrom(host, whole, path, bytes))
    const shared = sharedPath(names)
    await files.makeDirectory(dirname(shared))
    await withLock(files, `${shared}.lock`, async () => {
      try {
        await files.move(difference?.path ?? path, shared)
        const most = transferSeconds(difference?.bytes ?? bytes, deadline, host.clock.now())
        await actionsCache.save(shared, difference ? `${entry}${differs}` : entry, most)
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
