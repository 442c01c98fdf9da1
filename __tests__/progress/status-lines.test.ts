import { parseProgressLine } from '../../src/progress/status-lines'
import { linesOf, recordings } from './recordings'

const vertex = { digest: 'sha256:a', name: '[internal] load' }

test.each([
  { description: 'vertexes', line: JSON.stringify({ vertexes: [vertex] }), kind: 'status' },
  { description: 'nothing at all: every key is optional', line: '{}', kind: 'status' },
  { description: 'statuses', line: '{"statuses":[{"id":"extracting","vertex":"sha256:a","current":0}]}', kind: 'status' },
  { description: 'logs', line: '{"logs":[{"vertex":"sha256:a","stream":1,"data":"YQ=="}]}', kind: 'status' },
  { description: 'warnings', line: '{"warnings":[{"vertex":"sha256:a","short":"YQ=="}]}', kind: 'status' },
  { description: 'an empty line', line: '', kind: 'text' },
  { description: 'a warning', line: 'time="…" level=warning msg="local cache import at X not found"', kind: 'text' },
  { description: 'the final error', line: 'ERROR: failed to build: failed to solve: {"vertexes":[]}', kind: 'text' },
  { description: 'half a line of JSON', line: '{"vertexes":[', kind: 'text' },
  { description: 'JSON of something else', line: '{"level":"warning"}', kind: 'text' },
  { description: 'a key of Object.prototype', line: '{"constructor":[]}', kind: 'text' },
  { description: 'a list of something else', line: '{"vertexes":[1]}', kind: 'text' },
  { description: 'a vertex without a digest', line: '{"vertexes":[{"name":"x"}]}', kind: 'text' },
  { description: 'no list', line: '{"logs":{"vertex":"a"}}', kind: 'text' },
  { description: 'a JSON array', line: '[{"digest":"sha256:a"}]', kind: 'text' },
  { description: 'the Dockerfile quoted in an error', line: '{ echo one; echo two; }', kind: 'text' }
])('$description is a $kind', ({ line, kind }) => {
  const parsed = parseProgressLine(line)
  expect(parsed.kind).toBe(kind)
  expect(parsed.kind === 'text' ? parsed.text : JSON.stringify(parsed.status)).toBe(line)
})

test('a log of ten million characters is one line', () => {
  const data = 'YWFh'.repeat(2_500_000)
  const parsed = parseProgressLine(JSON.stringify({ logs: [{ vertex: 'sha256:a', data }] }))
  expect(parsed.kind === 'status' && parsed.status.logs?.[0]?.data).toBe(data)
})

test('recorded streams are statuses, and text only after them', () => {
  for (const recording of recordings) {
    const kinds = linesOf(recording).map(({ kind }) => kind)
    expect(kinds.slice(0, kinds.lastIndexOf('status') + 1).every(kind => kind === 'status')).toBe(true)
    expect(kinds.includes('text')).toBe(/failed|interrupted|lost-layer\/imported/.test(recording))
  }
})
