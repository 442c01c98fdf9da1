import { parseCacheConfig } from './cache-config'
import { manifestEntries } from './joined-cache'

/** Key of a layer in GitHub's cache, the same for all scopes (BuildKit cache/remotecache/gha/gha.go, blobKey). */
export function ghaLayerKey(digest: string): string {
  return `buildkit-blob-1-${digest}`
}

export interface GhaExport {
  /** The list of steps and layers, as BuildKit's own exporter writes it. */
  readonly text: string
  /** Bytes of each layer by its digest. */
  readonly layers: ReadonlyMap<string, number>
}

/**
 * What BuildKit's exporter for GitHub's cache would write of a cache that was exported to a directory, given by its manifest and config: there
 * is no manifest there, and the list says what a manifest's entries say (gha.go, Finalize). Throws where a text is of another shape.
 */
export function ghaExportOf(manifest: string, config: string): GhaExport {
  const parsed = parseCacheConfig(config)
  if (!parsed) throw new Error('BuildKit wrote a cache of another shape')
  const entries = manifestEntries(manifest)
  const layers = parsed.layers.map(layer => {
    const entry = entries.get(layer.blob)
    const diffID = entry?.annotations?.['containerd.io/uncompressed']
    if (!entry || diffID === undefined) throw new Error(`A cache manifest does not say what layer ${layer.blob} is`)
    const createdAt = entry.annotations?.['buildkit/createdat']
    const { mediaType, size } = entry
    return { ...layer, annotations: { mediaType, diffID, size, ...(createdAt === undefined ? {} : { createdAt }) } }
  })
  return {
    text: JSON.stringify({ ...parsed, layers }),
    layers: new Map(layers.map(({ blob, annotations }) => [blob, annotations.size]))
  }
}

/** Bytes of each layer that a list in GitHub's cache names, by its digest; those it gives no size of are left out. */
export function ghaLayersIn(text: string): ReadonlyMap<string, number> {
  const layers = parseCacheConfig(text)?.layers ?? []
  return new Map(
    layers.flatMap(({ blob, annotations }) => {
      const size = (annotations as { readonly size?: unknown } | null | undefined)?.size
      return typeof size === 'number' ? [[blob, size] as const] : []
    })
  )
}
