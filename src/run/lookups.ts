import { messageOf } from '../errors'
import type { Host } from '../host'
import type { CachePlan } from '../plan/cache-plan'
import { foundByConfig, foundByManifest } from '../plan/coverage'
import type { FoundRef } from '../plan/coverage'
import type { Degradation } from '../reasons'
import { ghaTexts } from './gha-texts'

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

/**
 * Reads the lists of all gha refs of the plan at the same time: for where no record tells what was saved. What cannot be read is not found, as it is
 * where nobody asks. Never throws.
 */
export async function lookUpGha(host: Host, plan: CachePlan): Promise<readonly FoundRef[]> {
  if (!host.buildkitEntries.available) return []
  const refs = plan.stages.flatMap(stage => stage.reads).filter(ref => ref.backend === 'gha')
  const found = await Promise.all(
    refs.map(async ref => {
      const texts = await ghaTexts.readImported(host, { ref }, '').catch((error: unknown) => host.log.debug(messageOf(error)))
      return texts && foundByConfig(ref, texts.config)
    })
  )
  const there = found.filter(ref => ref !== undefined)
  if (there.length > 0)
    host.log.info(`There is no record of what was saved: GitHub's cache has ${there.length} refs of it all the same`)
  return there
}
