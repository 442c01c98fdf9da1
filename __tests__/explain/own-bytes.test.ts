import { ownBytes } from '../../src/explain/own-bytes'
import { stageKey } from '../../src/fingerprint/fingerprint'
import { emptyRecord } from '../../src/fingerprint/record'
import type { CacheRecord, RecordedStage } from '../../src/fingerprint/record'
import { planOf } from '../helpers/plans'

const plan = planOf(
  'FROM busybox AS base\nRUN 1\nFROM base AS bare\nFROM bare AS app\nRUN 2\nFROM busybox\nRUN 3\nCOPY --from=app / /\n'
)
const named = (name: string) => plan.stages.find(({ stage }) => stage.name === name)?.stage ?? plan.target

/** A record with the bytes of what was saved in GitHub's cache. */
function recordWith(bytes: Readonly<Record<string, number | undefined>>): CacheRecord {
  const entries = Object.entries(bytes).map(([name, size]) => {
    const saved = { gha: { id: name, at: '', ...(size === undefined ? {} : { bytes: size }) } }
    return [stageKey(named(name)), { 'linux/amd64': { saved } as unknown as RecordedStage }] as const
  })
  return { ...emptyRecord('acme/app', 'k'), stages: Object.fromEntries(entries) }
}

test.each([
  { description: 'a stage that is FROM an image', of: 'base', records: [{ base: 100 }], expected: 100 },
  { description: 'without those it is FROM', of: 'app', records: [{ base: 100, app: 130 }], expected: 30 },
  { description: 'what it is FROM is not known', of: 'app', records: [{ app: 130 }], expected: 130 },
  { description: 'what it copies from is its own', of: 'last', records: [{ base: 100, app: 130, last: 150 }], expected: 150 },
  { description: 'never saved', of: 'app', records: [{ base: 100 }], expected: undefined },
  { description: 'saved when nobody knew how much', of: 'app', records: [{ app: undefined }], expected: undefined },
  { description: 'the best scope that knows', of: 'app', records: [{}, { app: 7 }, { app: 8 }], expected: 7 },
  { description: 'no record at all', of: 'app', records: [], expected: undefined }
])('$description', ({ of, records, expected }) => {
  expect(ownBytes(records.map(recordWith), plan, named(of), 'gha')).toBe(expected)
})

test('each backend by itself', () => {
  expect(ownBytes([recordWith({ base: 100 })], plan, named('base'), 'registry')).toBeUndefined()
})
