import { entryBytes, entryKey } from './local-index'
import type { BlobEntry, IndexedRef } from './local-index'
import { blobsOfManifest } from './oci-layout'

/** How much more than what the refs need the entries may hold before the worst of them is made anew. */
const slack = 0.2

export interface EntryPlan {
  /** Entries that are there already and hold something the refs need. */
  readonly kept: readonly BlobEntry[]
  /** Entries to make of what no kept one holds, at most two a stage: what is new, and what is moved out of a worn entry. */
  readonly made: readonly BlobEntry[]
}

export interface EntriesRequest {
  /** Dockerfile order: a blob belongs to the first that lists it. */
  readonly refs: readonly IndexedRef[]
  /** Entries that are there, the preferred first. */
  readonly known: readonly BlobEntry[]
  /** Digests of blobs that are here to be uploaded. */
  readonly present: ReadonlySet<string>
  /** Name of a stage's entries. */
  readonly nameOf: (stage: string) => string
}

/**
 * Which entries are to hold the blobs of these refs: those that do, and for each stage a new one of what no other holds. Entries cannot be
 * changed, so what a stage no longer needs stays in them; where that comes to a fifth of all, what is still needed of the worst moves on.
 */
export function planEntries({ refs, known, present, nameOf }: EntriesRequest): EntryPlan {
  const owners = ownersOf(refs)
  const limit = slack * [...owners.values()].reduce((sum, { bytes }) => sum + bytes, 0)
  const moved = new Set<string>()
  let candidates = known
  for (;;) {
    const held = holders(candidates, owners)
    const waste = ({ entry, used }: Held) =>
      entryBytes(entry) - used.reduce((sum, digest) => sum + (owners.get(digest)?.bytes ?? 0), 0)
    const [worst] = held.filter(({ used }) => used.every(digest => present.has(digest))).toSorted((a, b) => waste(b) - waste(a))
    const wasted = held.reduce((sum, one) => sum + waste(one), 0)
    if (wasted <= limit || !worst || waste(worst) === 0) {
      const covered = new Set(held.flatMap(({ used }) => used))
      const missing = [...owners.keys()].filter(digest => present.has(digest) && !covered.has(digest))
      const groups = [missing.filter(digest => !moved.has(digest)), missing.filter(digest => moved.has(digest))]
      return { kept: held.map(({ entry }) => entry), made: groups.flatMap(digests => makeEntries(digests, owners, nameOf)) }
    }
    for (const digest of worst.used) moved.add(digest)
    candidates = candidates.filter(entry => entry !== worst.entry)
  }
}

/** The entries to fetch for these blobs: each blob from the first entry that has it. */
export function planFetch(entries: readonly BlobEntry[], wanted: ReadonlyMap<string, unknown>): readonly BlobEntry[] {
  return holders(entries, wanted).map(({ entry }) => entry)
}

interface Owner {
  readonly ref: IndexedRef
  readonly bytes: number
}

interface Held {
  readonly entry: BlobEntry
  /** Digests that are wanted and in no entry before. */
  readonly used: readonly string[]
}

/** Every blob that the refs need, with the first ref that lists it. */
function ownersOf(refs: readonly IndexedRef[]): ReadonlyMap<string, Owner> {
  const owners = new Map<string, Owner>()
  for (const ref of refs) {
    for (const [digest, bytes] of blobsOfManifest(ref.manifest) ?? []) {
      if (!owners.has(digest)) owners.set(digest, { ref, bytes })
    }
  }
  return owners
}

function holders(entries: readonly BlobEntry[], wanted: ReadonlyMap<string, unknown>): readonly Held[] {
  const covered = new Set<string>()
  return entries.flatMap(entry => {
    const used = Object.keys(entry.blobs).filter(digest => wanted.has(digest) && !covered.has(digest))
    for (const digest of used) covered.add(digest)
    return used.length > 0 ? [{ entry, used }] : []
  })
}

function makeEntries(
  digests: readonly string[],
  owners: ReadonlyMap<string, Owner>,
  nameOf: EntriesRequest['nameOf']
): readonly BlobEntry[] {
  return [...new Set(digests.map(digest => owners.get(digest)?.ref))].flatMap((ref): readonly BlobEntry[] => {
    if (!ref) return []
    const own = digests.filter(digest => owners.get(digest)?.ref === ref)
    const blobs = Object.fromEntries(own.map(digest => [digest, owners.get(digest)?.bytes ?? 0]))
    return [{ key: entryKey(nameOf(ref.stage), ref.entry.digest, own), blobs }]
  })
}
