import type { CacheConfig } from './cache-config'
import { haveCommon, isContent, isOtherContent, isSameLink, mergeConfigs } from './config-graph'
import type { GraphStep, StepLink, StepResult } from './config-graph'
import { endsOf, renderConfig } from './render-config'

/**
 * One config that knows all that these know: several imports of one build it would each look up by themselves. Of several results the
 * newest is kept. Throws where records form a circle or name what is not there.
 */
export function joinCacheConfigs(configs: readonly CacheConfig[]): CacheConfig {
  return renderConfig(
    mergeConfigs(configs, false),
    step => step.inputs,
    ({ results }) => newestOf(results)
  )
}

/**
 * The same of builds that came one after the other: each may have made a stage without cache, which has the same key whatever it comes to. Of
 * steps that differ by content alone each is kept, found by its content; what has their other inputs leads to the newest.
 */
export function joinBuilds(configs: readonly CacheConfig[]): CacheConfig {
  const graph = mergeConfigs(configs)
  const byDigest = new Map<string, GraphStep[]>()
  for (const step of graph.steps) byDigest.set(step.digest, [...(byDigest.get(step.digest) ?? []), step])
  const linksOf = (step: GraphStep) => {
    const newer = (byDigest.get(step.digest) ?? []).filter(other => wouldMerge(other, step) && isNewer(other, step))
    return withoutOtherContent(step).map((input, at) => {
      const taken = newer.filter(other => isOtherContent(input, other.inputs[at]))
      return input.filter(link => isContent(link) || !taken.some(other => haveCommon([link], other.inputs[at])))
    })
  }
  return renderConfig(graph, linksOf, ({ results }) => newestOf(results))
}

/** BuildKit would read both as one. */
function wouldMerge(one: GraphStep, other: GraphStep): boolean {
  return one.inputs.length === other.inputs.length && one.inputs.every((input, at) => haveCommon(input, other.inputs[at]))
}

/** What has no result is older; of two as old the one that comes later. */
function isNewer(one: GraphStep, other: GraphStep): boolean {
  if (one === other) return false
  const [ours, theirs] = [one, other].map(({ results }) => Date.parse(newestOf(results)?.createdAt ?? '') || 0)
  return ours === theirs ? one.place < other.place : (ours ?? 0) > (theirs ?? 0)
}

/** Leaves out the content of records that came to something else than the newest. */
function withoutOtherContent({ inputs, results, records }: GraphStep): readonly (readonly StepLink[])[] {
  const newest = newestOf(results)
  const fitting = records.filter(
    ({ results: own }) => own.length === 0 || own.some(one => newest && layersOf(one) === layersOf(newest))
  )
  return inputs.map((input, at) =>
    input.filter(link => !isContent(link) || fitting.some(record => record.inputs[at]?.some(one => isSameLink(one, link))))
  )
}

/**
 * What an export wrote, with what the config that its build imported knows of the same steps besides: the content of what they are made from,
 * and a result where the export has none. BuildKit leaves both out of an export, the first of steps whose layers the builder
 * had to load (`Query` in solver/combinedcache.go prefers the builder's own keys, 0.25 to 0.32), the second of steps that hit by content and
 * were not loaded. Content is taken over only for a step that came to the same layers. Of other steps nothing is kept. Gives the export itself
 * where it lacks nothing. Throws as `joinCacheConfigs`.
 */
export function completeConfig(exported: CacheConfig, imported: CacheConfig): CacheConfig {
  const { layers, steps } = mergeConfigs([exported, imported])
  const own = steps.filter(isExported)
  const needed = withLost(own)
  const linksOf = (step: GraphStep): readonly (readonly StepLink[])[] => {
    const isSame = needed.has(step) && isSameResult(step)
    return step.inputs.map(input => input.filter(link => isExported(link) || (isSame && isContent(link))))
  }
  const resultOf = (step: GraphStep) => {
    const written = newestOf(step.results.filter(isExported))
    return written ?? (needed.has(step) ? newestOf(step.results) : undefined)
  }
  const lacks = own.some(step => !linksOf(step).flat().every(isExported) || resultOf(step)?.config === importedConfig)
  return lacks || endsOf(exported.records).length > 1 ? renderConfig({ layers, steps: own }, linksOf, resultOf) : exported
}

/** Number of the second config of two. */
const importedConfig = 1

function isExported({ config }: { readonly config: number }): boolean {
  return config !== importedConfig
}

/**
 * The steps that have a result, and those that these need and that have none: what may stand for an input is to be loaded by one of its ways. A step
 * without result beside one that has is an older way, which nothing needs.
 */
function withLost(own: readonly GraphStep[]): ReadonlySet<GraphStep> {
  const needed = new Set(own.filter(({ results }) => results.some(isExported)))
  // A set gives what is added while it is gone through.
  for (const step of needed) {
    for (const input of step.inputs) {
      const ways = input.filter(link => isExported(link) && !isContent(link)).map(link => link.step)
      if (!ways.some(way => needed.has(way))) for (const way of ways) needed.add(way)
    }
  }
  return needed
}

/** Whether the import has a result of the step, and there is no other. */
function isSameResult({ results }: GraphStep): boolean {
  return !results.every(isExported) && new Set(results.map(layersOf)).size === 1
}

function layersOf(result: StepResult): string {
  return 'layer' in result ? `${result.layer}` : `chain ${result.chain.join(' ')}`
}

function newestOf(results: readonly StepResult[]): StepResult | undefined {
  return results.reduce<StepResult | undefined>(
    (newest, one) => (newest && Date.parse(newest.createdAt) >= Date.parse(one.createdAt) ? newest : one),
    undefined
  )
}
