/** What the manifest of an image lists: its layers, or the manifests of its platforms. */
export type ImageManifest = { readonly layers: ReadonlyMap<string, number> } | { readonly platforms: readonly string[] }

interface Descriptor {
  readonly digest: string
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
}

/** Platforms that an index is looked into for; none has more. */
const mostPlatforms = 20

/**
 * Layers with their bytes as they are pushed, by digest; of an index the digests of its images. Attestations, which BuildKit lists beside them, are
 * left out (BuildKit docs/attestations/attestation-storage.md). Undefined for a text that is neither.
 */
export function parseImageManifest(text: string): ImageManifest | undefined {
  try {
    const { layers, manifests } = JSON.parse(text) as { readonly layers?: unknown; readonly manifests?: unknown }
    if (Array.isArray(layers) && layers.every(isDescriptor))
      return { layers: new Map(layers.map(({ digest, size }) => [digest, size])) }
    if (!Array.isArray(manifests) || !manifests.every(isDescriptor) || manifests.length > mostPlatforms * 2) return undefined
    const images = manifests.filter(entry => entry.annotations?.['vnd.docker.reference.type'] !== 'attestation-manifest')
    return { platforms: images.map(({ digest }) => digest) }
  } catch {
    return undefined
  }
}

function isDescriptor(value: unknown): value is Descriptor {
  const descriptor = value as Partial<Descriptor> | null | undefined
  return typeof descriptor?.digest === 'string' && typeof descriptor.size === 'number'
}
