import type { Host } from '../host'
import type { CacheRef } from '../plan/cache-plan'
import { foundByManifest, parseCacheManifest } from '../plan/coverage'
import type { Caches } from './caches'
import type { ExportOutcome } from './export-build'

/** What a ref that was written comes to. */
export interface RefSize {
  readonly bytes: number
  /** Of layers that no ref had before this job, each counted for the first that was written; missing where that is not known. */
  readonly newBytes?: number
}

/** Sizes of refs that were written, where their manifests can be read. */
export async function measureRefs(
  host: Host,
  outcomes: readonly ExportOutcome[],
  { found, lookedUp }: Pick<Caches, 'found' | 'lookedUp'>
): Promise<ReadonlyMap<CacheRef, RefSize>> {
  const written = await Promise.all(
    outcomes
      .filter(({ ref, exported, digest }) => ref.backend === 'registry' && exported === 'yes' && digest !== undefined)
      .map(async ({ ref, digest }) => {
        try {
          const manifest = await host.registry.manifest(`${ref.place}@${digest}`, 5)
          return manifest && { ref, ...manifest }
        } catch {
          // A size that cannot be read is a gap in the summary, nothing was lost.
          return undefined
        }
      })
  )
  const known = new Set(found.filter(({ ref }) => ref.backend === 'registry').flatMap(({ blobs = [] }) => [...blobs]))
  const sizes = new Map<CacheRef, RefSize>()
  for (const { ref, digest, text } of written.filter(manifest => manifest !== undefined)) {
    const bytes = foundByManifest(ref, digest, text)?.bytes
    if (bytes === undefined) continue
    const layers = [...(parseCacheManifest(text)?.blobs ?? [])].filter(([layer]) => !known.has(layer))
    for (const [layer] of layers) known.add(layer)
    const newBytes = layers.reduce((sum, [, size]) => sum + size, 0)
    sizes.set(ref, lookedUp.includes('registry') ? { bytes, newBytes } : { bytes })
  }
  return sizes
}
