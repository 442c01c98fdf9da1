import { stageChanges } from '../../src/explain/changes'
import { evictedStages, recordedSeconds, servedView } from '../../src/explain/served-content'
import { recordStages } from '../../src/explain/recorded-stages'
import { parseRecord, renderRecord } from '../../src/fingerprint/record'
import type { CacheRecord } from '../../src/fingerprint/record'
import { planOf } from '../helpers/plans'
import { recordOf, viewOf } from './builds'

const record: CacheRecord = {
  version: 3,
  repository: 'acme/app',
  key: 'k',
  stages: {},
  builds: [{ at: '2026-11-20T00:00:00.000Z', rate: 0.5, seconds: 4.2, imageBytes: 100 }],
  trees: {},
  refs: {
    'cache-base': { id: '1', at: '2026-11-20T00:00:00.000Z', held: {} },
    'cache-final': { id: '2', at: '2026-11-20T00:00:00.000Z', held: { 'cache-base': '1' } }
  }
}
const base = record.refs['cache-base']

const cases: readonly { description: string; text: string; expected: CacheRecord | undefined }[] = [
  { description: 'what was rendered', text: renderRecord(record), expected: record },
  { description: 'no refs', text: renderRecord({ ...record, refs: {} }), expected: { ...record, refs: {} } },
  { description: 'another repository', text: renderRecord({ ...record, repository: 'acme/other' }), expected: undefined },
  { description: 'another version', text: JSON.stringify({ ...record, version: 1 }), expected: undefined },
  {
    description: 'refs of another shape are left out',
    text: JSON.stringify({
      ...record,
      refs: {
        a: base,
        b: null,
        c: 'x',
        d: { id: 1, at: '', held: {} },
        e: { id: 'e', at: '' },
        f: { id: 'f', at: '', held: null }
      }
    }),
    expected: { ...record, refs: base ? { a: base } : {} }
  },
  {
    description: 'one that knows of no builds',
    text: JSON.stringify({ ...record, builds: undefined }),
    expected: { ...record, builds: [] }
  },
  {
    description: 'builds of another shape are left out, and more than ten',
    text: JSON.stringify({
      ...record,
      builds: [
        ...Array.from({ length: 12 }, (_, seconds) => ({ at: '', rate: null, seconds })),
        null,
        { at: '', rate: 1.1, seconds: 1 },
        { at: '', rate: 0, seconds: -1 },
        { at: '', rate: 0, seconds: 1, imageBytes: 'x' }
      ]
    }),
    expected: { ...record, builds: Array.from({ length: 10 }, (_, place) => ({ at: '', rate: null, seconds: place + 2 })) }
  },
  ...[
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '{"version":3,"repository":"acme/app"}',
    '{"version":3,"repository":"acme/app","key":"","refs":{},"stages":{},"trees":{}}',
    '{"version":3,"repository":"acme/app","key":"k","refs":null,"stages":{},"trees":{}}'
  ].map(text => ({
    description: `no record: ${text || 'empty'}`,
    text,
    expected: undefined
  }))
]

test.each(cases)('$description', ({ text, expected }) => {
  expect(parseRecord(text, 'acme/app')).toEqual(expected)
})

const build = {
  dockerfile: 'ARG TAG=3\nFROM alpine:$TAG\nARG MODE=a\nENV X=$MODE\nCOPY src /\nRUN --mount=from=busybox,target=/b $MODE\n',
  files: { 'src/a': '1', 'src/b/c': '2' },
  images: { 'docker.io/library/alpine:3': 'sha256:1' }
}
const whole: CacheRecord = {
  ...recordOf(build),
  refs: { 'cache-base': { id: '1', at: '2026-11-20T00:00:00.000Z', held: { other: '2' } } }
}
const odd: readonly unknown[] = [null, 5, 'x', true, [], {}, [null], { x: null }, { set: 5 }, { step: null }]

/** A record's text with one value somewhere in it put in the place of another, once for each value. */
function* damaged(value: unknown, rest: (put: unknown) => unknown = put => put): Generator<CacheRecord> {
  yield* odd.map(put => rest(put) as CacheRecord)
  if (typeof value !== 'object' || value === null) return
  for (const [name, inner] of Object.entries(value) as [string, unknown][]) {
    yield* damaged(inner, put =>
      rest(Array.isArray(value) ? value.map((other: unknown) => (other === inner ? put : other)) : { ...value, [name]: put })
    )
  }
}

/** All that is done with a record. */
function use(record: CacheRecord): void {
  const plan = planOf(build.dockerfile)
  const view = { ...viewOf(build, { ...build, files: { 'src/a': '3' } }), record }
  const views = new Map(plan.scopes.read.map(scope => [scope, view]))
  const facts = {
    plan,
    found: [],
    imported: [],
    failedImports: new Set<never>(),
    stale: [],
    views,
    lookedUp: ['registry', 'gha'] as const
  }
  evictedStages(facts)
  for (const { stage, writes } of plan.stages) {
    const row = { name: stage.name, index: stage.index, platform: 'linux/amd64', status: 'miss', steps: [] } as const
    const result = { ...row, cached: 0, seconds: 0, reason: null, refs: [] }
    servedView(stage, facts)
    stageChanges(stage, 'linux/amd64', view)
    const secondsBefore = () => recordedSeconds(stage, 'linux/amd64', facts)
    const written = new Map(writes.map(ref => [ref, { id: 'new', at: '' }]))
    const changed = recordStages({ plan, results: [result], written, served: [], view, secondsBefore })
    renderRecord(changed ?? record)
  }
}

test('a whole record is kept as it is', () => {
  expect(parseRecord(renderRecord(whole), 'acme/app')).toEqual(whole)
})

test('whatever value stands in the place of another, the record can be used, or what has it is left out', () => {
  const troubles: string[] = []
  let count = 0
  for (const record of damaged(whole)) {
    count++
    const text = JSON.stringify(record)
    try {
      const read = parseRecord(text, 'acme/app')
      if (read) use(read)
    } catch (error) {
      troubles.push(`${String(error)}: ${text}`)
    }
  }
  expect(troubles).toEqual([])
  expect(count).toBeGreaterThan(400)
})

const stage = whole.stages['stage-0']?.['linux/amd64']
test.each<[string, unknown]>([
  ['a setting of FROM that is null', { ...stage, made: { ...stage?.made, base: { ...stage?.made.base, variables: [null] } } }],
  ['a setting without a name', { ...stage, made: { ...stage?.made, parts: [{ set: 5 }] } }],
  [
    'a step of which a name is a number',
    { ...stage, made: { ...stage?.made, parts: [{ ...stage?.made.parts[2], names: [1] }] } }
  ],
  ['a part that is setting and step', { ...stage, made: { ...stage?.made, parts: [{ ...stage?.made.parts[0], step: 'RUN' }] } }],
  ['an odd place where it was saved', { ...stage, saved: { gha: null } }],
  ['seconds that are text', { ...stage, seconds: ['1'] }],
  ['a digest that is a list', { ...stage, images: { a: [] } }]
])('a stage with %s is left out, others stay', (_, entry) => {
  const text = JSON.stringify({ ...whole, stages: { good: { 'linux/amd64': stage }, bad: { 'linux/amd64': entry } } })
  expect(parseRecord(text, 'acme/app')?.stages).toEqual({ good: { 'linux/amd64': stage }, bad: {} })
})

test('trees that hold something else, or that no file system could, are left out', () => {
  const deep = `${'{"a":'.repeat(100_000)}"x"${'}'.repeat(100_000)}`
  const text = renderRecord({ ...whole, trees: {} }).replace(
    '"trees":{}',
    `"trees":{"good":{"a":{"b":"x"}},"bad":{"a":5},"deep":${deep}}`
  )
  expect(parseRecord(text, 'acme/app')?.trees).toEqual({ good: { a: { b: 'x' } } })
})
