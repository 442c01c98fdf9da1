import { runBuild } from '../../src/run/build'
import { watchCancellation } from '../../src/run/cancellation'
import { newTestHost } from '../helpers/host'
import type { TestHost } from '../helpers/host'

let host: TestHost
afterEach(() => host.remove())

/** A buildx that imports for so many seconds, or for ever, and ends when it is interrupted. */
const importing = (seconds?: number) => `
const say = more => process.stderr.write(JSON.stringify({ vertexes: [{ digest: 'sha256:1', name: 'importing cache manifest from r', started: '2026-11-20T12:00:00Z', ...more }] }) + '\\n')
process.on('SIGINT', () => process.exit(130))
setInterval(() => {}, 1000)
say({})
${seconds === undefined ? '' : `setTimeout(() => { say({ completed: '2026-11-20T12:00:01Z' }); setTimeout(() => process.exit(0), 2200) }, ${seconds * 1000})`}
`

test.each([
  ['an import that hangs is stopped', undefined, { importTimedOut: true, exitCode: 130, timedOut: false, stopped: false }],
  ['one that ends in time is not, however long the build goes on', 0.1, { importTimedOut: false, exitCode: 0 }]
])('%s', async (_, seconds, expected) => {
  host = await newTestHost({ docker: importing(seconds) })
  const run = await runBuild(host, watchCancellation(host), { argv: [], env: {} }, { live: false, importSeconds: 2 })
  expect(run).toMatchObject(expected)
})

test('signatures of URLs are cut from what buildx says, and not from what steps write', async () => {
  const url = 'https://store.example/blob?se=2026&sig=SECRET%3D'
  host = await newTestHost({
    docker: `
const say = status => process.stderr.write(JSON.stringify(status) + '\\n')
const vertex = { digest: 'sha256:1', name: '[1/1] ADD ${url} /', started: '2026-11-20T12:00:00Z' }
say({ vertexes: [vertex] })
say({ logs: [{ vertex: 'sha256:1', stream: 1, data: Buffer.from('printed ${url}\\n').toString('base64'), timestamp: '2026-11-20T12:00:01Z' }] })
say({ vertexes: [{ ...vertex, completed: '2026-11-20T12:00:02Z', error: 'Get "${url}": EOF' }] })
process.stderr.write('ERROR: failed to solve: Get "${url}": EOF\\n', () => process.exit(1))
`
  })
  const run = await runBuild(host, watchCancellation(host), { argv: [], env: {} }, { live: true })
  expect(run.text).toBe('ERROR: failed to solve: Get "https://store.example/blob?…": EOF')
  const shown = host.said.filter(line => line.includes('store.example') && !line.includes('ADD'))
  const whole = shown.filter(line => line.includes('SECRET'))
  expect([whole.length > 0, whole.filter(line => !line.includes(`printed ${url}`))]).toEqual([true, []])
  expect(shown.filter(line => line.includes('blob?…": EOF')).length).toBeGreaterThan(1)
})
