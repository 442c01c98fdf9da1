import { parseCacheManifest } from './coverage'

/** Annotation that carries a tag in an OCI layout's index.json (OCI image spec, annotations). */
const tagAnnotation = 'org.opencontainers.image.ref.name'

export interface LayoutEntry {
  readonly mediaType?: string
  readonly digest: string
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
}

/** index.json of a local cache directory. */
export interface LayoutIndex {
  readonly entries: readonly LayoutEntry[]
}

/** Undefined where the text is no index. */
export function parseLayoutIndex(text: string): LayoutIndex | undefined {
  try {
    const { manifests } = JSON.parse(text) as { manifests?: LayoutEntry[] }
    return Array.isArray(manifests) && manifests.every(isLayoutEntry) ? { entries: manifests } : undefined
  } catch {
    return undefined
  }
}

export function renderLayoutIndex(index: LayoutIndex): string {
  return JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: index.entries })
}

export function entryTag(entry: LayoutEntry): string | undefined {
  return entry.annotations?.[tagAnnotation]
}

/** An entry under a tag. */
export function tagged(entry: LayoutEntry, tag: string): LayoutEntry {
  return { ...entry, annotations: { ...entry.annotations, [tagAnnotation]: tag } }
}

/** `ours` on top of `theirs`: of two entries with one tag ours stays; entries whose tag `keep` refuses go. */
export function mergeLayoutIndexes(theirs: LayoutIndex, ours: LayoutIndex, keep: (tag: string) => boolean): LayoutIndex {
  const tags = new Set(ours.entries.map(entryTag))
  const entries = [...theirs.entries.filter(entry => !tags.has(entryTag(entry))), ...ours.entries]
  return { entries: entries.filter(entry => keep(entryTag(entry) ?? '')) }
}

/** Every blob an entry needs besides its manifest, with its size in bytes; undefined for a manifest that is none. */
export function blobsOfManifest(text: string): ReadonlyMap<string, number> | undefined {
  const manifest = parseCacheManifest(text)
  return manifest && new Map([...manifest.blobs, [manifest.config.digest, manifest.config.size]])
}

/** Path of a blob below the layout's directory; undefined for what is no sha256 digest. */
export function blobPath(digest: string): string | undefined {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1]
  return hex && `blobs/sha256/${hex}`
}

/** Whether a value is a line of an index.json. */
export function isLayoutEntry(value: unknown): value is LayoutEntry {
  const entry = value as Partial<LayoutEntry> | null
  return typeof entry?.digest === 'string' && blobPath(entry.digest) !== undefined && typeof entry.size === 'number'
}
