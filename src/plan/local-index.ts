import { createHash } from 'node:crypto'
import { parseCacheManifest } from './coverage'
import { entryTag, isLayoutEntry } from './oci-layout'
import type { LayoutEntry } from './oci-layout'

/** A ref of the local cache as GitHub's cache knows it. */
export interface IndexedRef {
  readonly stage: string
  /** Its line of a directory's index.json, with the tag. */
  readonly entry: LayoutEntry
  /** Text of its manifest. */
  readonly manifest: string
}

/** An entry of GitHub's cache that holds blobs: their bytes by digest. */
export interface BlobEntry {
  readonly key: string
  readonly blobs: Readonly<Record<string, number>>
}

/**
 * The newest local cache of an image × scope × platforms: its refs, and the entries that hold all of their blobs. With the manifests in
 * it a job knows what it will import before it fetches a single blob.
 */
export interface LocalIndex {
  readonly refs: readonly IndexedRef[]
  readonly entries: readonly BlobEntry[]
}

export const emptyIndex: LocalIndex = { refs: [], entries: [] }

/** The text that `parseLocalIndex` reads. */
export function renderLocalIndex({ refs, entries }: LocalIndex): string {
  return JSON.stringify({ version, refs, entries })
}

/** Undefined where the text is damaged or of another version. */
export function parseLocalIndex(text: string): LocalIndex | undefined {
  try {
    const index = JSON.parse(text) as Partial<LocalIndex & { version: number }> | null
    if (index?.version !== version || !Array.isArray(index.refs) || !Array.isArray(index.entries)) return undefined
    if (!index.refs.every(isRef) || !index.entries.every(isEntry)) return undefined
    return { refs: index.refs, entries: index.entries }
  } catch {
    return undefined
  }
}

/**
 * Key of an entry. `name` says whose it is; the digest of the manifest whose blobs it holds, and one of which of them, make it another for
 * any other content.
 */
export function entryKey(name: string, manifest: string, digests: readonly string[]): string {
  const which = createHash('sha256')
    .update([...digests].sort().join())
    .digest('hex')
    .slice(0, 12)
  return `${name}#${manifest.replace('sha256:', '')}-${which}`
}

/** The part of an entry's key that no other entry has: a name for its files. */
export function entryId({ key }: BlobEntry): string {
  return key.slice(key.indexOf('#') + 1)
}

/** Bytes of the blobs of an entry. */
export function entryBytes({ blobs }: BlobEntry): number {
  return Object.values(blobs).reduce((sum, bytes) => sum + bytes, 0)
}

const version = 1

function isRef(value: unknown): value is IndexedRef {
  const { stage, entry, manifest } = (value ?? {}) as Partial<IndexedRef>
  if (typeof stage !== 'string' || typeof manifest !== 'string' || !isLayoutEntry(entry) || !parseCacheManifest(manifest)) {
    return false
  }
  const digest = createHash('sha256').update(manifest).digest('hex')
  return entryTag(entry) !== undefined && entry.digest === `sha256:${digest}`
}

function isEntry(value: unknown): value is BlobEntry {
  const { key, blobs } = (value ?? {}) as Partial<BlobEntry>
  if (typeof key !== 'string' || !/^[^#,]+#[0-9a-f]{64}-[0-9a-f]{12}$/.test(key)) return false
  return (
    typeof blobs === 'object' &&
    Object.entries(blobs).every(([digest, bytes]) => /^sha256:[0-9a-f]{64}$/.test(digest) && typeof bytes === 'number')
  )
}
