import type { Host } from '../host'
import type { CacheRef } from '../plan/cache-plan'
import { foundByManifest } from '../plan/coverage'
import type { ExportOutcome } from './export-build'

/** Bytes of refs that were written, where their manifests can be read. */
export async function measureRefs(host: Host, outcomes: readonly ExportOutcome[]): Promise<ReadonlyMap<CacheRef, number>> {
  const sizes = await Promise.all(
    outcomes
      .filter(({ ref, exported, digest }) => ref.backend === 'registry' && exported === 'yes' && digest !== undefined)
      .map(async ({ ref, digest }): Promise<readonly [CacheRef, number] | undefined> => {
        try {
          const manifest = await host.registry.manifest(`${ref.place}@${digest}`, 5)
          const bytes = manifest && foundByManifest(ref, manifest.digest, manifest.text)?.bytes
          return bytes === undefined ? undefined : [ref, bytes]
        } catch {
          // A size that cannot be read is a gap in the summary, nothing was lost.
          return undefined
        }
      })
  )
  return new Map(sizes.filter(size => size !== undefined))
}
