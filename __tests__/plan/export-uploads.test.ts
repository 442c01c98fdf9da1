import { planExports } from '../../src/plan/exports'
import { diamond, planOf } from '../helpers/plans'

const all = ['base', 'deps', 'tools', 'final']

test.each([
  { ran: ['final'], expected: ['final: final'] },
  { ran: ['tools', 'final'], expected: ['tools: tools', 'final: tools final'] },
  {
    ran: all,
    expected: [
      'base: base image busybox',
      'deps: base image busybox deps',
      'tools: base image busybox tools',
      'final: base image busybox deps tools final'
    ]
  }
])('what the backend may lack: $expected', ({ ran, expected }) => {
  const plan = planOf(diamond.replace('FROM scratch', 'FROM busybox'))
  const { exports } = planExports(plan, {
    ran: new Set(ran),
    hit: new Set(all.filter(name => !ran.includes(name))),
    unsaved: new Set(),
    renewed: new Set(),
    stale: new Set(),
    phase: 'running',
    found: [],
    due: new Set(),
    lookedUp: ['registry'],
    light: new Set(),
    pushedTo: new Set()
  })
  expect(exports.map(({ stage, uploads }) => `${stage}: ${uploads.join(' ')}`)).toEqual(expected)
})

test("what adds little may be copied by two exports to GitHub's cache at once", () => {
  const plan = planOf(diamond, { backends: ['registry', 'gha'] })
  const { exports } = planExports(plan, {
    ran: new Set(['tools', 'final']),
    hit: new Set(['base', 'deps']),
    unsaved: new Set(),
    renewed: new Set(),
    stale: new Set(),
    phase: 'running',
    found: [],
    due: new Set(),
    lookedUp: [],
    light: new Set(['tools']),
    pushedTo: new Set()
  })
  expect(exports.map(({ stage, ref, uploads }) => [stage, ref.backend, ...uploads])).toEqual([
    ['tools', 'registry', 'tools'],
    ['tools', 'gha'],
    ['final', 'registry', 'tools', 'final'],
    ['final', 'gha', 'final']
  ])
})

test('an image under a stage without steps may be lacking as well', () => {
  const plan = planOf('FROM busybox AS bare\nFROM bare AS a\nRUN 1\nFROM bare AS b\nRUN 2\nCOPY --from=a / /\n')
  const facts = {
    hit: new Set<string>(),
    unsaved: new Set<string>(),
    renewed: new Set<string>(),
    stale: new Set<string>(),
    found: [],
    due: new Set<never>(),
    lookedUp: [],
    light: new Set<string>(),
    pushedTo: new Set<string>()
  }
  const { exports } = planExports(plan, { ...facts, ran: new Set(['a', 'b']), phase: 'running' })
  expect(exports.map(({ uploads }) => uploads)).toEqual([
    ['image busybox', 'a'],
    ['image busybox', 'a', 'b']
  ])
})

test('what only the cache holds is exported alone', () => {
  const plan = planOf(
    'FROM busybox AS a\nRUN 1\nFROM busybox AS b\nRUN 2\nFROM busybox AS c\nRUN 3\nCOPY --from=a / /\nCOPY --from=b / /\n'
  )
  const facts = {
    hit: new Set(['b', 'a']),
    unsaved: new Set(['a']),
    renewed: new Set<string>(),
    stale: new Set(['b']),
    found: [],
    due: new Set<never>(),
    lookedUp: [],
    light: new Set<string>(),
    pushedTo: new Set<string>()
  }
  const { exports } = planExports(plan, { ...facts, ran: new Set(['c']), phase: 'succeeded' })
  expect(exports.map(({ stage, cause, alone }) => [stage, cause, alone])).toEqual([
    ['a', 'unsaved', true],
    ['b', 'stale', true],
    ['c', 'ran', false]
  ])
})
