import type { Host } from '../host'
import type { CacheRef } from '../plan/cache-plan'
import { foundByManifest, parseCacheManifest } from '../plan/coverage'
import type { Caches } from './caches'
import type { ExportOutcome } from './export-build'

/** Seconds the registry has to give a manifest. */
const manifestSeconds = 5

/** What a ref that was written comes to. */
export interface RefSize {
  readonly bytes: number
  /** Of layers that no ref had before this job, each counted for the first that was written; missing where that is not known. */
  readonly newBytes?: number
}

/** The manifest that an export to a registry wrote; undefined elsewhere, and where it cannot be read. Never rejects. */
export async function readManifest({ registry }: Host, { ref, exported, digest }: ExportOutcome): Promise<string | undefined> {
  if (ref.backend !== 'registry' || exported !== 'yes' || digest === undefined) return undefined
  try {
    return (await registry.manifest(`${ref.place}@${digest}`, manifestSeconds))?.text
  } catch {
    // A size that is not known is a gap in the summary, nothing was lost.
    return undefined
  }
}

/** Sizes of refs that were written, where their manifests were read or their lists are known. */
export function measureRefs(
  outcomes: readonly ExportOutcome[],
  { found, lookedUp }: Pick<Caches, 'found' | 'lookedUp'>
): ReadonlyMap<CacheRef, RefSize> {
  const known = new Set(found.filter(({ ref }) => ref.backend === 'registry').flatMap(({ blobs = [] }) => [...blobs]))
  const sizes = new Map<CacheRef, RefSize>()
  for (const { ref, digest = '', manifest = '', list } of outcomes) {
    if (list) sizes.set(ref, { bytes: [...list.layers.values()].reduce((sum, size) => sum + size, 0) })
    const bytes = foundByManifest(ref, digest, manifest)?.bytes
    if (bytes === undefined) continue
    const layers = [...(parseCacheManifest(manifest)?.blobs ?? [])].filter(([layer]) => !known.has(layer))
    for (const [layer] of layers) known.add(layer)
    const newBytes = layers.reduce((sum, [, size]) => sum + size, 0)
    sizes.set(ref, lookedUp.includes('registry') ? { bytes, newBytes } : { bytes })
  }
  return sizes
}
