import { parseHandover, renderHandover } from '../src/handover'
import type { Handover } from '../src/handover'

const given: readonly Handover[] = [
  { version: 1 },
  { version: 1, builder: 'stage-cache-1' },
  { version: 1, localCache: { directory: '/tmp/.buildx-cache', key: 'k#1' } },
  { version: 1, builder: 'b', localCache: { directory: '/d', key: 'k' } }
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
  '{"version":1,"localCache":null}'
]

test.each(odd)('nothing: %s', text => {
  expect(parseHandover(text)).toBeUndefined()
})
