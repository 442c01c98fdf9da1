import {
  blobPath,
  blobsOfManifest,
  entryTag,
  mergeLayoutIndexes,
  parseLayoutIndex,
  renderLayoutIndex
} from '../../src/plan/oci-layout'
import type { LayoutEntry } from '../../src/plan/oci-layout'

const digest = (letter: string) => `sha256:${letter.repeat(64)}`
const entry = (letter: string, tag?: string): LayoutEntry => ({
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: digest(letter),
  size: 5,
  ...(tag === undefined ? {} : { annotations: { 'org.opencontainers.image.ref.name': tag, 'org.example.other': 'kept' } })
})

test('an index survives being read and written', () => {
  const index = { entries: [entry('a', 'one'), entry('b')] }
  expect(parseLayoutIndex(renderLayoutIndex(index))).toEqual(index)
  expect(JSON.parse(renderLayoutIndex(index))).toMatchObject({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json'
  })
})

const texts = [
  '',
  '{',
  'null',
  '[]',
  '{}',
  '{"manifests":{}}',
  '{"manifests":[null]}',
  '{"manifests":["x"]}',
  '{"manifests":[{"digest":"sha256:short","size":1}]}',
  `{"manifests":[{"digest":"${digest('a')}"}]}`,
  `{"manifests":[{"digest":"${digest('a')}","size":"5"}]}`,
  `{"manifests":[{"digest":"sha256:../../${'a'.repeat(58)}","size":5}]}`
]

test.each(texts)('no index: %s', text => {
  expect(parseLayoutIndex(text)).toBeUndefined()
})

const merges: readonly {
  description: string
  theirs: readonly LayoutEntry[]
  ours: readonly LayoutEntry[]
  keep?: (tag: string) => boolean
  expected: readonly string[]
}[] = [
  { description: 'tags of both', theirs: [entry('a', 'x')], ours: [entry('b', 'y')], expected: ['a x', 'b y'] },
  {
    description: 'ours takes the tag over',
    theirs: [entry('a', 'x'), entry('c', 'z')],
    ours: [entry('b', 'x')],
    expected: ['c z', 'b x']
  },
  {
    description: 'a tag that is refused goes',
    theirs: [entry('a', 'x'), entry('b', 'y')],
    ours: [],
    keep: tag => tag !== 'x',
    expected: ['b y']
  },
  {
    description: 'an entry without a tag is not ours to judge',
    theirs: [entry('a')],
    ours: [entry('b', 'x')],
    expected: ['a undefined', 'b x']
  }
]

test.each(merges)('merged: $description', ({ theirs, ours, keep = () => true, expected }) => {
  const { entries } = mergeLayoutIndexes({ entries: theirs }, { entries: ours }, keep)
  expect(entries.map(merged => `${merged.digest.at(-1)} ${entryTag(merged)}`)).toEqual(expected)
})

test('the blobs of a manifest, config included', () => {
  const config = { mediaType: 'application/vnd.buildkit.cacheconfig.v0', digest: digest('c'), size: 7 }
  const manifest = JSON.stringify({ config, layers: [{ digest: digest('a'), size: 1 }] })
  expect([...(blobsOfManifest(manifest) ?? [])]).toEqual([
    [digest('a'), 1],
    [digest('c'), 7]
  ])
  expect(blobsOfManifest('null')).toBeUndefined()
})

test('only digests have paths', () => {
  expect(blobPath(digest('a'))).toBe(`blobs/sha256/${'a'.repeat(64)}`)
  for (const odd of ['', 'sha256:', digest('A'), digest('g'), 'sha512:abc', `${digest('a')}\n`, 'sha256:../../../etc/passwd']) {
    expect(blobPath(odd)).toBeUndefined()
  }
})
