import { renderPlan, type PlanView } from '../../src/report/plan-text'
import { expectGolden } from './golden'

const plan: PlanView = {
  target: 'runtime',
  builder: { name: 'stage-cache-4711', driver: 'docker-container', reason: 'docker names no current builder' },
  imported: { backend: 'registry', ref: 'ghcr.io/acme/app:cache-runtime', why: 'it holds 12 of 14 steps' },
  broughtIn: [{ stage: 'node-deps', backend: 'registry', ref: 'ghcr.io/acme/app:cache-node-deps' }],
  stages: [
    { name: 'base', platform: 'linux/amd64', uncached: 'no-steps', refs: [] },
    {
      name: 'python-deps',
      platform: 'linux/amd64',
      refs: [
        { backend: 'registry', ref: 'ghcr.io/acme/app:cache-python-deps.pr-7', read: true, write: true },
        { backend: 'registry', ref: 'ghcr.io/acme/app:cache-python-deps', read: true, write: false }
      ]
    },
    { name: 'runtime', platform: 'linux/amd64', refs: [{ backend: 'gha', ref: 'app-cache-runtime', read: false, write: false }] }
  ],
  expectations: [
    { stage: 'base', platform: 'linux/amd64', expected: 'hit' },
    { stage: 'python-deps', platform: 'linux/amd64', expected: 'hit' },
    {
      stage: 'node-deps',
      platform: 'linux/amd64',
      expected: 'rebuild',
      reason: { code: 'file-changed', files: [{ path: 'package-lock.json', how: 'changed' }], count: 1 }
    },
    { stage: 'docs', platform: 'linux/amd64', expected: 'unknown' },
    { stage: 'runtime', platform: 'linux/amd64', expected: 'unknown', reason: { code: 'parent-rebuilt', parent: 'node-deps' } }
  ],
  notes: ['Nothing is written: input cache-write is false']
}

test('a plan', () => expectGolden('plan.log.txt', `${renderPlan(plan)}\n`))

test('text of others stays on its line', () => {
  const evil = 'x\n::error::y\u001b[2J'
  const text = renderPlan({ ...plan, target: evil, notes: [evil], stages: [{ name: evil, platform: evil, refs: [] }] })
  expect(text.split('\n')).toHaveLength(12)
  expect(text).not.toContain('\u001b')
})

test('many stages are cut, and counted', () => {
  const stages = Array.from({ length: 150 }, (_, index) => ({ name: `s${index}`, platform: 'linux/amd64', refs: [] }))
  expect(renderPlan({ ...plan, stages })).toContain('… and 50 more')
})
