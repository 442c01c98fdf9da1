import { covers, foundByConfig, foundByManifest, parseCacheManifest } from '../../src/plan/coverage'
import type { FoundRef } from '../../src/plan/coverage'
import { planRefresh } from '../../src/plan/refresh'
import { diamond, planOf, refOf } from '../helpers/plans'

const plan = planOf(diamond, { backends: ['registry', 'gha', 'local'] })
const [wideRef, narrowRef] = [refOf(plan, 'final'), refOf(plan, 'deps')]
const [ghaWide, ghaNarrow] = [refOf(plan, 'final', 'gha'), refOf(plan, 'deps', 'gha')]
const blobs = (...digests: string[]) => ({ blobs: new Set(digests) })

const cases: readonly { description: string; wide: FoundRef; narrow: FoundRef; expected: boolean }[] = [
  {
    description: 'every blob',
    wide: { ref: wideRef, id: 'w', ...blobs('1', '2') },
    narrow: { ref: narrowRef, id: 'n', ...blobs('1') },
    expected: true
  },
  {
    description: 'one blob more',
    wide: { ref: wideRef, id: 'w', ...blobs('1') },
    narrow: { ref: narrowRef, id: 'n', ...blobs('1', '2') },
    expected: false
  },
  {
    description: 'itself',
    wide: { ref: wideRef, id: 'w', ...blobs('1') },
    narrow: { ref: wideRef, id: 'w', ...blobs('1') },
    expected: true
  },
  {
    description: 'itself, of which no blobs are known',
    wide: { ref: ghaWide, id: 'w', held: {} },
    narrow: { ref: ghaWide, id: 'w', held: {} },
    expected: true
  },
  {
    description: 'the same blobs in another backend',
    wide: { ref: wideRef, id: 'w', ...blobs('1') },
    narrow: { ref: refOf(plan, 'deps', 'local'), id: 'n', ...blobs('1') },
    expected: false
  },
  {
    description: 'nothing known of the wide one',
    wide: { ref: ghaWide, id: 'w' },
    narrow: { ref: ghaNarrow, id: 'n' },
    expected: false
  },
  {
    description: 'nothing known of the narrow one',
    wide: { ref: wideRef, id: 'w', ...blobs('1') },
    narrow: { ref: narrowRef, id: 'n' },
    expected: false
  },
  {
    description: 'held as recorded',
    wide: { ref: ghaWide, id: 'w', held: { [ghaNarrow.name]: 'n' } },
    narrow: { ref: ghaNarrow, id: 'n' },
    expected: true
  },
  {
    description: 'held in another version',
    wide: { ref: ghaWide, id: 'w', held: { [ghaNarrow.name]: 'old' } },
    narrow: { ref: ghaNarrow, id: 'n' },
    expected: false
  }
]

test.each(cases)('covers: $description', ({ wide, narrow, expected }) => {
  expect(covers(wide, narrow)).toBe(expected)
})

const config = { mediaType: 'application/vnd.buildkit.cacheconfig.v0', digest: 'sha256:c', size: 7 }
const layer = (digest: string, size: number) => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd', digest, size })

const manifests: readonly { description: string; text: string; expected: Readonly<Record<string, number>> | undefined }[] = [
  {
    description: 'an image manifest',
    text: JSON.stringify({ config, layers: [layer('a', 1), layer('b', 2)] }),
    expected: { a: 1, b: 2 }
  },
  {
    description: 'a blob that several steps have',
    text: JSON.stringify({ config, layers: [layer('a', 1), layer('a', 1)] }),
    expected: { a: 1 }
  },
  {
    description: 'an index, the config among its entries',
    text: JSON.stringify({ manifests: [layer('a', 1), config] }),
    expected: { a: 1 }
  },
  { description: 'no layers at all', text: JSON.stringify({ config, layers: [] }), expected: {} },
  {
    description: 'an image',
    text: JSON.stringify({
      config: { ...config, mediaType: 'application/vnd.oci.image.config.v1+json' },
      layers: [layer('a', 1)]
    }),
    expected: undefined
  },
  { description: 'an image index', text: JSON.stringify({ manifests: [layer('a', 1)] }), expected: undefined },
  ...[
    '',
    '{',
    'null',
    '[]',
    '1',
    '"text"',
    '{"layers":5}',
    '{"layers":[null]}',
    '{"manifests":[{"digest":1,"size":"x"}]}',
    '{"config":null,"layers":[]}'
  ].map(text => ({
    description: `no manifest: ${text || 'empty'}`,
    text,
    expected: undefined
  }))
]

test.each(manifests)('a manifest: $description', ({ text, expected }) => {
  const parsed = parseCacheManifest(text)
  expect(parsed && Object.fromEntries(parsed.blobs)).toEqual(expected)
  expect(foundByManifest(wideRef, 'sha256:m', text) === undefined).toBe(expected === undefined)
})

test('a ref found by its manifest: the bytes of each blob once, its config and its own', () => {
  const text = JSON.stringify({ config, layers: [layer('a', 100), layer('a', 100), layer('b', 20)] })
  expect(foundByManifest(wideRef, 'sha256:m', text)).toEqual({
    ref: wideRef,
    id: 'sha256:m',
    bytes: 127 + text.length,
    blobs: new Set(['a', 'b'])
  })
})

test('a gha ref without a record is known by the layers of its list, and due to be saved again', () => {
  const list = (...layers: string[]) => JSON.stringify({ layers: layers.map(blob => ({ blob })), records: [] })
  const [wide, narrow] = [foundByConfig(ghaWide, list('1', '2')), foundByConfig(ghaNarrow, list('1'))]
  if (!wide || !narrow) throw new Error('not found')
  expect([covers(wide, narrow), covers(narrow, wide)]).toEqual([true, false])
  expect(planRefresh([wide], ({ exportedAt }) => exportedAt, Date.now(), 3)).toEqual(new Set([ghaWide]))
  expect([wide.id === narrow.id, wide.id]).toEqual([false, foundByConfig(ghaWide, list('1', '2'))?.id])
  expect(foundByConfig(ghaWide, '<html>')).toBeUndefined()
})
