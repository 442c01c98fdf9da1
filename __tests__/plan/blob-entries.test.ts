import { createHash } from 'node:crypto'
import { planEntries, planFetch } from '../../src/plan/blob-entries'
import { entryBytes, entryKey, parseLocalIndex, renderLocalIndex } from '../../src/plan/local-index'
import type { BlobEntry, IndexedRef } from '../../src/plan/local-index'

const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`

/** A ref of blobs `name` or `name:bytes`, of 10 bytes where nothing is said, and a list of steps of its own of 1 byte. */
function ref(stage: string, ...blobs: readonly string[]): IndexedRef {
  const layers = blobs.map(text => ({
    mediaType: 'layer',
    digest: sha256(text.split(':')[0] ?? ''),
    size: Number(text.split(':')[1] ?? 10)
  }))
  const config = {
    mediaType: 'application/vnd.buildkit.cacheconfig.v0',
    digest: sha256(`steps ${stage} ${blobs.join()}`),
    size: 1
  }
  const manifest = JSON.stringify({ config, layers })
  const annotations = { 'org.opencontainers.image.ref.name': `cache-${stage}` }
  return { stage, manifest, entry: { digest: sha256(manifest), size: manifest.length, annotations } }
}

const nameOf = (stage: string) => `layers-${stage}`
const everything = { has: () => true } as unknown as ReadonlySet<string>
const plan = (refs: readonly IndexedRef[], known: readonly BlobEntry[] = [], present = everything) =>
  planEntries({ refs, known, present, nameOf })
/** Names and bytes of entries. */
const shown = (entries: readonly BlobEntry[]) => entries.map(entry => `${entry.key.split('#')[0]} ${entryBytes(entry)}`)

const web = [ref('base', 'os'), ref('deps', 'os', 'pip'), ref('final', 'os', 'pip', 'app')]

test('at first one entry for each stage, of the blobs that no earlier one holds', () => {
  const { kept, made } = plan(web)
  expect([kept, shown(made)]).toEqual([[], ['layers-base 11', 'layers-deps 11', 'layers-final 11']])
})

test('nothing changed: nothing is made', () => {
  const { made } = plan(web)
  expect(plan(web, made)).toEqual({ kept: made, made: [] })
})

test('a stage that changed gets an entry of what is new, and what nobody needs any more goes', () => {
  const known = plan(web).made
  const { kept, made } = plan([...web.slice(0, 2), ref('final', 'os', 'pip', 'app2')], known)
  expect([shown(kept), shown(made)]).toEqual([['layers-base 11', 'layers-deps 11'], ['layers-final 11']])
  expect(made[0]?.key).not.toBe(known[2]?.key)
})

test('a stage that left the file: its entry goes, and what others share with it stays', () => {
  const tools = ref('tools', 'os', 'gcc')
  const known = plan([...web.slice(0, 1), tools, ref('final', 'os', 'gcc:90')]).made
  const { kept, made } = plan([web[0] as IndexedRef, ref('final', 'os', 'gcc:90')], known)
  expect([shown(kept), shown(made)]).toEqual([['layers-base 11', 'layers-tools 11', 'layers-final 1'], []])
})

test('what is in an entry of another scope is not uploaded again', () => {
  const theirs = plan(web).made
  const { kept, made } = plan([ref('final', 'os', 'pip', 'app2')], theirs)
  expect([shown(kept), shown(made)]).toEqual([['layers-base 11', 'layers-deps 11'], ['layers-final 11']])
})

test('what is not here is in no new entry', () => {
  const here = new Set([sha256('app')])
  expect(shown(plan(web, [], here).made)).toEqual(['layers-final 10'])
})

test('what is still needed of a worn entry moves into one of its own, apart from what is new', () => {
  const first = plan([ref('app', 'packages:70', 'code:30')]).made
  const { kept, made } = plan([ref('app', 'packages:70', 'code2:30')], first)
  expect([kept, shown(made)]).toEqual([[], ['layers-app 31', 'layers-app 70']])
  // From now on an edit uploads what is new alone.
  const third = plan([ref('app', 'packages:70', 'code3:30')], made)
  expect([shown(third.kept), shown(third.made)]).toEqual([['layers-app 70'], ['layers-app 31']])
})

test('a worn entry stays while what is needed of it is not here', () => {
  const first = plan([ref('app', 'packages:70', 'code:30')]).made
  const { kept, made } = plan([ref('app', 'packages:70', 'code2:30')], first, new Set([sha256('code2')]))
  expect([shown(kept), shown(made)]).toEqual([['layers-app 101'], ['layers-app 30']])
})

test('50 builds that change one layer or another: at most 1.2 times what is needed, each blob held, uploaded are the changes and half as much', () => {
  let seed = 7
  const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below
  const layers = Array.from({ length: 12 }, (_, at) => `layer${at}-0:${10 + 40 * (at % 3)}`)
  let known: readonly BlobEntry[] = []
  let [uploaded, changed] = [0, 0]
  for (let build = 1; build <= 50; build++) {
    const at = random(layers.length)
    const size = Number(layers[at]?.split(':')[1])
    layers[at] = `layer${at}-${build}:${size}`
    changed += size
    const refs = [ref('base', ...layers.slice(0, 4)), ref('deps', ...layers.slice(0, 8)), ref('final', ...layers)]
    const { kept, made } = plan(refs, known)
    known = [...kept, ...made]
    if (build > 1) uploaded += made.reduce((sum, entry) => sum + entryBytes(entry), 0)
    const needed = new Map(refs.flatMap(({ manifest }) => listed(manifest)))
    const bytes = [...needed.values()].reduce((sum, one) => sum + one, 0)
    const listedBytes = known.reduce((sum, entry) => sum + entryBytes(entry), 0)
    expect(listedBytes).toBeLessThanOrEqual(1.2 * bytes)
    for (const digest of needed.keys()) expect(known.some(({ blobs }) => digest in blobs)).toBe(true)
  }
  expect(uploaded).toBeLessThan(1.5 * changed)
})

test('each blob is fetched from one entry', () => {
  const [base, deps, final] = plan(web).made as [BlobEntry, BlobEntry, BlobEntry]
  const wanted = new Map([sha256('os'), sha256('app')].map(digest => [digest, 1]))
  expect(planFetch([base, deps, final, { key: 'again', blobs: base.blobs }], wanted)).toEqual([base, final])
})

test('a key is of a name, a manifest and which of its blobs', () => {
  const digest = sha256('manifest')
  const key = entryKey('layers-base', digest, ['sha256:b', 'sha256:a'])
  expect(key).toMatch(new RegExp(`^layers-base#${digest.slice(7)}-[0-9a-f]{12}$`))
  expect(entryKey('layers-base', digest, ['sha256:a', 'sha256:b'])).toBe(key)
  expect(entryKey('layers-base', digest, ['sha256:a'])).not.toBe(key)
})

const index = { refs: web, entries: plan(web).made }

test('an index is read as it was written', () => {
  expect(parseLocalIndex(renderLocalIndex(index))).toEqual(index)
})

test.each([
  '',
  '{',
  'null',
  '{}',
  JSON.stringify({ version: 2, ...index }),
  JSON.stringify({ version: 1, ...index, refs: [null] }),
  JSON.stringify({ version: 1, ...index, refs: [{ ...web[0], manifest: web[1]?.manifest }] }),
  JSON.stringify({ version: 1, ...index, refs: [{ ...web[0], stage: 1 }] }),
  JSON.stringify({ version: 1, ...index, entries: [{ key: 'layers-base#../../etc', blobs: {} }] }),
  JSON.stringify({ version: 1, ...index, entries: [{ ...index.entries[0], blobs: { '../x': 1 } }] }),
  JSON.stringify({ version: 1, ...index, entries: [{ ...index.entries[0], blobs: null }] })
])('no index: %s', text => {
  expect(parseLocalIndex(text)).toBeUndefined()
})

function listed(manifest: string): readonly [string, number][] {
  const { config, layers } = JSON.parse(manifest) as { config: Listed; layers: Listed[] }
  return [config, ...layers].map(({ digest, size }) => [digest, size])
}

interface Listed {
  readonly digest: string
  readonly size: number
}
