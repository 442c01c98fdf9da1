import type { Host } from '../host'
import type { CachePlan } from '../plan/cache-plan'
import { parseImageReference } from '../plan/image-reference'
import { withDeadline } from './deadline'

/** Seconds that a registry has to say what a name stands for: cache mounts are not filled before, and the build waits for that. */
const digestSeconds = 2

/**
 * Digests of the images that stages are FROM, by their names, as registries have them now: one that moved has all on it built again. Names that are written with
 * a digest somewhere, and those that no registry tells of in time, are left out. Never throws.
 */
export async function baseImages(
  { registry, log }: Pick<Host, 'registry' | 'log'>,
  { stages }: Pick<CachePlan, 'stages'>
): Promise<ReadonlyMap<string, string>> {
  const inTime = withDeadline(digestSeconds, `no answer within ${digestSeconds} s`)
  const named = stages.flatMap(({ stage: { base } }) => {
    const image = base.kind === 'image' ? parseImageReference(base.reference) : ''
    return base.kind !== 'image' || typeof image === 'string'
      ? []
      : [{ name: base.reference, tagged: `${image.repository}:${image.tag ?? 'latest'}`, isPinned: image.digest !== undefined }]
  })
  const pinned = new Set(named.flatMap(({ tagged, isPinned }) => (isPinned ? [tagged] : [])))
  const asked = new Map(named.flatMap(({ name, tagged }) => (pinned.has(tagged) ? [] : [[name, tagged] as const])))
  const digests = await Promise.all(
    [...asked].map(async ([name, tagged]): Promise<readonly (readonly [string, string])[]> => {
      // A name may have the value of a build argument in it, and is not to be shown.
      const digest = await inTime(registry.digest(tagged, digestSeconds)).catch(() => {
        log.debug('Whether a base image moved is not known before the build: its registry does not tell')
        return undefined
      })
      return digest === undefined ? [] : [[name, digest]]
    })
  )
  return new Map(digests.flat())
}
