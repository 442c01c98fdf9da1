import { createHash } from 'node:crypto'
import { writableScopes } from './permissions'

/** A cache ref's two texts: its manifest, and the config that lists steps and layers (BuildKit cache/remotecache/v1/spec.go). */
export interface CacheTexts {
  readonly manifest: string
  readonly config: string
}

export interface JoinedCache extends CacheTexts {
  readonly mediaType: string
  readonly configDigest: string
}

/**
 * One cache of those of several platforms. Takes what BuildKit wrote for each platform alone; gives what it reads as one import. Throws where a
 * text is of another shape.
 *
 * BuildKit cannot write this itself. Its reader goes down from every last step by itself, and from the second one on loses where else a
 * record leads that it has met before (addItemToStorage in cache/remotecache/v1/cachestorage.go marks such a record as missing): a cache of
 * two platforms has two last steps, and what they have in common, such as the content of a file that both copy, is found for one of them
 * alone. So one more record stands above all last steps; nothing ever looks it up. And its writer, for three platforms at once, left out
 * layers (seen with BuildKit 0.32).
 */
export function joinCaches(parts: readonly CacheTexts[]): JoinedCache {
  const config = JSON.stringify(joinConfigs(parts.map(part => parseConfig(part.config))))
  const configDigest = `sha256:${createHash('sha256').update(config).digest('hex')}`
  const manifests = parts.map(part => parseManifest(part.manifest))
  const [first] = manifests
  if (!first) throw new Error('There is no cache to join')
  const list = 'layers' in first ? 'layers' : 'manifests'
  const entries = new Map(manifests.flatMap(entriesOf).map(entry => [entry.digest, entry]))
  const described = [first.config, ...entriesOf(first)].find(entry => entry?.mediaType === cacheConfig)
  if (!described) throw new Error('A manifest has no cache config')
  const own = { ...described, digest: configDigest, size: Buffer.byteLength(config) }
  const blobs = [...entries.values()].filter(({ mediaType }) => mediaType !== cacheConfig)
  const manifest = JSON.stringify({
    ...first,
    ...(first.config ? { config: own } : {}),
    [list]: first.config ? blobs : [...blobs, own]
  })
  return { manifest, config, mediaType: first.mediaType, configDigest }
}

/** One config of several; the text is BuildKit's JSON. For gha, where there is no manifest. */
export function joinConfigTexts(texts: readonly string[]): string {
  return JSON.stringify(joinConfigs(texts.map(parseConfig)))
}

/**
 * Key of BuildKit's list of a gha scope, without the number behind it; undefined where the job's token may write nowhere. Rule: BuildKit
 * cache/remotecache/gha/gha.go, indexKey: the last writable scope of the token is part of it. `token` is ACTIONS_RUNTIME_TOKEN.
 */
export function ghaIndexKey(scope: string, token: string | undefined): string | undefined {
  const writable = writableScopes(token).at(-1)
  if (writable === undefined) return undefined
  return `index-${scope}-1-${createHash('sha256').update(writable).digest('hex').slice(0, 8)}`
}

/** Digest of the config that a cache's manifest names. Throws where it names none. */
export function configOf(manifest: string): string {
  const parsed = parseManifest(manifest)
  const config = [parsed.config, ...entriesOf(parsed)].find(entry => entry?.mediaType === cacheConfig)
  if (!config) throw new Error('A manifest has no cache config')
  return config.digest
}

interface CacheLayer {
  readonly parent?: number
}

interface CacheRecord {
  readonly digest: string
  readonly layers?: readonly { readonly layer: number }[] | null
  readonly chains?: readonly { readonly layers: readonly number[] }[] | null
  readonly inputs?: readonly (readonly { readonly link: number }[])[] | null
}

interface CacheConfig {
  readonly layers?: readonly CacheLayer[] | null
  readonly records?: readonly CacheRecord[] | null
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

interface Manifest {
  readonly mediaType: string
  readonly config?: Descriptor
  readonly layers?: readonly Descriptor[]
  readonly manifests?: readonly Descriptor[]
}

const cacheConfig = 'application/vnd.buildkit.cacheconfig.v0'

/** Of the record that stands above all others: no step has it. */
const top = `sha256:${createHash('sha256').update('stage-cache-build: all platforms').digest('hex')}`

function joinConfigs(configs: readonly CacheConfig[]): CacheConfig {
  const layers: CacheLayer[] = []
  const records: CacheRecord[] = []
  for (const config of configs) {
    const [layersBefore, recordsBefore] = [layers.length, records.length]
    // A layer without one has no parent, or -1.
    for (const layer of config.layers ?? []) {
      layers.push((layer.parent ?? -1) < 0 ? layer : { ...layer, parent: (layer.parent ?? 0) + layersBefore })
    }
    for (const record of config.records ?? []) records.push(moved(record, layersBefore, recordsBefore))
  }
  const linked = new Set(records.flatMap(record => (record.inputs ?? []).flatMap(links => links.map(({ link }) => link))))
  const last = records.flatMap((record, index) => (record.inputs?.length && !linked.has(index) ? [[{ link: index }]] : []))
  return { layers, records: last.length > 1 ? [...records, { digest: top, inputs: last }] : records }
}

function moved(record: CacheRecord, layers: number, records: number): CacheRecord {
  return {
    ...record,
    ...(record.layers ? { layers: record.layers.map(result => ({ ...result, layer: result.layer + layers })) } : {}),
    ...(record.chains
      ? { chains: record.chains.map(result => ({ ...result, layers: result.layers.map(layer => layer + layers) })) }
      : {}),
    ...(record.inputs
      ? { inputs: record.inputs.map(links => links.map(input => ({ ...input, link: input.link + records }))) }
      : {})
  }
}

function entriesOf({ layers, manifests }: Manifest): readonly Descriptor[] {
  return layers ?? manifests ?? []
}

function parseConfig(text: string): CacheConfig {
  const config = JSON.parse(text) as CacheConfig | null
  if (!Array.isArray(config?.records ?? [])) throw new Error('A cache config has no records')
  return config ?? {}
}

function parseManifest(text: string): Manifest {
  const manifest = JSON.parse(text) as Partial<Manifest> | null
  const entries = manifest?.layers ?? manifest?.manifests
  if (!manifest || typeof manifest.mediaType !== 'string' || !Array.isArray(entries)) throw new Error('A cache has no manifest')
  return manifest as Manifest
}
