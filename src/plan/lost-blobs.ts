import { cacheConfigType } from './coverage'

/** The parts of a cache configuration that name layers (BuildKit cache/remotecache/v1/types/spec.go). */
interface CacheConfig {
  readonly layers?: readonly { readonly blob?: string }[]
  readonly records?: readonly { readonly chains?: readonly { readonly layers: readonly number[] }[] }[]
}

interface Descriptor {
  readonly mediaType?: string
  readonly digest: string
  readonly size: number
}

interface Manifest {
  readonly config?: Descriptor
  readonly layers?: readonly Descriptor[]
  readonly manifests?: readonly Descriptor[]
}

/** Makes a blob of a text; gives its digest and size. */
export type MakeBlob = (text: string) => Pick<Descriptor, 'digest' | 'size'>

/**
 * A ref without blobs that are lost, for an import that runs the steps they belong to and no others. BuildKit passes over a result whose
 * layers the manifest does not list (getRemoteChain in cache/remotecache/v1/parse.go); chains of results, which it makes for COPY --link,
 * are taken out of the configuration, where older versions take the whole ref for broken. Gives the new manifest's text, or undefined where
 * nothing of use is left.
 */
export function withoutBlobs(
  manifestText: string,
  configText: string,
  lost: ReadonlySet<string>,
  make: MakeBlob
): string | undefined {
  const manifest = JSON.parse(manifestText) as Manifest
  const config = withoutChains(configText, lost)
  const listed = (manifest.layers ?? manifest.manifests ?? []).filter(({ digest }) => !lost.has(digest))
  if (!listed.some(({ mediaType }) => mediaType !== cacheConfigType)) return undefined
  const changed = config === configText ? undefined : make(config)
  const renew = (one: Descriptor) => (changed && one.mediaType === cacheConfigType ? { ...one, ...changed } : one)
  return JSON.stringify({
    ...manifest,
    ...(manifest.config ? { config: renew(manifest.config) } : {}),
    [manifest.layers ? 'layers' : 'manifests']: listed.map(renew)
  })
}

function withoutChains(text: string, lost: ReadonlySet<string>): string {
  const config = JSON.parse(text) as CacheConfig
  const isLost = (layer: number) => lost.has(config.layers?.[layer]?.blob ?? '')
  if (!config.records?.some(({ chains }) => chains?.some(({ layers }) => layers.some(isLost)))) return text
  const records = config.records.map(record =>
    record.chains ? { ...record, chains: record.chains.filter(({ layers }) => !layers.some(isLost)) } : record
  )
  return JSON.stringify({ ...config, records })
}
