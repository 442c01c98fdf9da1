import type { SolveStatus, VertexEvent } from '../../src/progress/solve-status'
import { firstFailure, stepsRunHere } from '../../src/progress/build-state'
import { applyStatus, newVertexTable } from '../../src/progress/vertices'
import { recordings, statusesOf, tableOf } from './recordings'

const base = Date.parse('2026-01-01T00:00:10Z')
/** Seconds since the build began, as BuildKit writes them. */
const at = (seconds: number) => `2026-01-01T00:00:${(10 + seconds).toFixed(9).padStart(12, '0')}Z`

interface Said {
  readonly from?: number
  readonly to?: number
  readonly cached?: boolean
  readonly error?: string
  /** As the part of BuildKit says it that pulls layers: without inputs. */
  readonly pulling?: boolean
}

const inputs: Readonly<Record<string, readonly string[]>> = {
  image: [],
  workdir: [],
  one: ['image'],
  two: ['one'],
  other: ['one'],
  end: ['two', 'other']
}

function say(digest: string, { from, to, cached, error, pulling }: Said = {}): VertexEvent {
  return {
    digest,
    name: `[s 1/1] RUN ${digest}`,
    ...(pulling || inputs[digest]?.length === 0 ? {} : { inputs: inputs[digest] ?? [] }),
    ...(from === undefined ? {} : { started: at(from) }),
    ...(to === undefined ? {} : { completed: at(to) }),
    ...(cached ? { cached } : {}),
    ...(error === undefined ? {} : { error })
  }
}

const announced: SolveStatus = {
  vertexes: [
    { digest: 'definition', name: '[internal] load build definition', started: at(0), completed: at(0.1) },
    ...Object.keys(inputs).map(digest => say(digest))
  ]
}
const log = (vertex: string): SolveStatus => ({ logs: [{ vertex, stream: 1, data: 'YQ==', timestamp: at(1) }] })
const stopped = 'process "/bin/sh -c x" did not complete successfully: exit code: 137: context canceled: context canceled'

const untouched = { cached: false, ran: false, done: false, seconds: 0 }
const cached = { cached: true, ran: false, done: true, seconds: 0 }
const ran = (seconds: number) => ({ cached: false, ran: true, done: true, seconds })

test.each<{ description: string; events: readonly (readonly [string, Said] | SolveStatus)[]; expected: Record<string, object> }>([
  { description: 'what is only announced did nothing', events: [], expected: { one: untouched, image: untouched } },
  { description: 'a step that runs', events: [['one', { from: 1 }]], expected: { one: { ...untouched, ran: true } } },
  {
    description: 'a step that was found in a cache, ran when its layer could not be loaded, and failed',
    events: [
      ['one', { from: 1, to: 1.2, cached: true }],
      ['two', { from: 1.5 }],
      ['one', { from: 2 }],
      ['one', { from: 2, to: 2.5, error: 'process "/bin/sh -c x" did not complete successfully: no space left on device' }]
    ],
    expected: { one: { cached: true, ran: true, done: false } }
  },
  {
    description: 'a step that ran, its start told again after its end',
    events: [
      ['one', { from: 1, to: 3 }],
      ['one', { from: 1 }]
    ],
    expected: { one: { ...ran(2), completed: base + 3000 } }
  },
  {
    description: 'a step from the cache',
    events: [
      ['one', { from: 1, cached: true }],
      ['one', { from: 1, to: 1.1, cached: true }]
    ],
    expected: { one: cached }
  },
  { description: 'a cache load that goes on', events: [['one', { from: 1, cached: true }]], expected: { one: untouched } },
  {
    description: 'cached stays when its layer is pulled later',
    events: [
      ['one', { from: 1, to: 1.1, cached: true }],
      ['one', { from: 2, pulling: true }],
      ['one', { from: 2, to: 5, pulling: true }]
    ],
    expected: { one: cached }
  },
  {
    description: 'a layer that is pulled after its step ran',
    events: [
      ['one', { from: 1, to: 2 }],
      ['one', { from: 2, to: 5, pulling: true }]
    ],
    expected: { one: ran(1) }
  },
  {
    description: 'pulling that was stopped is no error of the step',
    events: [
      ['one', { from: 1, to: 1.1, cached: true }],
      ['one', { from: 2, to: 5, pulling: true, error: 'context canceled' }]
    ],
    expected: { one: { ...cached, error: undefined } }
  },
  {
    description: 'everything below a cached step',
    events: [['end', { from: 1, to: 1.1, cached: true }]],
    expected: { one: cached, two: cached, other: cached, image: cached, workdir: untouched }
  },
  {
    description: 'everything below a step that ran',
    events: [['two', { from: 1, to: 2 }]],
    expected: { one: cached, image: cached, two: ran(1), other: untouched }
  },
  {
    description: 'everything below a step that works',
    events: [['two', { from: 1 }], log('two')],
    expected: { one: cached, two: { ran: true, done: false } }
  },
  {
    description: "BuildKit's guess that a running step was cached, made when something on it fails at once",
    events: [
      ['two', { from: 1 }],
      ['two', { from: 2, to: 2, cached: true }],
      ['other', { from: 2, to: 2, cached: true }],
      ['end', { from: 2, to: 2.0001, error: 'failed to calculate checksum of ref x: "/a": not found' }],
      ['two', { from: 1, to: 3, error: stopped }]
    ],
    expected: {
      two: { cached: false, ran: true, done: false, canceled: true },
      other: untouched,
      end: { done: false, canceled: false },
      one: cached
    }
  },
  {
    description: 'a failed cache load, run afterwards',
    events: [
      ['one', { from: 1, cached: true }],
      ['one', { from: 1, to: 2, cached: true, error: 'blob not found' }],
      ['one', { from: 3, to: 5 }]
    ],
    expected: { one: { ...ran(2), error: undefined } }
  },
  {
    description: 'a failed cache load, run afterwards in vain',
    events: [
      ['one', { from: 1, to: 2, cached: true, error: 'blob not found' }],
      ['one', { from: 3, to: 5, error: 'exit code: 1' }]
    ],
    expected: { one: { cached: false, ran: true, done: false, error: 'exit code: 1', canceled: false, seconds: 2 } }
  },
  {
    description: 'a step that was withdrawn before it began',
    events: [['one', { from: 1, to: 1.000003, error: 'context canceled: context canceled' }]],
    expected: { one: { ...untouched, canceled: true } }
  },
  {
    description: 'a cached step whose content a busy machine was long about looking at, for nothing',
    events: [
      ['one', { from: 1, to: 1.1, cached: true }],
      ['one', { from: 1.2, to: 1.4, error: 'failed to calculate checksum of ref abc::def: context canceled: context canceled' }]
    ],
    expected: { one: { cached: true, ran: false, done: true, seconds: 0 } }
  },
  {
    description: 'a step that was withdrawn, then not needed',
    events: [
      ['one', { from: 1, to: 1.000003, error: 'context canceled: context canceled' }],
      ['two', { from: 2, to: 3 }]
    ],
    expected: { one: cached }
  },
  {
    description: 'a step run twice, overlapping',
    events: [
      ['one', { from: 1, to: 3 }],
      ['one', { from: 2, to: 4 }],
      ['one', { from: 6, to: 7 }]
    ],
    expected: { one: ran(4) }
  },
  {
    description: 'an image or a WORKDIR on scratch whose cache key was computed',
    events: [['workdir', { from: 1, to: 1.5 }]],
    expected: { workdir: { cached: false, ran: false, done: false } }
  },
  {
    description: 'a WORKDIR on scratch that ran',
    events: [
      ['workdir', { from: 1, to: 1.5 }],
      ['workdir', { from: 2 }],
      ['workdir', { from: 2, to: 3 }]
    ],
    expected: { workdir: ran(1.5) }
  },
  {
    description: 'an image that is pulled after what stands on it was found in a cache',
    events: [
      ['image', { from: 1, to: 1.5 }],
      ['one', { from: 2, cached: true }],
      ['image', { from: 3, to: 4 }],
      ['one', { from: 2, to: 5, cached: true }]
    ],
    expected: { image: { cached: true, ran: false, done: true } }
  },
  {
    description: 'a step that another build ran before',
    events: [['one', { from: -1, to: 2 }], log('one')],
    expected: { one: { ...ran(3), ranElsewhere: true } }
  }
])('$description', ({ events, expected }) => {
  const statuses = events.map(event => ('0' in event ? { vertexes: [say(event[0], event[1])] } : event))
  const table = tableOf([announced, ...statuses])
  for (const [digest, fields] of Object.entries(expected)) {
    const vertex = table.vertices.get(digest)
    const values = Object.fromEntries(Object.keys(fields).map(key => [key, vertex?.[key as keyof typeof vertex]]))
    expect({ digest, ...values }).toEqual({ digest, ...fields })
  }
})

test('a vertex announced after what is made from it', () => {
  const table = tableOf([{ vertexes: [say('two', { from: 1, to: 2 })] }, { vertexes: [say('one')] }])
  expect(table.vertices.get('one')).toMatchObject(cached)
})

test.each([
  ['failing/failed', 'RUN for i in'],
  ['missing-file/failed', 'COPY --from=quick /nowhere'],
  ['lost-layer/imported-edited', 'COPY src ./src'],
  ['cancelled/interrupted', undefined],
  ['web/import-absent', undefined],
  ['web/cold', undefined]
])('the vertex that %s failed of', (recording, command) => {
  const failure = firstFailure(tableOf(statusesOf(recording)))
  expect(failure?.name.replace(/^\[[^\]]*\] /, '').slice(0, command?.length)).toBe(command)
})

test('an import that failed is told, and no failure', () => {
  const vertices = [...tableOf(statusesOf('web/import-absent')).vertices.values()]
  expect(vertices.find(({ name }) => name.startsWith('importing cache manifest'))?.error).toMatch(/not found/)
})

test.each(recordings.filter(name => /\/(hit|imported|one|import-absent|early-during|early-after|base-after)$/.test(name)))(
  '%s ran no step',
  recording => {
    expect(stepsRunHere(tableOf(statusesOf(recording)))).toEqual([])
  }
)

test('the order of events of different vertices makes no difference to what ran', () => {
  for (const recording of recordings) {
    const statuses = statusesOf(recording)
    const merged = tableOf([
      { vertexes: statuses.flatMap(({ vertexes = [] }) => vertexes), logs: statuses.flatMap(({ logs = [] }) => logs) }
    ])
    const apart = tableOf(statuses)
    for (const [digest, { ran, done, seconds }] of apart.vertices)
      expect({ digest, ...merged.vertices.get(digest) }).toMatchObject({ digest, ran, done, seconds })
  }
})

test('ten thousand vertices and a hundred megabytes of output stay small and fast', () => {
  const table = newVertexTable()
  const count = 10_000
  const chunk = Buffer.alloc(10_000, 'x').toString('base64')
  applyStatus(table, {
    vertexes: Array.from({ length: count }, (_, i) => ({
      digest: `v${i}`,
      name: `[s ${i + 1}/${count}] RUN x`,
      inputs: i ? [`v${i - 1}`] : []
    }))
  })
  const before = process.memoryUsage().heapUsed
  const started = performance.now()
  for (let i = 1; i < count; i++) {
    const event = { digest: `v${i}`, inputs: [`v${i - 1}`], started: at(1) }
    applyStatus(table, { vertexes: [event] })
    applyStatus(table, { logs: [{ vertex: `v${i}`, stream: 1, data: chunk }] })
    applyStatus(table, { vertexes: [{ ...event, completed: at(2) }] })
  }
  expect(performance.now() - started).toBeLessThan(60_000)
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(90_000_000)
  expect(table.doneCount).toBe(count)
})

test('the layers of an image are pushed to a name once its manifest is next', () => {
  const table = newVertexTable()
  const says = (id: string) => {
    applyStatus(table, { statuses: [{ id, vertex: 'export', name: id, timestamp: at(1), started: at(1) }] })
    return [...table.pushed]
  }
  applyStatus(table, { vertexes: [{ digest: 'export', name: 'exporting to image', started: at(0) }] })
  expect(says('pushing layers')).toEqual([])
  expect(says(`pushing manifest for localhost:5000/acme/app:1@sha256:${'a'.repeat(64)}`)).toEqual(['localhost:5000/acme/app:1'])
  // By digest alone.
  expect(says('pushing manifest for docker.io/acme/app')).toEqual(['localhost:5000/acme/app:1', 'docker.io/acme/app'])
})

test('the layers of a cache are written once its config is next', () => {
  const statuses = statusesOf('web/cold')
  const whole = statuses.findIndex(({ statuses: said }) => said?.some(({ id }) => id.startsWith('writing config')))
  expect([tableOf(statuses.slice(0, whole)).layersWritten, tableOf(statuses.slice(0, whole + 1)).layersWritten]).toEqual([
    false,
    true
  ])
  const later = statuses.slice(whole).flatMap(({ statuses: said = [] }) => said.map(({ id, completed }) => ({ id, completed })))
  expect(later.filter(({ id, completed }) => id.startsWith('writing layer') && completed === undefined)).toEqual([])
})
