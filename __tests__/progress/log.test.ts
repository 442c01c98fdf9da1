import { readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { renderFailed } from '../../src/progress/failed-vertex'
import { finishLog, newPlainLog, render, renderText } from '../../src/progress/log'
import type { PlainLog } from '../../src/progress/log'
import type { SolveStatus, VertexEvent } from '../../src/progress/solve-status'
import { goldenPath, linesOf, recordings, statusesOf } from './recordings'

const at = (seconds: number) => new Date(Date.parse('2026-01-01T00:00:00Z') + seconds * 1000).toISOString()
const base64 = (text: string) => Buffer.from(text).toString('base64')

function event(digest: string, from?: number, to?: number, more: Partial<VertexEvent> = {}): SolveStatus {
  const times = { ...(from === undefined ? {} : { started: at(from) }), ...(to === undefined ? {} : { completed: at(to) }) }
  return { vertexes: [{ digest, name: `[s 1/1] RUN ${digest}`, inputs: ['below'], ...times, ...more }] }
}

function log(vertex: string, time: number, text: string, stream = 1): SolveStatus {
  return { logs: [{ vertex, stream, data: base64(text), timestamp: at(time) }] }
}

function finished(state: PlainLog): readonly string[] {
  const { lines, failed } = finishLog(state)
  return [...lines, ...failed.flatMap(vertex => renderFailed(vertex))]
}

function printed(statuses: readonly SolveStatus[]): string[] {
  const state = newPlainLog()
  return [...statuses.flatMap(status => render(state, status)), ...finished(state)]
}

test.each<{ description: string; statuses: SolveStatus[]; lines: string[] }>([
  { description: 'nothing', statuses: [{}, event('a')], lines: [] },
  {
    description: 'a step with output',
    statuses: [event('a', 1), log('a', 1.5, 'one\ntw'), log('a', 13, 'o\n'), log('a', 121, 'three'), event('a', 1, 122)],
    lines: ['#1 [s 1/1] RUN a', '#1 0.500 one', '#1 12.00 two', '#1 121.0 three', '#1 DONE 121.0s']
  },
  { description: 'a cached step', statuses: [event('a', 1, 1, { cached: true })], lines: ['#1 [s 1/1] RUN a', '#1 CACHED'] },
  {
    description: 'a step that was stopped',
    statuses: [event('a', 1), event('a', 1, 2, { error: 'exit code: 137: context canceled' })],
    lines: ['#1 [s 1/1] RUN a', '#1 CANCELED']
  },
  {
    description: 'a step that failed, with the end of its output once more',
    statuses: [
      event('a', 1),
      log('a', 2, Array.from({ length: 12 }, (_, i) => `line ${i}\n`).join('')),
      event('a', 1, 2, { error: 'exit code: 1\n::stop' })
    ],
    lines: [
      '#1 [s 1/1] RUN a',
      ...Array.from({ length: 12 }, (_, i) => `#1 1.000 line ${i}`),
      '#1 ERROR: exit code: 1',
      '#1 : :stop',
      '------',
      ' > [s 1/1] RUN a:',
      ...Array.from({ length: 10 }, (_, i) => `1.000 line ${i + 2}`),
      '------'
    ]
  },
  {
    description: 'one step ends while another goes on',
    statuses: [event('a', 1), log('a', 2, 'from a\n'), event('b', 1), event('b', 1, 3), log('a', 4, 'more\n'), event('a', 1, 5)],
    lines: [
      '#1 [s 1/1] RUN a',
      '#1 1.000 from a',
      '#1 ...',
      '',
      '#2 [s 1/1] RUN b',
      '#2 DONE 2.0s',
      '',
      '#1 [s 1/1] RUN a',
      '#1 3.000 more',
      '#1 DONE 4.0s'
    ]
  },
  {
    description: 'output of another step waits for its turn',
    statuses: [
      event('a', 1),
      log('a', 2, 'a\n'),
      event('b', 1),
      log('b', 2, 'b\n'),
      log('a', 2.1, 'a\n'),
      log('b', 2.2, 'b\n'),
      event('a', 1, 3),
      event('b', 1, 4)
    ],
    lines: [
      '#1 [s 1/1] RUN a',
      '#1 1.000 a',
      '#1 1.100 a',
      '#1 DONE 2.0s',
      '',
      '#2 [s 1/1] RUN b',
      '#2 1.000 b',
      '#2 1.200 b',
      '#2 DONE 3.0s'
    ]
  },
  {
    description: 'a step that is quiet is shown once time has passed',
    statuses: [event('a', 1), { logs: [{ vertex: 'none', data: '', timestamp: at(2) }] }],
    lines: ['#1 [s 1/1] RUN a']
  },
  {
    description: 'stdout and stderr do not mix within a line',
    statuses: [event('a', 1), log('a', 1, 'out'), log('a', 1, 'err\n', 2), log('a', 1, ' more\n'), event('a', 1, 2)],
    lines: ['#1 [s 1/1] RUN a', '#1 0.000 err', '#1 0.000 out more', '#1 DONE 1.0s']
  },
  {
    description: 'an image is announced as completed before it is pulled',
    statuses: [
      event('image', 1, 1, { inputs: [] }),
      event('image', 1.01, undefined, { inputs: [] }),
      { statuses: [{ id: 'sha256:ab', vertex: 'image', current: 1, total: 100, timestamp: at(1.02), started: at(1.01) }] },
      {
        statuses: [
          { id: 'sha256:ab', vertex: 'image', current: 1_500_000, total: 3_000_000, timestamp: at(3), started: at(1.01) }
        ]
      },
      {
        statuses: [
          { id: 'sha256:ab', vertex: 'image', current: 1_500_001, total: 3_000_000, timestamp: at(3.5), started: at(1.01) }
        ]
      },
      {
        statuses: [
          {
            id: 'sha256:ab',
            vertex: 'image',
            current: 3_000_000,
            total: 3_000_000,
            timestamp: at(4),
            started: at(1.01),
            completed: at(4)
          }
        ]
      },
      event('image', 1.01, 4, { inputs: [] })
    ],
    lines: ['#1 [s 1/1] RUN image', '#1 sha256:ab 1.50MB / 3.00MB 2.0s', '#1 sha256:ab 3.00MB / 3.00MB 3.0s done', '#1 DONE 3.0s']
  },
  {
    description: 'a COPY --link is one thing, told when it merges',
    statuses: [
      event('merge', undefined, undefined, { progressGroup: { id: 'g', name: '[s 2/2] COPY --link a b' } }),
      event('copy', 1, 2, {
        name: '[s 2/2] COPY --link a b',
        progressGroup: { id: 'g', name: '[s 2/2] COPY --link a b', weak: true }
      }),
      event('merge', 2, 3, { name: '[s 2/2] LINK COPY --link a b', progressGroup: { id: 'g', name: '[s 2/2] COPY --link a b' } })
    ],
    lines: ['#1 [s 2/2] COPY --link a b', '#1 DONE 2.0s']
  },
  {
    description: 'a COPY --link on scratch has nothing to merge with',
    statuses: [event('copy', 1, 2, { progressGroup: { id: 'g', name: '[s 1/1] COPY --link a b', weak: true } })],
    lines: ['#1 [s 1/1] COPY --link a b', '#1 DONE 1.0s']
  },
  {
    description: 'layers of a cached step that are pulled later',
    statuses: [
      event('a', 1, 1.1, { cached: true }),
      event('b', 1, 2),
      event('a', 3, undefined, { inputs: [] }),
      { statuses: [{ id: 'sha256:ab', vertex: 'a', current: 5, total: 5, timestamp: at(4), started: at(3), completed: at(4) }] },
      event('a', 3, 4, { inputs: [] })
    ],
    lines: [
      '#1 [s 1/1] RUN a',
      '#1 CACHED',
      '',
      '#2 [s 1/1] RUN b',
      '#2 DONE 1.0s',
      '',
      '#1 [s 1/1] RUN a',
      '#1 sha256:ab 5B / 5B 1.0s done'
    ]
  },
  {
    description: 'warnings',
    statuses: [event('a', 1), { warnings: [{ vertex: 'a', short: base64('FromAsCasing: casing\n::x') }] }, event('a', 1, 2)],
    lines: ['#1 [s 1/1] RUN a', '#1 WARN: FromAsCasing: casing', '#1 : :x', '#1 DONE 1.0s']
  },
  {
    description: 'a name of several lines',
    statuses: [event('a', 1, 2, { name: '[s 1/1] RUN <<E\n::error::x\r##[y]' })],
    lines: ['#1 [s 1/1] RUN <<E : :error::x # #[y]', '#1 DONE 1.0s']
  }
])('$description', ({ statuses, lines }) => {
  expect(printed(statuses)).toEqual(lines)
})

test('names are changed before they are shown', () => {
  const state = newPlainLog({ rename: name => name.replace('a', '***') })
  expect(render(state, event('a', 1, 2))).toEqual(['#1 [s 1/1] RUN ***', '#1 DONE 1.0s'])
})

test('text lines', () => {
  expect(renderText('::error::x\r::notice::y')).toEqual([': :error::x', ': :notice::y'])
})

test('whatever a build says, every line begins with its number, or repeats the end of what failed', () => {
  const text = fc
    .array(
      fc.oneof(
        fc.constantFrom('::', '##[error]', '::error::x', '\n', '\r', '\u2028', '\u0085', ' ', '\ufeff'),
        fc.string({ unit: 'binary' })
      )
    )
    .map(parts => parts.join(''))
  const step = fc.record({
    digest: fc.constantFrom('a', 'b', 'c'),
    name: text,
    output: text,
    error: fc.option(text, { nil: undefined }),
    id: text
  })
  fc.assert(
    fc.property(fc.array(step), steps => {
      const lines = printed(
        steps.flatMap(({ digest, name, output, error, id }, i): SolveStatus[] => [
          event(digest, i, undefined, { name }),
          log(digest, i, output),
          {
            statuses: [{ id, vertex: digest, started: at(i), completed: at(i + 0.1), timestamp: at(i) }],
            warnings: [{ vertex: digest, short: base64(output) }]
          },
          event(digest, i, i + 0.5, { name, ...(error === undefined ? {} : { error }) })
        ])
      )
      for (const line of lines) {
        expect(line).toMatch(/^($|#\d+ |------$| > |\d+\.\d+ )/)
        expect(line).not.toMatch(/##\[|[\n\r\v\f\u0085\u2028\u2029]/)
      }
    }),
    { numRuns: 200 }
  )
})

test('nothing that was printed is lost or comes twice', () => {
  for (const recording of recordings) {
    const output = statusesOf(recording)
      .flatMap(({ logs = [] }) => logs.map(({ data }) => Buffer.from(data, 'base64').toString()))
      .filter(text => !text.includes('\r'))
      .flatMap(text => text.split('\n').filter(line => line !== ''))
    const lines = printed(statusesOf(recording)).flatMap(line => /^#\d+ \d+\.\d+ (.*)/.exec(line)?.slice(1) ?? [])
    for (const line of output) expect(lines).toContain(printable(line))
  }
})

const printable = (line: string) => line.replace('##[', '# #[')

test.each(recordings)('%s', recording => {
  const state = newPlainLog()
  const lines = linesOf(recording).flatMap(line => (line.kind === 'status' ? render(state, line.status) : []))
  const text = linesOf(recording).flatMap(line => (line.kind === 'text' ? renderText(line.text) : []))
  const actual = `${[...lines, ...finished(state), ...text].join('\n')}\n`
  if (process.env['UPDATE_GOLDEN']) writeFileSync(goldenPath(recording), actual)
  expect(actual).toBe(readFileSync(goldenPath(recording), 'utf8'))
})

test('a hundred megabytes of output of two steps at once', () => {
  const state = newPlainLog()
  const data = base64('x'.repeat(99).concat('\n').repeat(500))
  render(state, event('a', 0))
  render(state, event('b', 0))
  const started = performance.now()
  const before = process.memoryUsage().heapUsed
  let count = 0
  for (let i = 0; i < 2_000; i++)
    count += render(state, { logs: [{ vertex: i % 2 ? 'a' : 'b', stream: 1, data, timestamp: at(i / 100) }] }).length
  count += finished(state).length
  expect(count).toBeGreaterThan(1_000_000)
  expect(performance.now() - started).toBeLessThan(60_000)
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(60_000_000)
})
