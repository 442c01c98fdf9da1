import { earlierBuilds, pastBuild } from '../explain/past-builds'
import type { PastBuild } from '../fingerprint/record'
import type { Host } from '../host'
import { readsCache } from '../plan/build-command'
import type { BuildReport } from '../report/report'
import { nothingSaved } from './caches'
import type { Caches } from './caches'
import type { BuiltImage } from './image'
import type { Preparation } from './prepare'
import type { Results } from './results'

/** This build as the record keeps it; undefined where it did not succeed. */
export function pastBuildOf(
  host: Host,
  { inputs, plan, rebuilt }: Preparation,
  caches: Caches,
  { run, results }: BuiltImage,
  imageBytes: number | undefined
): PastBuild | undefined {
  if (run.exitCode !== 0) return undefined
  const asked = !readsCache(inputs) || rebuilt.length > 0 || inputs.noCacheFilters.length > 0
  return pastBuild({
    at: new Date(host.clock.now()).toISOString(),
    results,
    seconds: run.seconds,
    imageBytes,
    rateless: asked || nothingSaved(caches, plan) || caches.recordLost
  })
}

/** What this build is to be compared with, and how. */
export function comparedWith({
  preparation: { inputs, plan },
  caches
}: Pick<Results, 'preparation' | 'caches'>): Pick<BuildReport, 'earlier' | 'recordLost' | 'maxImageGrowth'> {
  return {
    earlier: earlierBuilds(plan.scopes.read.map(scope => caches.records.get(scope)?.builds ?? [])),
    ...(caches.recordLost ? { recordLost: true } : {}),
    ...(inputs.maxImageGrowth === undefined ? {} : { maxImageGrowth: inputs.maxImageGrowth })
  }
}
