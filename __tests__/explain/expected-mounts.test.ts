import type { StageExpectation } from '../../src/explain/expectations'
import { mayRun, ran, wasStopped, whyAnew } from '../../src/explain/expected-mounts'
import type { StageResult, StepResult } from '../../src/explain/stage-result'
import { stagesOf } from '../fingerprint/builds'

const { needed } = stagesOf({
  dockerfile: `FROM busybox AS app
RUN one
RUN --mount=type=cache,target=/a two
RUN three
`
})
const uses = [{ stage: 0, line: 3, platform: 'linux/amd64' }]
const expectation = (more: Partial<StageExpectation>): StageExpectation => ({
  stage: 'app',
  index: 0,
  platform: 'linux/amd64',
  expected: 'rebuild',
  ...more
})
const judge = (expectations: readonly StageExpectation[], imports = true) => mayRun(uses, { needed, expectations, imports })

it.each([
  ['a hit', [expectation({ expected: 'hit' })], false],
  ['rebuilt from the first step on', [expectation({ firstStep: 0 })], true],
  ['rebuilt from the very step on', [expectation({ firstStep: 1 })], true],
  ['rebuilt from a later step on', [expectation({ firstStep: 2 })], false],
  ['it may run, as a parent decides', [expectation({ expected: 'unknown', firstStep: 0 })], true],
  ['nothing is recorded, and there is a cache', [expectation({ expected: 'unknown' })], true],
  [
    'another platform is rebuilt',
    [expectation({ expected: 'hit' }), expectation({ platform: 'linux/arm64', firstStep: 0 })],
    false
  ],
  ['nothing is expected of it', [], true]
])('%s', (_, expectations, expected) => {
  expect(judge(expectations)).toBe(expected)
})

it('without any cache every step runs', () => {
  expect(judge([], false)).toBe(true)
})

it.each<[string, Parameters<typeof whyAnew>, ReturnType<typeof whyAnew>]>([
  ['it starts from no stage', [undefined, false, []], undefined],
  ['its stage comes from the cache', [0, true, [expectation({ expected: 'hit' })]], undefined],
  ['its stage is rebuilt', [0, true, [expectation({ reason: { code: 'file-changed', files: [], count: 0 } })]], 'base-rebuilt'],
  ['there is no cache for its stage to come from', [0, false, [expectation({ expected: 'hit' })]], 'base-rebuilt'],
  ['nothing was ever saved', [0, false, [expectation({ reason: { code: 'first-build' } })]], 'absent'],
  ['nobody knows', [0, true, [expectation({ expected: 'unknown' })]], 'base-unsure'],
  ['nothing is expected', [0, true, []], 'base-unsure']
])('what a mount starts from: %s', (_, given, expected) => {
  expect(whyAnew(...given)).toBe(expected)
})

const results = (step: Pick<StepResult, 'status' | 'stopped'>, line = 3): readonly StageResult[] => [
  {
    name: 'app',
    index: 0,
    platform: 'linux/amd64',
    status: 'miss',
    steps: [{ number: 1, command: 'RUN', line, seconds: 1, ...step }],
    cached: 0,
    seconds: 1,
    reason: null,
    refs: []
  }
]

it('a step used its mount where it ran, even when it failed', () => {
  const result = (status: StepResult['status'], line?: number) => ran(uses, results({ status }, line))
  expect([result('ran'), result('failed'), result('cached'), result('not-run'), result('ran', 4)]).toEqual([
    true,
    true,
    false,
    false,
    false
  ])
})

it('a step that was running when the build ended left its mount half done', () => {
  const stopped = results({ status: 'not-run', stopped: true })
  expect([wasStopped(uses, stopped), ran(uses, stopped)]).toEqual([true, false])
  expect([wasStopped(uses, results({ status: 'ran' })), wasStopped(uses, results({ status: 'not-run' }))]).toEqual([false, false])
})
