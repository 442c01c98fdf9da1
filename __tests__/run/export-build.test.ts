import { setTimeout as sleep } from 'node:timers/promises'
import { NoAnswer } from '../../src/errors'
import { watchCancellation } from '../../src/run/cancellation'
import { runExport } from '../../src/run/export-build'
import { newTestHost } from '../helpers/host'
import { diamond, planOf, refOf } from '../helpers/plans'
import { inputsWith } from '../inputs/fixture'

const gha = planOf(diamond, { backends: ['gha'] })
const silent = new NoAnswer('no answer within 0.5 s')
const throttled = new Error('results.example answered 429 to CreateCacheEntry: no')

test.each([
  { error: silent, at: 'the end', detail: 'not done within 1 s', timedOut: true },
  { error: silent, at: 'once', detail: 'no answer within 0.5 s', timedOut: false },
  // What the service said is worth more than that time is over.
  { error: throttled, at: 'the end', detail: throttled.message, timedOut: true },
  { error: throttled, at: 'once', detail: throttled.message, timedOut: false }
])('an upload to GitHub’s cache that fails at $at: $error', async ({ error, at, detail, timedOut }) => {
  const host = await newTestHost()
  const outcome = await runExport(host, watchCancellation(host), {
    inputs: inputsWith(),
    builder: 'b',
    stage: 'deps',
    target: 'deps',
    ref: refOf(gha, 'deps', 'gha'),
    importRef: undefined,
    cause: 'ran',
    compression: undefined,
    completedFrom: [],
    ghaUploads: { save: () => sleep(at === 'once' ? 0 : 990).then(() => Promise.reject(error)) },
    announced: Promise.resolve(),
    onLayersWritten: () => undefined,
    timeoutSeconds: 1
  })
  await host.remove()
  expect(outcome).toMatchObject({ exported: 'failed', detail, timedOut })
})
