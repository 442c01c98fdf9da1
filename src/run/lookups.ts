import { messageOf } from '../errors'
import type { Host } from '../host'
import type { CachePlan } from '../plan/cache-plan'
import { foundByManifest } from '../plan/coverage'
import type { FoundRef } from '../plan/coverage'
import type { Degradation } from '../reasons'

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
