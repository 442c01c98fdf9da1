import { messageOf } from '../errors'
import type { Host } from '../host'
import type { CachePlan, CacheRef } from '../plan/cache-plan'
import { foundByConfig, foundByManifest } from '../plan/coverage'
import type { FoundRef } from '../plan/coverage'
import type { CacheRecord } from '../fingerprint/record'
import type { Degradation } from '../reasons'
import { readList } from './gha-texts'
import { ghaRefsOf, recordedRefs } from './records'

/** Seconds a registry has to answer before the build goes on without its cache. */
const lookupSeconds = 10

export interface Lookup {
  readonly found: readonly FoundRef[]
  /** Refs of gha that were asked for themselves, and are not there. */
  readonly absent?: readonly CacheRef[]
  /** Empty when every ref could be asked for. */
  readonly troubles: readonly Degradation[]
}

/** Asks the registry for the manifests of all refs of the plan at the same time. Never throws. */
export async function lookUpRegistry(host: Host, plan: CachePlan): Promise<Lookup> {
  const refs = plan.stages.flatMap(stage => stage.reads).filter(ref => ref.backend === 'registry')
  const failures: string[] = []
  const found = await Promise.all(
    refs.map(async ref => {
      try {
        const manifest = await host.registry.manifest(`${ref.place}:${ref.name}`, lookupSeconds)
        return manifest && foundByManifest(ref, manifest.digest, manifest.text)
      } catch (error) {
        failures.push(`${ref.place}:${ref.name}: ${messageOf(error)}`)
        return undefined
      }
    })
  )
  const [first] = failures
  return {
    found: found.filter(ref => ref !== undefined),
    troubles: first === undefined ? [] : [{ code: 'lookup-failed', backend: 'registry', detail: first }]
  }
}

/**
 * What GitHub's cache holds: as the records have it, and by the refs themselves where there is none, or a job that was killed or goes on may have written one
 * that no record tells of. Nobody asks where a record could not be read, which is a trouble of its own.
 */
export async function lookUpGha(
  host: Host,
  plan: CachePlan,
  { records, areAll }: { readonly records: readonly (CacheRecord | undefined)[]; readonly areAll: boolean }
): Promise<Pick<Lookup, 'found' | 'absent'>> {
  const { found: recorded, unsure } = recordedRefs(plan, records)
  const hasRecord = records.some(Boolean)
  if (!areAll || (hasRecord && unsure.length === 0) || !host.buildkitEntries.available) return { found: recorded }
  const all = ghaRefsOf(plan)
  const { found, unread } = await readLists(host, all)
  if (!hasRecord && found.length > 0)
    host.log.info(`There is no record of what was saved: GitHub's cache has ${found.length} refs of it all the same`)
  const now = host.clock.now()
  const known = all.flatMap(ref => {
    const [before, there] = [recorded, found].map(refs => refs.find(one => one.ref === ref))
    if (unread.includes(ref)) return before ?? []
    if (!there) return []
    const isSame = before && (before.id === there.id || !unsure.includes(ref))
    // One that was written since is of a job that ended not long ago.
    return isSame ? { ...there, ...before } : unsure.includes(ref) ? { ...there, exportedAt: now } : there
  })
  return { found: known, absent: all.filter(ref => !unread.includes(ref) && !found.some(one => one.ref === ref)) }
}

/** What the lists of gha refs say. */
interface Lists {
  readonly found: readonly FoundRef[]
  /** Could not be read: nobody knows whether they are there. */
  readonly unread: readonly CacheRef[]
}

/** Reads the lists of these gha refs at the same time. Never throws. */
export async function readLists(host: Host, refs: readonly CacheRef[]): Promise<Lists> {
  const unread: CacheRef[] = []
  const found = await Promise.all(
    refs.map(async ref => {
      try {
        const list = await readList(host, ref.name)
        return list === undefined ? undefined : foundByConfig(ref, list)
      } catch (error) {
        host.log.debug(messageOf(error))
        unread.push(ref)
        return undefined
      }
    })
  )
  return { found: found.filter(ref => ref !== undefined), unread }
}
