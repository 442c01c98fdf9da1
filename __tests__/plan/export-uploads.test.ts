import { planExports } from '../../src/plan/exports'
import type { ExportFacts } from '../../src/plan/exports'
import { diamond, planOf } from '../helpers/plans'

const all = ['base', 'deps', 'tools', 'final']

const nothingElse: Omit<ExportFacts, 'ran' | 'phase'> = {
  hit: new Set(),
  unsaved: new Set(),
  renewed: new Set(),
  stale: new Set(),
  found: [],
  due: new Set(),
  lookedUp: [],
  light: new Set(),
  pushedTo: new Set()
}

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
  const hit = new Set(all.filter(name => !ran.includes(name)))
  const { exports } = planExports(plan, { ...nothingElse, ran: new Set(ran), hit, phase: 'running' })
  expect(exports.map(({ stage, uploads }) => `${stage}: ${uploads.join(' ')}`)).toEqual(expected)
})

test("what adds little may be copied by two exports to GitHub's cache at once", () => {
  const plan = planOf(diamond, { backends: ['registry', 'gha'] })
  const ran = new Set(['tools', 'final'])
  const { exports } = planExports(plan, { ...nothingElse, ran, phase: 'running', light: new Set(['tools']) })
  expect(exports.map(({ stage, ref, uploads }) => [stage, ref.backend, ...uploads])).toEqual([
    ['tools', 'registry', 'tools'],
    ['tools', 'gha'],
    ['final', 'registry', 'tools', 'final'],
    ['final', 'gha', 'final']
  ])
})

test('an image under a stage without steps may be lacking as well', () => {
  const plan = planOf('FROM busybox AS bare\nFROM bare AS a\nRUN 1\nFROM bare AS b\nRUN 2\nCOPY --from=a / /\n')
  const { exports } = planExports(plan, { ...nothingElse, ran: new Set(['a', 'b']), phase: 'running' })
  expect(exports.map(({ uploads }) => uploads)).toEqual([
    ['image busybox', 'a'],
    ['image busybox', 'a', 'b']
  ])
})

test('what only the cache holds is exported alone', () => {
  const plan = planOf(
    'FROM busybox AS a\nRUN 1\nFROM busybox AS b\nRUN 2\nFROM busybox AS c\nRUN 3\nCOPY --from=a / /\nCOPY --from=b / /\n'
  )
  const facts = { ...nothingElse, hit: new Set(['b', 'a']), unsaved: new Set(['a']), stale: new Set(['b']) }
  const { exports } = planExports(plan, { ...facts, ran: new Set(['c']), phase: 'succeeded' })
  expect(exports.map(({ stage, cause, alone }) => [stage, cause, alone])).toEqual([
    ['a', 'unsaved', true],
    ['b', 'stale', true],
    ['c', 'ran', false]
  ])
})
