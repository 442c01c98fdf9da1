import { createHash } from 'node:crypto'
import type { CacheConfig, CacheLayer, CacheRecord } from './cache-config'

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
  /** Number of the first config that has it. */
  readonly config: number
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
 * Merges records as BuildKit itself does (`CacheChains.Add`): those of one digest that have a link in common for each input. Throws where records
 * form a circle or name what is not there.
 */
export function mergeConfigs(configs: readonly CacheConfig[]): ConfigGraph {
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
      let step = same.find(one => standsForSame(one, links))
      if (!step) {
        step = { digest, inputs: links.map(() => []), results: [], config: at }
        same.push(step)
        steps.push(step)
      }
      for (const [input, known] of step.inputs.entries()) {
        for (const link of links[input] ?? []) if (!known.some(one => isSameLink(one, link))) known.push(link)
      }
      step.results.push(
        ...own.map(({ layer, createdAt }) => ({ createdAt, config: at, layer: layerAt(layer) })),
        ...chains.map(chain => ({ createdAt: chain.createdAt, config: at, chain: chain.layers.map(layerAt) }))
      )
      return step
    })
    for (const index of config.records.keys()) stepAt(index)
  }
  return { layers, steps }
}

interface GrowingStep extends GraphStep {
  readonly inputs: StepLink[][]
  readonly results: StepResult[]
}

function isSameLink(one: StepLink, other: StepLink): boolean {
  return one.step === other.step && one.selector === other.selector
}

function standsForSame(step: GraphStep, links: readonly (readonly StepLink[])[]): boolean {
  return (
    step.inputs.length === links.length &&
    links.every((input, at) => input.some(link => step.inputs[at]?.some(known => isSameLink(known, link))))
  )
}

/**
 * A config of these steps and all they are made from: `linksOf` and `resultOf` say by what each is found and what it comes to. Throws where a
 * step is made from itself.
 */
export function renderConfig(
  { layers, steps }: ConfigGraph,
  linksOf: (step: GraphStep) => readonly (readonly StepLink[])[],
  resultOf: (step: GraphStep) => StepResult | undefined
): CacheConfig {
  const records: CacheRecord[] = []
  const placeOf = oncePer((step: GraphStep): number => {
    const inputs = linksOf(step).map(input =>
      input.map(link => ({ link: placeOf(link.step), ...(link.selector === '' ? {} : { selector: link.selector }) }))
    )
    const result = resultOf(step)
    return (
      records.push({
        digest: step.digest,
        ...(inputs.length > 0 ? { inputs } : {}),
        ...(result && 'layer' in result ? { layers: [{ layer: result.layer, createdAt: result.createdAt }] } : {}),
        ...(result && 'chain' in result ? { chains: [{ layers: result.chain, createdAt: result.createdAt }] } : {})
      }) - 1
    )
  })
  for (const step of steps) placeOf(step)
  return withoutUnused({ layers, records: withOneEnd(records) })
}

/** Places of the records that no other is made from. */
export function endsOf(records: readonly CacheRecord[]): readonly number[] {
  const read = new Set(records.flatMap(({ inputs = [] }) => inputs.flat().map(({ link }) => link)))
  return [...records.keys()].filter(place => !read.has(place))
}

/**
 * The records, and where several are what no other is made from, one more that is made from those. BuildKit goes through a config once
 * from each such end, in random order, and from the second on drops links to what it has seen (`addItemToStorage` in cachestorage.go, 0.25 to
 * 0.32): what they lead to is then not found. No step has that record's digest.
 */
function withOneEnd(records: readonly CacheRecord[]): readonly CacheRecord[] {
  const ends = endsOf(records)
  if (ends.length < 2) return records
  return [...records, { digest: endDigest, inputs: ends.map(link => [{ link }]) }]
}

const endDigest = `sha256:${createHash('sha256').update('stage-cache-build: end of a cache config').digest('hex')}`

/** Leaves out layers that no record needs. */
function withoutUnused({ layers, records }: CacheConfig): CacheConfig {
  const used = new Set(
    records.flatMap(record => [
      ...(record.layers ?? []).map(({ layer }) => layer),
      ...(record.chains ?? []).flatMap(({ layers }) => layers)
    ])
  )
  // A set gives what is added while it is gone through.
  for (const index of used) {
    const parent = layers[index]?.parent ?? -1
    if (parent >= 0) used.add(parent)
  }
  const places = new Map([...used].sort((one, other) => one - other).map((index, place) => [index, place]))
  const placeOf = (index: number) => places.get(index) ?? -1
  return {
    layers: layers.filter((_, index) => used.has(index)).map(layer => ({ ...layer, parent: placeOf(layer.parent ?? 0) })),
    records: records.map(record => ({
      ...record,
      ...(record.layers ? { layers: record.layers.map(one => ({ ...one, layer: placeOf(one.layer) })) } : {}),
      ...(record.chains ? { chains: record.chains.map(one => ({ ...one, layers: one.layers.map(placeOf) })) } : {})
    }))
  }
}

/** Works each out once. Throws where one needs itself. */
function oncePer<Key, Value>(work: (key: Key) => Value): (key: Key) => Value {
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
