import { messageOf } from '../errors'
import type { Host } from '../host'
import type { CachePlan, CacheRef } from '../plan/cache-plan'
import { foundByConfig, foundByManifest } from '../plan/coverage'
import type { FoundRef } from '../plan/coverage'
import type { Degradation } from '../reasons'
import { readList } from './gha-texts'

/** Seconds a registry has to answer before the build goes on without its cache. */
const lookupSeconds = 10

export interface Lookup {
  readonly found: readonly FoundRef[]
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

/** What the lists of gha refs say, for where no record tells what was saved. */
export interface GhaLookup {
  readonly found: readonly FoundRef[]
  /** Could not be read: nobody knows whether they are there. */
  readonly unread: readonly CacheRef[]
}

/** Reads the lists of these gha refs at the same time. Never throws. */
export async function lookUpGha(host: Host, refs: readonly CacheRef[]): Promise<GhaLookup> {
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
