// What no recorded build shows: single events, in odd orders or too many.
import { parseDockerfile } from '../../src/dockerfile/parse-dockerfile'
import { neededStages } from '../../src/dockerfile/stage-graph'
import { explainStages, finishedStages, newStageWatch, type StageFacts } from '../../src/explain/stages'
import type { SolveStatus } from '../../src/progress/solve-status'
import { applyStatus, newVertexTable } from '../../src/progress/vertices'
import { dockerfileOf } from '../helpers/plans'
import { tableOf } from '../progress/recordings'

const both = ['linux/amd64', 'linux/arm64']
const time = '2026-01-01T00:00:01Z'
const later = '2026-01-01T00:00:03Z'

function explain(text: string, statuses: readonly SolveStatus[], outcome: StageFacts['outcome'], platforms = ['linux/amd64']) {
  const { dockerfile } = parseDockerfile(text, { buildArgs: {}, platform: 'linux/amd64', buildPlatform: 'linux/amd64' })
  const results = explainStages({ dockerfile, needed: neededStages(dockerfile), platforms, table: tableOf(statuses), outcome })
  return results.map(({ name, status, steps }) =>
    [name, status, ...steps.map(step => `${step.number}${step.stopped ? 's' : step.status[0]}`)].join(' ')
  )
}

const two = 'FROM alpine AS a\nRUN one\nFROM a\nRUN two'
test.each<{ description: string; text: string; statuses: SolveStatus[]; outcome: StageFacts['outcome']; rows: string[] }>([
  {
    description: 'a build that ended before anything',
    text: two,
    statuses: [],
    outcome: 'failure',
    rows: ['a not-run 2n', 'stage-1 not-run 1n']
  },
  {
    description: 'a build that was cancelled before anything',
    text: two,
    statuses: [],
    outcome: 'cancelled',
    rows: ['a not-run 2n', 'stage-1 not-run 1n']
  },
  {
    description: 'a build that says nothing of its stages',
    text: two,
    statuses: [],
    outcome: 'success',
    rows: ['a unknown 2n', 'stage-1 unknown 1n']
  },
  {
    description: 'stages without steps',
    text: 'FROM alpine AS a\nENV a=b\nFROM a',
    statuses: [],
    outcome: 'success',
    rows: ['a hit', 'stage-1 hit']
  },
  {
    description: 'only the root as WORKDIR',
    text: 'FROM alpine\nWORKDIR "/"\nWORKDIR //',
    statuses: [],
    outcome: 'success',
    rows: ['stage-0 hit']
  },
  {
    description: 'a step that is still running when buildx is killed',
    text: two,
    statuses: [{ vertexes: [{ digest: '1', name: '[a 2/2] RUN one', started: time, inputs: ['0'] }] }],
    outcome: 'cancelled',
    rows: ['a not-run 2s', 'stage-1 not-run 1n']
  },
  {
    description: 'a stage that only a mount reads, under the name of its twin',
    text: 'FROM scratch AS a\nCOPY x .\nFROM scratch AS b\nCOPY x .\nFROM alpine\nRUN --mount=from=a,target=/a --mount=from=b,target=/b true',
    statuses: [
      {
        vertexes: [
          { digest: 'x', name: '[internal] load build context' },
          { digest: 'b', name: '[b 1/1] COPY x .', inputs: ['x'], started: time, completed: later },
          { digest: 'f', name: '[stage-2 1/2] FROM alpine' },
          { digest: 'r', name: '[stage-2 2/2] RUN --mount', inputs: ['f', 'b'] }
        ]
      }
    ],
    outcome: 'cancelled',
    rows: ['a miss 1r', 'b miss 1r', 'stage-2 not-run 2n']
  },
  {
    description: 'a base image without layers is counted and not announced',
    text: 'FROM empty\nCOPY x .\nCOPY y .',
    statuses: [
      {
        vertexes: [
          { digest: 'x', name: '[internal] load build context' },
          { digest: '1', name: '[1/3] COPY x .', inputs: ['x'] },
          { digest: '2', name: '[2/3] COPY y .', inputs: ['1', 'x'], started: time, completed: later }
        ]
      }
    ],
    outcome: 'success',
    rows: ['stage-0 partial 1c 2r']
  }
])('$description', ({ text, statuses, outcome, rows }) => {
  expect(explain(text, statuses, outcome)).toEqual(rows)
})

test('a hundred stages on two platforms are watched quickly', () => {
  const count = 100
  const text = Array.from(
    { length: count },
    (_, i) => `FROM ${i ? `s${i - 1}` : 'scratch'} AS s${i}\n${'COPY x .\n'.repeat(10)}`
  ).join('')
  const { dockerfile } = parseDockerfile(text, { buildArgs: {}, platform: 'linux/amd64', buildPlatform: 'linux/amd64' })
  const watch = newStageWatch({ dockerfile, needed: neededStages(dockerfile), platforms: both })
  const table = newVertexTable()
  const vertexes = both.flatMap(platform =>
    Array.from({ length: count * 10 }, (_, i) => ({
      digest: `${platform} ${i}`,
      name: `[${platform} s${Math.floor(i / 10)} ${String((i % 10) + 1).padStart(2)}/10] COPY x .`,
      inputs: i ? [`${platform} ${i - 1}`, 'x'] : ['x']
    }))
  )
  const started = performance.now()
  applyStatus(table, { vertexes })
  let finished = 0
  for (const vertex of vertexes) {
    applyStatus(table, { vertexes: [{ ...vertex, started: time, completed: later }] })
    finished += finishedStages(watch, table).length
  }
  expect(finished).toBe(count)
  expect(performance.now() - started).toBeLessThan(30_000)
})

test('a step that was being loaded from a cache when the build ended was never begun', () => {
  const table = newVertexTable()
  const vertex = { digest: '1', name: '[a 2/2] RUN one', started: time, completed: later, inputs: ['0'] }
  applyStatus(table, { vertexes: [{ ...vertex, cached: true, error: 'context canceled' }] })
  const dockerfile = dockerfileOf('FROM alpine AS a\nRUN one')
  const [stage] = explainStages({ dockerfile, needed: dockerfile.stages, platforms: ['linux/amd64'], table, outcome: 'failure' })
  expect([stage?.status, stage?.steps.map(({ started }) => started)]).toEqual(['not-run', [undefined]])
})
