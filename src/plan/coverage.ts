import { createHash } from 'node:crypto'
import { isJoined } from '../joined'
import type { Joined } from '../joined'
import { parseCacheConfig } from './cache-config'
import type { CacheRef } from './cache-plan'

/** A ref that exists, and what is known of its content. */
export interface FoundRef {
  readonly ref: CacheRef
  /** Names this very content: a manifest's digest, or the id its export was recorded under. */
  readonly id: string
  /** Bytes of its blobs, each counted once. */
  readonly bytes?: number
  /** Digests of its blobs, known for registry and local refs, and for a gha ref whose list was read. */
  readonly blobs?: ReadonlySet<string>
  /** Ids of other refs this one held when it was exported, by ref name; known for gha refs from the record. */
  readonly held?: Readonly<Record<string, string>>
  readonly joined?: Joined
  /** When its manifest was pushed anew, in milliseconds since the epoch, as it notes itself. */
  readonly renewedAt?: number
  /** Milliseconds since the epoch, where a record knows it, and 0 where it should: manifests do not say when they were pushed. */
  readonly exportedAt?: number
}

/**
 * Whether importing `wide` brings everything `narrow` holds. Each export of a stage carries the blobs of all stages above it,
 * so a stage's own ref that is not covered was saved by a build that ended before its target was.
 */
export function covers(wide: FoundRef, narrow: FoundRef): boolean {
  if (wide.ref.backend !== narrow.ref.backend) return false
  if (wide.held?.[narrow.ref.name] === narrow.id || (wide.ref === narrow.ref && wide.id === narrow.id)) return true
  const { blobs } = wide
  return blobs !== undefined && narrow.blobs !== undefined && [...narrow.blobs].every(blob => blobs.has(blob))
}

/** A blob as a manifest lists it; `size` in bytes. */
export interface Descriptor {
  readonly mediaType?: string
  readonly digest: string
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
}

/** Media type of a cache ref's config (BuildKit cache/remotecache/v1/spec.go). */
const cacheConfigType = 'application/vnd.buildkit.cacheconfig.v0'

/** Bytes of the largest manifest or cache config that BuildKit reads (cache/remotecache/import.go); a larger one it ignores. */
export const largestCacheText = 1 << 20

/** Annotation of a manifest: `Joined` as JSON. */
export const joinedAnnotation = 'stage-cache-build.joined'
export const renewedAnnotation = 'stage-cache-build.renewed'

/**
 * What a cache manifest lists. BuildKit writes an image manifest (default since 0.21) or an index whose entries are the blobs.
 * Undefined where the text is no cache manifest: an image under that tag, or a broken file.
 */
export function parseCacheManifest(
  text: string
): { readonly blobs: ReadonlyMap<string, number>; readonly config: Descriptor } | undefined {
  const manifest = parseObject(text)
  const entries = manifest?.layers ?? manifest?.manifests
  if (!Array.isArray(entries) || !entries.every(isDescriptor)) return undefined
  const config = [manifest?.config, ...entries].filter(isDescriptor).find(entry => entry.mediaType === cacheConfigType)
  if (!config) return undefined
  return { blobs: new Map(entries.filter(entry => entry !== config).map(entry => [entry.digest, entry.size])), config }
}

/** A ref known by its manifest. */
export function foundByManifest(ref: CacheRef, digest: string, text: string): FoundRef | undefined {
  const manifest = parseCacheManifest(text)
  if (!manifest) return undefined
  const bytes = [...manifest.blobs.values()].reduce((sum, size) => sum + size, manifest.config.size + text.length)
  const joined = joinedIn(text)
  const renewedAt = Date.parse(annotationIn(text, renewedAnnotation) ?? '')
  return {
    ref,
    id: digest,
    bytes,
    blobs: new Set(manifest.blobs.keys()),
    ...(joined ? { joined } : {}),
    ...(Number.isNaN(renewedAt) ? {} : { renewedAt })
  }
}

/** A gha ref known by its list of steps and layers, for want of a record: it is due to be saved again, so that there is one. */
export function foundByConfig(ref: CacheRef, text: string): FoundRef | undefined {
  const config = parseCacheConfig(text)
  if (!config) return undefined
  return { ref, id: listId(text), blobs: new Set(config.layers.map(({ blob }) => blob)), exportedAt: 0 }
}

/** What a list of steps and layers in GitHub's cache is known by: no manifest names it. */
export function listId(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

function joinedIn(manifest: string): Joined | undefined {
  const joined = parseJson(annotationIn(manifest, joinedAnnotation) ?? '')
  return isJoined(joined) ? joined : undefined
}

function annotationIn(manifest: string, name: string): string | undefined {
  const annotations = parseObject(manifest)?.['annotations'] as Readonly<Record<string, unknown>> | undefined
  const text = annotations?.[name]
  return typeof text === 'string' ? text : undefined
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  const value = parseJson(text)
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isDescriptor(value: unknown): value is Descriptor {
  const descriptor = value as Partial<Descriptor> | null | undefined
  return typeof descriptor?.digest === 'string' && typeof descriptor.size === 'number'
}
