import { parseHandover, renderHandover } from '../src/handover'
import type { Handover, LeftExports } from '../src/handover'

const left: LeftExports = {
  builder: 'b',
  driver: 'docker-container',
  imported: { backend: 'gha', ref: 'cache-x' },
  succeeded: false,
  ran: ['base'],
  hit: [],
  stale: [],
  exports: [{ stage: 'base', backend: 'gha' }]
}

const given: readonly Handover[] = [
  { version: 1 },
  { version: 1, builder: 'stage-cache-1' },
  { version: 1, localCache: { directory: '/tmp/.buildx-cache', key: 'k#1' } },
  { version: 1, builder: 'b', localCache: { directory: '/d', key: 'k' } },
  { version: 1, left }
]

test.each(given)('what main leaves is what post finds: %j', handover => {
  expect(parseHandover(renderHandover(handover))).toEqual(handover)
})

// State can be written by any step of the job: what is not of this shape is not acted on.
const odd = [
  '',
  '{',
  'null',
  '[]',
  '5',
  '{}',
  '{"version":2,"builder":"b"}',
  '{"version":1,"builder":5}',
  '{"version":1,"localCache":"/d"}',
  '{"version":1,"localCache":{"directory":"/d"}}',
  '{"version":1,"localCache":null}',
  ...[{ builder: 5 }, { ran: 'base' }, { hit: [1] }, { succeeded: 'yes' }, { exports: [null] }, { imported: {} }].map(wrong =>
    JSON.stringify({ version: 1, left: { ...left, ...wrong } })
  )
]

test.each(odd)('nothing: %s', text => {
  expect(parseHandover(text)).toBeUndefined()
})
