import type { Host } from '../host'
import { pushedRepositories } from '../plan/backends'
import { parseImageManifest } from '../plan/image-manifest'
import type { BuiltImage } from './image'
import { parseDigest } from './metadata'
import type { Preparation } from './prepare'

/** Seconds the registry has to give a manifest; the size is only said. */
const manifestSeconds = 5

/**
 * Bytes of the layers of the image that was pushed, over all platforms. It takes a request or two of the registry, so it is asked only
 * where a step ran or the metrics are to have it. Undefined where no image was pushed, or it is not known. Never rejects.
 */
export async function measureImage(
  host: Host,
  { inputs }: Pick<Preparation, 'inputs'>,
  { run, results, metadata }: Pick<BuiltImage, 'run' | 'results' | 'metadata'>
): Promise<number | undefined> {
  const [repository] = pushedRepositories(inputs)
  const digest = parseDigest(metadata)
  if (run.exitCode !== 0 || repository === undefined || digest === '') return undefined
  const isNew = results.some(({ status }) => status !== 'hit')
  if (inputs.metricsFile === '' && !(isNew && inputs.explain && inputs.maxImageGrowth !== undefined)) return undefined
  const read = async (of: string) =>
    parseImageManifest((await host.registry.manifest(`${repository}@${of}`, manifestSeconds))?.text ?? '')
  try {
    const image = await read(digest)
    if (!image) return undefined
    const manifests = 'layers' in image ? [image] : await Promise.all(image.platforms.map(read))
    const layers = new Map<string, number>()
    for (const manifest of manifests) {
      if (!manifest || !('layers' in manifest)) return undefined
      // Platforms may share a layer, which the registry has once.
      for (const [layer, bytes] of manifest.layers) layers.set(layer, bytes)
    }
    return [...layers.values()].reduce((sum, bytes) => sum + bytes, 0)
  } catch {
    // A size that cannot be read is a gap in the report, nothing was lost.
    return undefined
  }
}
