import { createHash } from 'node:crypto'
import type { CacheConfig, CacheRecord } from './cache-config'
import { oncePer } from './config-graph'
import type { ConfigGraph, GraphStep, StepLink, StepResult } from './config-graph'

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
