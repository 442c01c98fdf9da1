import { cutDockerfile, readingDockerfile, readsNoFile } from '../../src/plan/own-dockerfile'
import { beginningStages, finishedPrefix, planPrefetch } from '../../src/plan/prefetch'
import type { PrefetchFacts, StepState } from '../../src/plan/prefetch'
import { neededStages } from '../../src/dockerfile/stage-graph'
import { dockerfileOf } from '../helpers/plans'

const app = `# syntax=docker/dockerfile:1
FROM debian AS base
RUN setup
FROM base AS deps
COPY list /
RUN install
FROM base AS builder
COPY src /src
RUN make
FROM base AS runtime
ENV A=b
COPY --from=deps /deps /deps
# the program
COPY --from=builder /out /out
RUN check
`
const facts: PrefetchFacts = { working: new Set(), firstSteps: new Map(), hits: new Set(), begun: new Set() }
const expectedHits = new Set(['deps', 'builder', 'files'])
const prefixes = (text: string, ...begun: readonly string[]) =>
  planPrefetch(neededStages(dockerfileOf(text)), { ...facts, working: new Set(begun), hits: expectedHits }).map(
    ({ stage, steps }) => `${stage.name} ${steps}`
  )

describe('what is fetched', () => {
  it.each<{ begun: readonly string[]; expected: readonly string[]; text?: string; why: string }>([
    { why: 'nothing ran', begun: [], expected: [] },
    { why: 'what the target copies before', begun: ['builder'], expected: ['runtime 1'] },
    { why: 'of two, the stage under the target', begun: ['builder', 'deps'], expected: ['runtime 0'] },
    { why: 'nothing of a stage whose base changes', begun: ['base'], expected: [] },
    { why: 'nothing of the stage that runs', begun: ['builder', 'runtime'], expected: [] },
    {
      why: 'nothing where a trigger comes first',
      begun: ['b'],
      expected: [],
      text: 'FROM debian AS t\nONBUILD RUN x\nFROM debian AS b\nRUN y\nFROM t\nCOPY --from=b / /\n'
    },
    {
      why: 'a base image of its own',
      begun: ['b'],
      expected: ['stage-1 0'],
      text: 'FROM golang AS b\nRUN y\nFROM debian\nCOPY --from=b / /\n'
    },
    {
      why: 'no base image that is there already',
      begun: ['b'],
      expected: [],
      text: 'FROM debian AS b\nRUN y\nFROM debian\nCOPY --from=b / /\n'
    },
    { why: 'nothing of scratch', begun: ['b'], expected: [], text: 'FROM debian AS b\nRUN y\nFROM scratch\nCOPY --from=b / /\n' },
    {
      why: 'what a mount reads counts',
      begun: ['b'],
      expected: ['c 1'],
      text: 'FROM debian AS b\nRUN y\nFROM golang AS c\nRUN z\nRUN --mount=from=b,target=/b z\n'
    },
    { why: 'what is read after what changes, whole', begun: ['deps'], expected: ['runtime 0', 'builder 2'] },
    {
      why: 'of a stage that is built on one that changes, what it reads beside it',
      begun: ['b'],
      expected: ['files 1'],
      text: 'FROM debian AS b\nRUN y\nFROM golang AS files\nRUN z\nFROM b\nCOPY --from=files / /\n'
    },
    {
      why: 'what is read by another name',
      begun: ['b'],
      expected: ['files 1'],
      text: 'FROM debian AS b\nRUN y\nFROM golang AS files\nRUN z\nFROM files AS alias\nFROM b\nCOPY --from=alias / /\n'
    },
    {
      why: 'nothing whole that is not expected to hit',
      begun: ['b'],
      expected: [],
      text: 'FROM debian AS b\nRUN y\nFROM golang AS unsure\nRUN z\nFROM b\nCOPY --from=unsure / /\n'
    },
    {
      why: 'nothing that the stage at work reads with its first step',
      begun: ['c'],
      expected: [],
      text: 'FROM debian AS b\nRUN y\nFROM golang AS c\nCOPY --from=b / /\n'
    },
    {
      why: 'through others',
      begun: ['a'],
      expected: ['c 1'],
      text: 'FROM debian AS a\nRUN y\nFROM scratch AS b\nCOPY --from=a / /\nFROM golang AS c\nRUN z\nCOPY --from=b / /\n'
    }
  ])('$why', ({ begun, expected, text = app }) => {
    expect(prefixes(text, ...begun)).toEqual(expected)
  })
})

test.each<{
  firstSteps: Readonly<Record<string, number>>
  working: readonly string[]
  begun?: readonly string[]
  expected: readonly string[]
}>([
  { working: [], firstSteps: { builder: 0, runtime: 1 }, expected: [] },
  { working: ['builder'], firstSteps: { builder: 0, runtime: 1 }, expected: ['runtime 1'] },
  { working: ['builder'], firstSteps: { builder: 0, runtime: 0 }, expected: ['runtime 0'] },
  { working: ['builder'], firstSteps: { builder: 0, runtime: 0 }, begun: ['runtime'], expected: ['runtime 1'] },
  { working: ['builder'], firstSteps: { builder: 0, deps: 0, runtime: 0 }, expected: ['runtime 0'] },
  { working: ['builder'], firstSteps: { builder: 0, deps: 0, runtime: 0 }, begun: ['runtime'], expected: ['runtime 0'] },
  { working: ['builder'], firstSteps: { builder: 0, deps: 0 }, expected: ['runtime 0'] },
  { working: ['builder'], firstSteps: { base: 0 }, expected: [] }
])('what is expected to change is not fetched: $firstSteps, begun $begun', ({ working, begun = [], firstSteps, expected }) => {
  const known = { ...facts, working: new Set(working), firstSteps: new Map(Object.entries(firstSteps)), begun: new Set(begun) }
  const prefixes = planPrefetch(neededStages(dockerfileOf(app)), known)
  expect(prefixes.map(({ stage, steps }) => `${stage.name} ${steps}`)).toEqual(expected)
})

test.each<{ sure: readonly string[]; beginning: readonly string[] }>([
  { sure: [], beginning: [] },
  { sure: ['builder'], beginning: ['builder'] },
  { sure: ['deps', 'builder', 'runtime'], beginning: ['deps', 'builder'] },
  { sure: ['base', 'deps', 'builder', 'runtime'], beginning: ['base'] }
])('of what is sure to change, what waits for nothing: $sure', ({ sure, beginning }) => {
  expect([...beginningStages(neededStages(dockerfileOf(app)), new Set(sure))]).toEqual(beginning)
})

test('the file is cut off before the step that waits', () => {
  const [prefix] = planPrefetch(neededStages(dockerfileOf(app)), { ...facts, working: new Set(['builder']) })
  expect(prefix && cutDockerfile(app, prefix)).toBe(app.slice(0, app.indexOf('COPY --from=builder')))
})

test('a file that needs what comes later is not cut', () => {
  const text = 'FROM debian AS b\nRUN y\nFROM golang AS c\nCOPY --from=late / /\nCOPY --from=b / /\nFROM golang AS late\nRUN z\n'
  expect(planPrefetch(neededStages(dockerfileOf(text), 'c'), { ...facts, working: new Set(['b']) })).toEqual([])
})

test('a stage is read for no file by one more stage', () => {
  const [stage] = neededStages(dockerfileOf(app), 'base')
  expect(stage && readingDockerfile(app.trimEnd(), stage)).toBe(
    `${app}FROM scratch\nCOPY --from=0 /.stage-cache-build-nothing* /\n`
  )
})

test.each([
  ['FROM a AS base\nRUN x \\\n', 'FROM a AS base\nRUN x \n'],
  ['# escape=`\nFROM a AS base\nRUN x `\n\n', '# escape=`\nFROM a AS base\nRUN x \n'],
  ['FROM a AS base\nRUN echo `date`', 'FROM a AS base\nRUN echo `date`\n']
])('a stage whose last line is continued by nothing stays as it is: %j', (text, kept) => {
  const [stage] = neededStages(dockerfileOf(text))
  expect(stage && readingDockerfile(text, stage)).toBe(`${kept}FROM scratch\nCOPY --from=0 /.stage-cache-build-nothing* /\n`)
})

test('the step that reads no file is told from others', () => {
  expect(readsNoFile('[stage-4 1/1] COPY --from=0 /.stage-cache-build-nothing* /')).toBe(true)
  expect(readsNoFile('[stage-4 1/1] COPY --from=0 /.stage-cache-build-nothing* /app')).toBe(false)
})

describe('what can be compressed ahead', () => {
  // Lines of runtime's steps in the Dockerfile above.
  const [first, second, third] = [12, 14, 15]
  it.each<{ why: string; states: readonly (readonly [number, StepState])[]; steps: number | undefined }>([
    { why: 'nothing before it began', states: [[first, 'waiting']], steps: undefined },
    {
      why: 'what ran before the step that waits',
      states: [
        [first, 'ran'],
        [second, 'waiting'],
        [third, 'waiting']
      ],
      steps: 1
    },
    {
      why: 'nothing that came from the cache',
      states: [
        [first, 'cached'],
        [second, 'waiting']
      ],
      steps: undefined
    },
    {
      why: 'nothing while the next step is at work',
      states: [
        [first, 'ran'],
        [second, 'working']
      ],
      steps: undefined
    },
    {
      why: 'nothing when all is done',
      states: [
        [first, 'ran'],
        [second, 'ran'],
        [third, 'ran']
      ],
      steps: undefined
    }
  ])('$why', ({ states, steps }) => {
    const target = neededStages(dockerfileOf(app)).find(({ name }) => name === 'runtime')
    expect(target && finishedPrefix(target, new Map(states))?.steps).toBe(steps)
  })
})
