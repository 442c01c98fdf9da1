import { importWhy, planNotes, scopeWords } from '../../src/report/plan-sentences'
import { diamond, planOf, refOf } from '../helpers/plans'
import type { Scope } from '../../src/plan/scope'

const main: Scope = { kind: 'default' }

test.each<[Scope, string]>([
  [main, 'default branch'],
  [{ kind: 'branch', name: 'feature/x' }, 'branch feature/x'],
  [{ kind: 'pull', number: 7 }, 'pull request 7'],
  [{ kind: 'tag', name: 'v1' }, 'tag v1']
])('scope %j', (scope, expected) => expect(scopeWords(scope)).toBe(expected))

test('notes of a usual plan', () => {
  const plan = { scopes: { write: { kind: 'pull' as const, number: 7 }, read: [{ kind: 'pull' as const, number: 7 }, main] } }
  const backends = { backends: ['registry' as const], reason: 'the image is pushed to a repository', serviceMissing: false }
  expect(planNotes({ plan, backends, userImports: 0, exportsWait: false, notWritten: [] })).toEqual([
    'Cache in the registry: the image is pushed to a repository.',
    'Cache of the pull request 7 is written; read, best first: pull request 7, default branch.'
  ])
})

test('notes of what is unusual; a branch stays on its line', () => {
  const evil: Scope = { kind: 'branch', name: 'x\n::error::y' }
  const notes = planNotes({
    plan: { scopes: { write: evil, read: [evil] } },
    backends: { backends: [], reason: '', serviceMissing: true },
    userImports: 2,
    exportsWait: true,
    notWritten: []
  })
  expect(notes).toEqual([
    'No cache is used: no backend is left.',
    'GitHub’s cache is left out: this job has no cache service.',
    'Stages are saved after the build: only BuildKit 0.32 and later can save one beside it without running steps again.',
    'Input cache-from is read beside the planned ref: BuildKit matches several imports unreliably, so stages may run that did not have to.'
  ])
})

test.each([
  ['nothing is saved at all', { savesNothing: 'cache-write: false' as const }, ['Nothing is saved: cache-write: false.']],
  [
    'one of the backends',
    { notWritten: [{ backend: 'registry' as const, why: 'fork' as const }] },
    ['Nothing is saved in the registry: a pull request from a fork may only read it.']
  ]
])('notes of what is not written: %s', (_, facts, expected) => {
  const backends = { backends: ['registry' as const], reason: 'r', serviceMissing: false }
  const plan = { scopes: { write: main, read: [main] } }
  expect(planNotes({ plan, backends, userImports: 0, exportsWait: false, notWritten: [], ...facts }).slice(1)).toEqual([
    'Cache is read, best first: default branch.',
    ...expected
  ])
})

test.each([
  [undefined, "the target's own, with all stages as they were when it was saved"],
  [{ older: ['deps'], begun: ['app'] }, "the target's own, with all stages as they were when it was saved"],
  [{ older: [], only: ['deps'], begun: ['app', 'app'] }, 'it holds what was saved of deps, app'],
  [{ older: [], only: [], begun: ['app'] }, 'it holds what was saved of app']
])('why a ref is read that holds %j besides', (joined, expected) => {
  const ref = refOf(planOf(diamond), 'final')
  expect(importWhy('final', { ref, ...(joined ? { joined } : {}) })).toBe(expected)
})
