import { parseHandover, renderHandover } from '../src/handover'
import type { Handover, LeftExports, LeftMounts, LocalSave } from '../src/handover'

const left: LeftExports = {
  builder: 'b',
  driver: 'docker-container',
  imported: { backend: 'gha', ref: 'cache-x' },
  succeeded: false,
  ran: ['base'],
  hit: [],
  unsaved: [],
  renewed: [],
  stale: [],
  exports: [{ stage: 'base', backend: 'gha' }]
}

const localCache: LocalSave = {
  directory: '/tmp/.buildx-cache',
  names: ['local-all', 'local-all_BRANCH_dev'],
  gone: ['layers-base#1'],
  stages: [
    { stage: 'base', entries: 'layers-base', written: 'cache-base' },
    { stage: 'deps', entries: 'layers-deps' }
  ]
}

const leftMounts: LeftMounts = { builder: 'b', mounts: [{ name: 'mount-m1', digest: '' }] }

const given: readonly Handover[] = [
  { version: 1 },
  { version: 1, builder: 'stage-cache-1' },
  { version: 1, localCache },
  { version: 1, builder: 'b', localCache: { ...localCache, gone: [] } },
  { version: 1, builder: 'b', current: { name: 'b', former: 'default' } },
  { version: 1, builder: 'b', context: 'b' },
  { version: 1, buildx: { key: 'k', directory: '/d', path: '/p' } },
  { version: 1, left },
  { version: 1, leftMounts }
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
  '{"version":1,"current":{"name":"b"}}',
  '{"version":1,"buildx":{"key":"k","directory":5,"path":"/p"}}',
  '{"version":1,"localCache":"/d"}',
  '{"version":1,"localCache":{"directory":"/d"}}',
  '{"version":1,"localCache":null}',
  ...[{ names: 'a' }, { gone: [1] }, { stages: [null] }, { stages: [{ stage: 'base', entries: 'e', written: 1 }] }].map(wrong =>
    JSON.stringify({ version: 1, localCache: { ...localCache, ...wrong } })
  ),
  ...[{ builder: 5 }, { ran: 'base' }, { hit: [1] }, { succeeded: 'yes' }, { exports: [null] }, { imported: {} }].map(wrong =>
    JSON.stringify({ version: 1, left: { ...left, ...wrong } })
  ),
  ...[{ builder: 5 }, { mounts: 'a' }, { mounts: [null] }, { mounts: [{ name: 'm' }] }].map(wrong =>
    JSON.stringify({ version: 1, leftMounts: { ...leftMounts, ...wrong } })
  )
]

test.each(odd)('nothing: %s', text => {
  expect(parseHandover(text)).toBeUndefined()
})
