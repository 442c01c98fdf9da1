import type { LeftMounts } from '../handover'
import type { Host } from '../host'
import { mountGroups } from '../plan/cache-mounts'
import type { Degradation } from '../reasons'
import { usedMounts } from './cache-mounts'
import type { Cancellation } from './cancellation'
import type { RestoredMount } from './mount-filling'
import { packMounts } from './mount-saving'
import { prepare } from './prepare'
import { readRemoteDockerfile } from './remote-dockerfile'

/**
 * Saves the cache mounts that a cancelled main step left, with the inputs that this step has as well, until a time in milliseconds since
 * the epoch. Gives what those that were saved are called. Throws when the inputs cannot be read any more.
 */
export async function saveLeftMounts(
  host: Host,
  cancellation: Cancellation,
  event: unknown,
  left: LeftMounts,
  until: number
): Promise<{ readonly saved: readonly string[]; readonly troubles: readonly Degradation[] }> {
  const preparation = await prepare(host, event, inputs => readRemoteDockerfile(host, cancellation, inputs, left.builder))
  if (!preparation) throw new Error('The Dockerfile cannot be read any more')
  const mounts = usedMounts(host, preparation).kept.flatMap((mount): readonly RestoredMount[] => {
    const found = left.mounts.find(({ name }) => name === mount.names[0])
    return found ? [{ ...mount, restored: 'yes', stored: { path: '', bytes: 0, scope: 0, digest: found.digest } }] : []
  })
  const degradations: Degradation[] = []
  const saved: string[] = []
  for (const group of mountGroups(mounts)) {
    // What mounts with `from` start from was needed by the step, and is in the builder.
    const packing = { deadline: until, degradations, importRef: undefined }
    const packed = await packMounts(host, cancellation, preparation, { name: left.builder }, group, packing)
    for (const [, { mount, saved: became }] of packed) if (became === 'yes') saved.push(mount.shown)
  }
  return { saved, troubles: degradations }
}
