import { createHash } from 'node:crypto'
import { parseCacheConfig } from './cache-config'
import type { CacheConfig } from './cache-config'
import { completeConfig, joinBuilds, joinCacheConfigs } from './join-configs'
import { joinedAnnotation, largestCacheText, parseCacheManifest, renewedAnnotation } from './coverage'
import type { Descriptor } from './coverage'
import type { Joined } from '../joined'
import { knownScopes, writableScopes } from './permissions'

/**
 * A cache ref's two texts: its manifest, empty in gha, which has none, and the config that lists steps and layers (BuildKit
 * cache/remotecache/v1/spec.go).
 */
export interface CacheTexts {
  readonly manifest: string
  readonly config: string
}

export interface JoinedCache extends CacheTexts {
  readonly mediaType: string
  readonly configDigest: string
}

/**
 * One cache that holds what all of these hold, in the form of the first; of one that BuildKit wrote, one that it reads whole. `note` says that
 * they are of several builds, and is kept with it. Throws where a text is of another shape, or one would be larger than BuildKit reads.
 */
export function joinCaches(parts: readonly CacheTexts[], note?: Joined): JoinedCache {
  const configs = parts.map(part => parsedConfig(part.config))
  return cacheOf(note ? joinBuilds(configs) : joinCacheConfigs(configs), parts, note)
}

/** What an export wrote, completed from what was imported, the first first (join-configs.ts); undefined where it lacks nothing. Throws as `joinCaches`. */
export function completeCache(exported: CacheTexts, imported: readonly CacheTexts[]): JoinedCache | undefined {
  const config = parsedConfig(exported.config)
  const complete = imported.reduce((known, one) => completeConfig(known, parsedConfig(one.config)), config)
  return complete === config ? undefined : cacheOf(complete, [exported, ...imported])
}

function cacheOf(joined: CacheConfig, parts: readonly CacheTexts[], note?: Joined): JoinedCache {
  const config = JSON.stringify(joined)
  const configDigest = `sha256:${createHash('sha256').update(config).digest('hex')}`
  const manifests = parts.map(part => parseManifest(part.manifest))
  const [first] = manifests
  if (!first) throw new Error('There is no cache to join')
  const list = 'layers' in first ? 'layers' : 'manifests'
  const entries = new Map(manifests.flatMap(manifest => [...entriesOf(manifest)]))
  const own = { ...configIn(parts[0]?.manifest ?? ''), digest: configDigest, size: Buffer.byteLength(config) }
  const blobs = [...new Set(joined.layers.map(({ blob }) => blob))].map(blob => {
    const entry = entries.get(blob)
    if (!entry) throw new Error(`A manifest does not list layer ${blob}`)
    return entry
  })
  const { annotations = {} } = first
  const noted = note ? { annotations: { ...annotations, [joinedAnnotation]: JSON.stringify(note) } } : {}
  const manifest = JSON.stringify({
    ...first,
    ...(first.config ? { config: own } : {}),
    [list]: first.config ? blobs : [...blobs, own],
    ...noted
  })
  checkSize(manifest)
  checkSize(config)
  return { manifest, config, mediaType: first.mediaType, configDigest }
}

/** One config of several; the text is BuildKit's JSON. For gha, where there is no manifest to keep `note` in. Throws as `joinCaches`. */
export function joinConfigTexts(texts: readonly string[], note?: Joined): string {
  const configs = texts.map(parsedConfig)
  return JSON.stringify(note ? joinBuilds(configs) : joinCacheConfigs(configs))
}

/** The same of what `completeCache` does. */
export function completeConfigText(exported: string, imported: string): string | undefined {
  const config = parsedConfig(exported)
  const complete = completeConfig(config, parsedConfig(imported))
  return complete === config ? undefined : JSON.stringify(complete)
}

/**
 * Key of BuildKit's list of a gha scope, without the number behind it; undefined where the job's token may write nowhere. Rule: BuildKit
 * cache/remotecache/gha/gha.go, indexKey: the last writable scope of the token is part of it. `token` is ACTIONS_RUNTIME_TOKEN.
 */
export function ghaIndexKey(scope: string, token: string | undefined): string | undefined {
  const writable = writableScopes(token).at(-1)
  return writable === undefined ? undefined : indexKey(scope, writable)
}

/** Keys of all lists that BuildKit reads when a gha scope is imported: one for each scope of the token (gha.go, importer.Resolve). */
export function importedGhaIndexKeys(scope: string, token: string | undefined): readonly string[] {
  return knownScopes(token).map(known => indexKey(scope, known))
}

function indexKey(scope: string, tokenScope: string): string {
  return `index-${scope}-1-${createHash('sha256').update(tokenScope).digest('hex').slice(0, 8)}`
}

/**
 * The manifest with a note that it was written anew then, an ISO time: of the very same text a registry takes no notice, nor does BuildKit send it
 * again. Throws where it is none.
 */
export function renewedManifest(text: string, at: string): { readonly mediaType: string; readonly text: string } {
  const manifest = parseManifest(text)
  const annotations = { ...manifest.annotations, [renewedAnnotation]: at }
  return { mediaType: manifest.mediaType, text: JSON.stringify({ ...manifest, annotations }) }
}

/** Digest of the config that a cache's manifest names. Throws where it names none. */
export function configOf(manifest: string): string {
  return configIn(manifest).digest
}

interface Manifest {
  readonly mediaType: string
  readonly config?: Descriptor
  readonly layers?: readonly Descriptor[]
  readonly manifests?: readonly Descriptor[]
  readonly annotations?: Readonly<Record<string, string>>
}

function configIn(manifest: string): Descriptor {
  const parsed = parseCacheManifest(manifest)
  if (!parsed) throw new Error('A manifest has no cache config')
  return parsed.config
}

function entriesOf({ layers, manifests }: Manifest): ReadonlyMap<string, Descriptor> {
  return new Map((layers ?? manifests ?? []).map(entry => [entry.digest, entry]))
}

/** What a cache's manifest says of each blob, by digest. Throws where it is none. */
export function manifestEntries(text: string): ReadonlyMap<string, Descriptor> {
  return entriesOf(parseManifest(text))
}

function parsedConfig(text: string): CacheConfig {
  const config = parseCacheConfig(text)
  if (!config) throw new Error('A cache config is of another shape')
  return config
}

function parseManifest(text: string): Manifest {
  const manifest = JSON.parse(text) as Partial<Manifest> | null
  const entries = manifest?.layers ?? manifest?.manifests
  if (!manifest || typeof manifest.mediaType !== 'string' || !Array.isArray(entries)) throw new Error('A cache has no manifest')
  return manifest as Manifest
}

function checkSize(text: string): void {
  if (Buffer.byteLength(text) > largestCacheText) throw new Error('The joined cache is larger than the 1 MiB that BuildKit reads')
}
