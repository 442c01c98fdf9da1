import type { CacheConfig, CacheLayer } from './cache-config'

/** Records of several configs; those that stand for the same step on the same inputs are one. */
export interface ConfigGraph {
  readonly layers: readonly PlacedLayer[]
  /** In the order of the configs, and of their records. */
  readonly steps: readonly GraphStep[]
}

type PlacedLayer = CacheLayer & { readonly parent: number }

export interface GraphStep {
  readonly digest: string
  /** For each input the steps that may stand for it. */
  readonly inputs: readonly (readonly StepLink[])[]
  readonly results: readonly StepResult[]
  /** The records that became this step. */
  readonly records: readonly StepRecord[]
  /** Its place among the steps. */
  readonly place: number
  /** Number of the first config that has it. */
  readonly config: number
}

export interface StepRecord {
  readonly inputs: readonly (readonly StepLink[])[]
  readonly results: readonly StepResult[]
}

export interface StepLink {
  readonly step: GraphStep
  readonly selector: string
  /** Number of the first config that has it. */
  readonly config: number
}

/** Layers by their place: one with all below it, or some without those below them. */
export type StepResult = { readonly createdAt: string; readonly config: number } & (
  { readonly layer: number } | { readonly chain: readonly number[] }
)

/**
 * Merges records as BuildKit itself does (`CacheChains.Add`): those of one digest that have a link in common for each input. With
 * `apart` those of other content stay what they are: a stage that is made without cache has the same key whatever it comes to. Throws where records form a circle or name what is
 * not there.
 */
export function mergeConfigs(configs: readonly CacheConfig[], apart = true): ConfigGraph {
  const layers: PlacedLayer[] = []
  const layerPlaces = new Map<string, number>()
  const steps: GrowingStep[] = []
  const byDigest = new Map<string, GrowingStep[]>()

  for (const [at, config] of configs.entries()) {
    const layerAt = oncePer((index: number): number => {
      const { blob, parent = 0, annotations } = existing(config.layers, index)
      const below = parent === -1 ? -1 : layerAt(parent)
      const key = `${below} ${blob}`
      const place = layerPlaces.get(key) ?? layers.push({ blob, parent: below, ...(annotations ? { annotations } : {}) }) - 1
      layerPlaces.set(key, place)
      return place
    })
    const stepAt = oncePer((index: number): GrowingStep => {
      const { digest, inputs = [], layers: own = [], chains = [] } = existing(config.records, index)
      const links = inputs.map(input => input.map(({ link, selector = '' }) => ({ step: stepAt(link), selector, config: at })))
      const same = byDigest.get(digest) ?? []
      byDigest.set(digest, same)
      const alike = same.filter(one => standsForSame(one, links, apart))
      let step = alike.find(one => isOfContent(one, links)) ?? alike[0]
      if (!step) {
        step = { digest, inputs: links.map(() => []), results: [], records: [], place: steps.length, config: at }
        same.push(step)
        steps.push(step)
      }
      for (const [input, known] of step.inputs.entries()) {
        for (const link of links[input] ?? []) if (!known.some(one => isSameLink(one, link))) known.push(link)
      }
      const results = [
        ...own.map(({ layer, createdAt }) => ({ createdAt, config: at, layer: layerAt(layer) })),
        ...chains.map(chain => ({ createdAt: chain.createdAt, config: at, chain: chain.layers.map(layerAt) }))
      ]
      step.results.push(...results)
      step.records.push({ inputs: links, results })
      return step
    })
    for (const index of config.records.keys()) stepAt(index)
  }
  return { layers, steps }
}

interface GrowingStep extends GraphStep {
  readonly inputs: StepLink[][]
  readonly results: StepResult[]
  readonly records: StepRecord[]
}

/** Whether two lead to the same step by the same selector. */
export function isSameLink(one: StepLink, other: StepLink): boolean {
  return one.step === other.step && one.selector === other.selector
}

function standsForSame(step: GraphStep, links: readonly (readonly StepLink[])[], apart: boolean): boolean {
  return (
    step.inputs.length === links.length &&
    links.every((input, at) => haveCommon(input, step.inputs[at]) && !(apart && isOtherContent(input, step.inputs[at])))
  )
}

/** Whether a step is known by the content of these. */
function isOfContent(step: GraphStep, links: readonly (readonly StepLink[])[]): boolean {
  return links.every((input, at) => !input.some(isContent) || haveCommon(input.filter(isContent), step.inputs[at]))
}

/** Whether two ways to say what one input of a step is have a link in common. */
export function haveCommon(one: readonly StepLink[], other: readonly StepLink[] = []): boolean {
  return one.some(link => other.some(known => isSameLink(known, link)))
}

/** Whether both say by what content, and it is not the same. */
export function isOtherContent(one: readonly StepLink[], other: readonly StepLink[] = []): boolean {
  const [ours, theirs] = [one.filter(isContent), other.filter(isContent)]
  return ours.length > 0 && theirs.length > 0 && !haveCommon(ours, theirs)
}

/** What is made from nothing is content, or names it for good. */
export function isContent({ step }: StepLink): boolean {
  return step.inputs.length === 0
}

/** Works each out once. Throws where one needs itself. */
export function oncePer<Key, Value>(work: (key: Key) => Value): (key: Key) => Value {
  const done = new Map<Key, { readonly value?: Value }>()
  return key => {
    const known = done.get(key)
    if (known && !('value' in known)) throw new Error('A cache record or layer is made from itself')
    if (known) return known.value as Value
    done.set(key, {})
    const value = work(key)
    done.set(key, { value })
    return value
  }
}

function existing<T>(list: readonly T[], index: number): T {
  const found = list[index]
  if (found === undefined) throw new Error(`cache config names entry ${index} of ${list.length}`)
  return found
}
