import { parseCacheConfig } from '../../src/plan/cache-config'
import type { CacheConfig } from '../../src/plan/cache-config'
import { joinCacheConfigs } from '../../src/plan/join-configs'

const at = (second: number) => new Date(second * 1000).toISOString()
const result = (layer: number, second = 0) => [{ layer, createdAt: at(second) }]

/** A base image, a step on it, a file, a copy of it: what is built of one content of that file. */
const built = (file: string, second: number): CacheConfig => ({
  layers: [{ blob: 'base', parent: -1 }, { blob: 'step' }, { blob: `copy of ${file}`, parent: 1 }],
  records: [
    { digest: 'image' },
    { digest: 'step', inputs: [[{ link: 0 }]], layers: result(1) },
    { digest: `file ${file}` },
    { digest: 'copy', inputs: [[{ link: 1 }], [{ link: 2, selector: '/src' }]], layers: result(2, second) }
  ]
})

describe('what is joined', () => {
  const joined = joinCacheConfigs([built('one', 1), built('two', 2)])

  it('has once what both have, and each of what differs', () => {
    expect(joined.records.map(({ digest }) => digest).slice(0, -1)).toEqual([
      'image',
      'step',
      'file one',
      'copy',
      'file two',
      'copy'
    ])
    expect(joined.records[5]?.inputs).toEqual([[{ link: 1 }], [{ link: 4, selector: '/src' }]])
    expect(joined.layers).toEqual([
      { blob: 'base', parent: -1 },
      { blob: 'step', parent: 0 },
      { blob: 'copy of one', parent: 1 },
      { blob: 'copy of two', parent: 1 }
    ])
    expect([3, 5].map(index => joined.records[index]?.layers)).toEqual([result(2, 1), result(3, 2)])
  })

  it('has one end, above the last steps of each', () => {
    expect(joined.records.at(-1)?.inputs).toEqual([[{ link: 3 }], [{ link: 5 }]])
    expect(joined.records.at(-1)?.digest).toMatch(/^sha256:[0-9a-f]{64}$/)
  })

  it('is as it was where there is nothing to join', () => {
    expect(joinCacheConfigs([built('one', 1), built('one', 1)])).toEqual(joinCacheConfigs([built('one', 1)]))
    expect(joinCacheConfigs([built('one', 1)]).records).toEqual(built('one', 1).records)
  })
})

it('a step found by either of two keys stands for the same step', () => {
  const found = (...digests: readonly string[]): CacheConfig => ({
    layers: [],
    records: [...digests.map(digest => ({ digest })), { digest: 'run', inputs: [digests.map((_, link) => ({ link }))] }]
  })
  const { records } = joinCacheConfigs([found('by name', 'by content'), found('by content', 'by new name')])
  expect(records).toEqual([
    { digest: 'by name' },
    { digest: 'by content' },
    { digest: 'run', inputs: [[{ link: 0 }, { link: 1 }, { link: 3 }]] },
    { digest: 'by new name' }
  ])
})

it('of two results of one step the newer stays, and the layers that only the other needs go', () => {
  const ran = (blob: string, second: number): CacheConfig => ({
    layers: [{ blob, parent: -1 }],
    records: [{ digest: 'run', layers: result(0, second) }]
  })
  const newer = { layers: [{ blob: 'new', parent: -1 }], records: [{ digest: 'run', layers: result(0, 2) }] }
  expect(joinCacheConfigs([ran('old', 1), ran('new', 2)])).toEqual(newer)
  expect(joinCacheConfigs([ran('new', 2), ran('old', 1)])).toEqual(newer)
})

it('layers without those below them are kept as they are', () => {
  const { records, layers } = joinCacheConfigs([
    { layers: [{ blob: 'unused', parent: -1 }], records: [] },
    {
      layers: [
        { blob: 'a', parent: -1 },
        { blob: 'b', parent: -1 }
      ],
      records: [{ digest: 'x', chains: [{ layers: [1, 0], createdAt: at(1) }] }]
    }
  ])
  expect([layers.map(({ blob }) => blob), records[0]?.chains]).toEqual([['b', 'a'], [{ layers: [0, 1], createdAt: at(1) }]])
})

it.each<[string, CacheConfig]>([
  ['a step made from itself', { layers: [], records: [{ digest: 'a', inputs: [[{ link: 0 }]] }] }],
  ['a layer on itself', { layers: [{ blob: 'a', parent: 0 }], records: [{ digest: 'a', layers: result(0) }] }],
  ['a step that is not there', { layers: [], records: [{ digest: 'a', inputs: [[{ link: 7 }]] }] }],
  ['a layer that is not there', { layers: [], records: [{ digest: 'a', layers: result(1) }] }]
])('%s is refused', (_, config) => {
  expect(() => joinCacheConfigs([config])).toThrow()
})

it.each(['', '[]x', '{"records":7}', '{"records":[{}]}', '{"layers":[{"parent":1}]}'])('%s is no cache config', text => {
  expect(parseCacheConfig(text)).toBeUndefined()
})

it('a text without layers or steps is one', () => {
  expect(parseCacheConfig('{"layers":null}')).toEqual({ layers: [], records: [] })
})
