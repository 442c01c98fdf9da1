import { earlierBuilds, pastBuild, withBuild } from '../../src/explain/past-builds'
import { emptyRecord } from '../../src/fingerprint/record'
import type { CacheRecord, PastBuild } from '../../src/fingerprint/record'
import { stageOf } from '../report/samples'

const build = (rate: number | null, difference: Partial<PastBuild> = {}): PastBuild => ({
  at: '2026-11-20T00:00:00.000Z',
  rate,
  seconds: 10,
  ...difference
})
const facts = { at: '2026-11-20T00:00:00.000Z', seconds: 4.26, imageBytes: undefined, rateless: false }

test.each([
  ['its steps', { results: [stageOf(0, 'a', 'cc'), stageOf(1, 'b', 'r')] }, build(0.667, { seconds: 4.3 })],
  ['none without steps', { results: [stageOf(0, 'a', '')] }, build(null, { seconds: 4.3 })],
  ['none where it tells nothing', { results: [stageOf(0, 'a', 'r')], rateless: true }, build(null, { seconds: 4.3 })],
  ['and its image', { results: [stageOf(0, 'a', 'r')], imageBytes: 7 }, build(0, { seconds: 4.3, imageBytes: 7 })]
])('a build has the hit rate of %s', (_, difference, expected) => {
  expect(pastBuild({ ...facts, ...difference })).toEqual(expected)
})

test('a record keeps the last ten', () => {
  let record: CacheRecord = emptyRecord('acme/app', 'key')
  for (let seconds = 0; seconds < 13; seconds++) record = withBuild(record, build(1, { seconds }))
  expect(record.builds.map(({ seconds }) => seconds)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
})

test.each<[string, readonly (readonly PastBuild[])[], ReturnType<typeof earlierBuilds>]>([
  ['nothing', [[], []], {}],
  ['too few', [[build(1), build(0.5), build(null)]], {}],
  [
    'those whose rate counts',
    [[build(null), build(1, { seconds: 4 }), build(0.5), build(0.3)]],
    { usual: { hitRate: 0.6, seconds: 8, builds: 3 } }
  ],
  [
    "those of the first scope that knows enough, and the newest image of the branch's own",
    [
      [build(1, { imageBytes: 1 }), build(null, { imageBytes: 2 }), build(0)],
      [build(1), build(1), build(1, { imageBytes: 3 })]
    ],
    { usual: { hitRate: 1, seconds: 10, builds: 3 }, imageBytes: 2 }
  ]
])('known of earlier builds: %s', (_, histories, expected) => {
  const known = earlierBuilds(histories)
  expect(known).toEqual(
    known.usual ? { ...expected, usual: { ...expected.usual, hitRate: expect.closeTo(expected.usual?.hitRate ?? -1) } } : expected
  )
})
