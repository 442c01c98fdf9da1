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
${seconds === undefined ? '' : `setTimeout(() => { say({ completed: '2026-11-20T12:00:01Z' }); setTimeout(() => process.exit(0), 600) }, ${seconds * 1000})`}
`

test.each([
  ['an import that hangs is stopped', undefined, { importTimedOut: true, exitCode: 130, timedOut: false, stopped: false }],
  ['one that ends in time is not, however long the build goes on', 0.1, { importTimedOut: false, exitCode: 0 }]
])('%s', async (_, seconds, expected) => {
  host = await newTestHost({ docker: importing(seconds) })
  const run = await runBuild(host, watchCancellation(host), { argv: [], env: {} }, { live: false, importSeconds: 0.5 })
  expect(run).toMatchObject(expected)
})
