/** How the archives of cache mounts are called where they are kept. Scopes have names of their own, the own one first. */
import { randomUUID } from 'node:crypto'

/** An archive that was saved whole, which the next one of its mount may be saved as the difference from. */
export interface WholeArchive {
  /** A file of this job's own. */
  readonly path: string
  readonly key: string
}

/** The least bytes of an archive that is worth a difference. */
export const leastBytes = 4 * 1024 * 1024

/** What a file in a directory ends with. */
export const archive = '.tar'

/** What the name of an entry in the actions cache ends with that is a difference. */
export const differs = '.difference'

/** A new entry. Content that comes back is newer than what came between: the newest entry is what the next job finds. */
export function newEntry(name: string, digest: string, bytes: number): string {
  return `${name}#${digest}.${bytes}.${randomUUID()}`
}

/** What an entry says of itself: the name it is under, the digest of its content as it was packed, and its bytes. */
export function readEntry(entry: string): { readonly name: string; readonly digest: string; readonly bytes: string } {
  const [name = '', content = ''] = entry.split('#')
  const [digest = '', bytes = ''] = content.split('.')
  return { name, digest, bytes }
}

/** Beginnings of the entries of each scope. */
export function entriesOf(names: readonly string[]): readonly [own: string, ...others: string[]] {
  const [own = '', ...others] = names.map(name => `${name}#`)
  return [own, ...others]
}

/**
 * In the actions cache an entry is found only under the path it was saved from, so that is the same in every job; the lock beside it
 * keeps jobs of one machine apart. The part of a name that is the same for all scopes tells mounts apart.
 */
export function sharedPath(names: readonly string[]): string {
  const [mount = ''] = /^[a-z-]+m[0-9a-f]{32}/.exec(names[0] ?? '') ?? []
  return `/tmp/.stage-cache-build/${mount}.tar`
}
