import { messageOf } from '../errors'
import type { Host } from '../host'
import { parseImageReference } from '../plan/image-reference'
import type { CachePlan } from '../plan/cache-plan'

/** Seconds that a registry has to say what a name stands for: cache mounts are not filled before, and the build waits for that. */
const digestSeconds = 2

/**
 * Digests of the images that stages are FROM, by their names, as registries have them now: one that moved has all on it built again. Those that are written with
 * a digest, and those that no registry tells in time, are left out. Never throws.
 */
export async function baseImages(
  { registry, log }: Pick<Host, 'registry' | 'log'>,
  { stages }: Pick<CachePlan, 'stages'>
): Promise<ReadonlyMap<string, string>> {
  const names = new Set(stages.flatMap(({ stage: { base } }) => (base.kind === 'image' ? [base.reference] : [])))
  const digests = await Promise.all(
    [...names].map(async (name): Promise<readonly (readonly [string, string])[]> => {
      const image = parseImageReference(name)
      if (typeof image === 'string' || image.digest !== undefined) return []
      try {
        const digest = await registry.digest(`${image.repository}:${image.tag ?? 'latest'}`, digestSeconds)
        return digest === undefined ? [] : [[name, digest]]
      } catch (error) {
        log.debug(`Whether ${name} moved is not known before the build: ${messageOf(error)}`)
        return []
      }
    })
  )
  return new Map(digests.flat())
}
