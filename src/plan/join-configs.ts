import { createHash } from 'node:crypto'
import type { CacheConfig, CacheLayer, CacheRecord } from './cache-config'

/**
 * One config that knows all that these know. Records that stand for the same step on the same inputs become one, as BuildKit itself joins
 * them (`CacheChains.Add`): several imports of one build it would each look up by themselves. Of several results the newest is kept.
 * Throws where records form a circle or name what is not there.
 */
export function joinCacheConfigs(configs: readonly CacheConfig[]): CacheConfig {
  const layers: (CacheLayer & { readonly parent: number })[] = []
  const layerPlaces = new Map<string, number>()
  const nodes: Node[] = []
  const byDigest = new Map<string, Node[]>()

  for (const config of configs) {
    const layerAt = oncePer((index): number => {
      const { blob, parent = 0, annotations } = existing(config.layers, index)
      const below = parent === -1 ? -1 : layerAt(parent)
      const key = `${below} ${blob}`
      const place = layerPlaces.get(key) ?? layers.push({ blob, parent: below, ...(annotations ? { annotations } : {}) }) - 1
      layerPlaces.set(key, place)
      return place
    })
    const nodeAt = oncePer((index): Node => {
      const { digest, inputs = [], layers: own = [], chains = [] } = existing(config.records, index)
      const links = inputs.map(input => input.map(({ link, selector = '' }) => ({ node: nodeAt(link), selector })))
      const same = byDigest.get(digest) ?? []
      byDigest.set(digest, same)
      let node = same.find(one => standsForSame(one, links))
      if (!node) {
        node = { digest, inputs: links.map(() => []), place: nodes.length }
        same.push(node)
        nodes.push(node)
      }
      for (const [at, input] of links.entries()) {
        const known = node.inputs[at] ?? []
        for (const link of input) if (!known.some(one => sameLink(one, link))) known.push(link)
      }
      const results = [
        ...own.map(({ layer, createdAt }) => ({ createdAt, layer: layerAt(layer) })),
        ...chains.map(chain => ({ createdAt: chain.createdAt, chain: chain.layers.map(layerAt) }))
      ]
      for (const result of results) {
        if (!node.result || Date.parse(result.createdAt) > Date.parse(node.result.createdAt)) node.result = result
      }
      return node
    })
    for (const index of config.records.keys()) nodeAt(index)
  }
  const inOrder = oncePer((place): Node => {
    const node = existing(nodes, place)
    for (const link of node.inputs.flat()) inOrder(link.node.place)
    return node
  })
  return withoutUnused({ layers, records: withOneEnd(nodes.map((_, place) => recordOf(inOrder(place)))) })
}

/**
 * The records, and where several are what no other is made from, one more that is made from those. BuildKit goes through a config once
 * from each such end, in random order, and from the second on drops links to what it has seen (`addItemToStorage` in cachestorage.go, 0.25 to
 * 0.32): what they lead to is then not found. No step has that record's digest.
 */
function withOneEnd(records: readonly CacheRecord[]): readonly CacheRecord[] {
  const read = new Set(records.flatMap(({ inputs = [] }) => inputs.flat().map(({ link }) => link)))
  const ends = [...records.keys()].filter(place => !read.has(place))
  if (ends.length < 2) return records
  return [...records, { digest: endDigest, inputs: ends.map(link => [{ link }]) }]
}

const endDigest = `sha256:${createHash('sha256').update('stage-cache-build: end of a cache config').digest('hex')}`

interface Node {
  readonly digest: string
  readonly inputs: Link[][]
  readonly place: number
  result?: Result
}

interface Link {
  readonly node: Node
  readonly selector: string
}

type Result = { readonly createdAt: string } & ({ readonly layer: number } | { readonly chain: readonly number[] })

function sameLink(one: Link, other: Link): boolean {
  return one.node === other.node && one.selector === other.selector
}

function standsForSame(node: Node, links: readonly (readonly Link[])[]): boolean {
  return (
    node.inputs.length === links.length &&
    links.every((input, at) => input.some(link => node.inputs[at]?.some(known => sameLink(known, link))))
  )
}

function recordOf({ digest, inputs, result }: Node): CacheRecord {
  const links = inputs.map(input =>
    input.map(({ node, selector }) => ({ link: node.place, ...(selector === '' ? {} : { selector }) }))
  )
  return {
    digest,
    ...(links.length > 0 ? { inputs: links } : {}),
    ...(result && 'layer' in result ? { layers: [{ layer: result.layer, createdAt: result.createdAt }] } : {}),
    ...(result && 'chain' in result ? { chains: [{ layers: result.chain, createdAt: result.createdAt }] } : {})
  }
}

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

/** Works each number out once. Throws where one needs itself. */
function oncePer<T>(work: (index: number) => T): (index: number) => T {
  const done = new Map<number, { readonly value?: T }>()
  return index => {
    const known = done.get(index)
    if (known && !('value' in known)) throw new Error(`cache record or layer ${index} is made from itself`)
    if (known) return known.value as T
    done.set(index, {})
    const value = work(index)
    done.set(index, { value })
    return value
  }
}

function existing<T>(list: readonly T[], index: number): T {
  const found = list[index]
  if (found === undefined) throw new Error(`cache config names entry ${index} of ${list.length}`)
  return found
}
