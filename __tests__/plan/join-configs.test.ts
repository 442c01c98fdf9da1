import { parseCacheConfig } from '../../src/plan/cache-config'
import type { CacheConfig } from '../../src/plan/cache-config'
import { completeConfig, joinBuilds, joinCacheConfigs } from '../../src/plan/join-configs'

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
    { digest: 'by new name' },
    { digest: 'run', inputs: [[{ link: 0 }, { link: 1 }, { link: 2 }]] }
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

describe('a step on a stage that was made without cache: its key is the same, whatever it came to', () => {
  /** A copy from that stage, found by its key and by its content. */
  const copied = (content: string, second: number, { stage = 'stage', result: layers = true } = {}): CacheConfig => ({
    layers: [{ blob: `copy of ${content}`, parent: -1 }],
    records: [
      { digest: stage },
      { digest: content },
      { digest: 'copy', inputs: [[{ link: 0 }, { link: 1 }]], ...(layers ? { layers: result(0, second) } : {}) },
      { digest: 'last', inputs: [[{ link: 2 }]], ...(layers ? { layers: result(0, second) } : {}) }
    ]
  })
  /** Made from a step, so that it is no content. */
  const onStep = (config: CacheConfig): CacheConfig => ({
    ...config,
    records: [...config.records.map((one, at) => (at === 0 ? { ...one, inputs: [[{ link: 4 }]] } : one)), { digest: 'image' }]
  })
  const found = ({ records, layers }: CacheConfig) =>
    records.flatMap(({ digest, inputs = [], layers: [own] = [] }) =>
      digest === 'copy' ? [[inputs[0]?.map(({ link }) => records[link]?.digest), layers[own?.layer ?? -1]?.blob]] : []
    )
  const [first, then] = [onStep(copied('one', 1)), onStep(copied('two', 2))]

  const each = [
    [['one'], 'copy of one'],
    [['stage', 'two'], 'copy of two']
  ]

  it('stays apart by its content, and the key leads to the newer', () => {
    expect(found(joinBuilds([first, then]))).toEqual(each)
    expect(found(joinBuilds([then, first]))).toEqual(each.toReversed())
  })

  it('and so does what is made from it', () => {
    const { records, layers } = joinBuilds([first, then])
    const last = records.filter(({ digest }) => digest === 'last')
    expect(last.map(({ layers: [own] = [] }) => layers[own?.layer ?? -1]?.blob)).toEqual(['copy of one', 'copy of two'])
    const copies = last.map(({ inputs = [] }) => records[inputs[0]?.[0]?.link ?? -1]?.layers?.[0]?.layer)
    expect(copies).toEqual(last.map(({ layers: [own] = [] }) => own?.layer))
  })

  it('is one where several platforms were built at once, each on a node of its own', () => {
    expect(found(joinCacheConfigs([first, then]))).toEqual([[['stage', 'one', 'two'], 'copy of two']])
  })

  it('is not found by content where it came to something else', () => {
    const unsaid = {
      ...then,
      records: then.records.map(one => (one.digest === 'copy' ? { ...one, inputs: [[{ link: 0 }]] } : one))
    }
    expect(found(joinBuilds([first, unsaid]))).toEqual([[['stage'], 'copy of two']])
  })

  it('gets back the result that its own content came to, and no other content', () => {
    const older = onStep(copied('two', 0, { stage: 'old stage' }))
    const imported = { layers: [...first.layers, ...older.layers], records: [...first.records, ...shifted(older)] }
    const exported = onStep(copied('two', 3, { result: false }))
    const lacking = {
      layers: [{ blob: 'last', parent: -1 }],
      records: exported.records.map(one => (one.digest === 'last' ? { ...one, layers: result(0, 3) } : one))
    }
    expect(found(completeConfig(lacking, imported))).toEqual([[['stage', 'two'], 'copy of two']])
  })

  /** Records that stand behind five others and one layer. */
  const shifted = ({ records }: CacheConfig) =>
    records.map(one => ({
      ...one,
      ...(one.inputs ? { inputs: one.inputs.map(input => input.map(({ link }) => ({ link: link + 5 }))) } : {}),
      ...(one.layers ? { layers: one.layers.map(({ createdAt }) => ({ layer: 1, createdAt })) } : {})
    }))
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

describe('what an export lacks of what was imported', () => {
  const blob = (name: string) => ({ blob: name, parent: -1 })
  /** A stage, and a copy from it: found by the stage's own key, and by content where it is given. */
  const copied = (options: {
    readonly content?: string
    readonly copy?: string | undefined
    readonly stage?: string | undefined
  }) => {
    const { content, copy = 'copy', stage = 'stage' } = options
    const found: CacheConfig = {
      layers: [blob(stage), blob(copy)],
      records: [
        { digest: 'image' },
        { digest: 'stage', inputs: [[{ link: 0 }]], ...('stage' in options && !options.stage ? {} : { layers: result(0) }) },
        ...(content === undefined ? [] : [{ digest: content }]),
        {
          digest: 'copy',
          inputs: [[{ link: 0 }], [{ link: 1, selector: '/' }, ...(content === undefined ? [] : [{ link: 2 }])]],
          ...('copy' in options && !options.copy ? {} : { layers: result(1) })
        }
      ]
    }
    return found
  }
  const linksOf = ({ records }: CacheConfig) => {
    const copy = records.find(({ digest }) => digest === 'copy')
    return copy?.inputs?.[1]?.map(({ link }) => records[link]?.digest)
  }

  it('takes over by which content a step is found', () => {
    const complete = completeConfig(copied({}), copied({ content: 'content' }))
    expect(linksOf(complete)).toEqual(['stage', 'content'])
    expect(complete.layers).toEqual(copied({}).layers)
  })

  it('does not, where the step came to something else', () => {
    expect(linksOf(completeConfig(copied({ copy: 'new copy' }), copied({ content: 'content' })))).toEqual(['stage'])
  })

  it('takes over the layers of a step that others need and that has none', () => {
    const complete = completeConfig(copied({ stage: undefined }), copied({ content: 'content' }))
    expect(complete.records.find(({ digest }) => digest === 'stage')?.layers).toHaveLength(1)
    expect(complete.layers.map(one => one.blob).sort()).toEqual(['copy', 'stage'])
  })

  it('does not, where nothing needs it', () => {
    const exported = copied({ copy: undefined, stage: undefined })
    expect(completeConfig(exported, copied({}))).toBe(exported)
  })

  it('leaves alone what lacks nothing, and what only the import has', () => {
    const exported = copied({ content: 'content' })
    const more: CacheConfig = { layers: [], records: [...copied({}).records, { digest: 'other', inputs: [[{ link: 1 }]] }] }
    expect(completeConfig(exported, { ...copied({}), records: more.records })).toBe(exported)
  })

  it('puts one end above what has several', () => {
    const two = copied({})
    const exported = { ...two, records: [...two.records, { digest: 'end', inputs: [[{ link: 1 }]] }] }
    expect(completeConfig(exported, copied({})).records).toHaveLength(exported.records.length + 1)
  })
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
