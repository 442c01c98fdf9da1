import { evictedStages, servedView, timeSaved } from '../../src/explain/served-content'
import type { ServedFacts } from '../../src/explain/served-content'
import { recordStages } from '../../src/explain/recorded-stages'
import type { StageResult } from '../../src/explain/stage-result'
import type { FoundRef } from '../../src/plan/coverage'
import { viewOf } from '../fingerprint/builds'
import { main, onBranch, own, planOf, refOf } from '../helpers/plans'

const dockerfile = 'FROM scratch AS base\nCOPY os /\nRUN setup\nFROM base AS app\nRUN build\n'
const build = { dockerfile, files: { os: '1' } }
const plan = planOf(dockerfile, { scopes: onBranch })
const view = viewOf(build, build)
const found = (stage: string, scope = main, id = `ref of ${stage}`): FoundRef => ({
  ref: refOf(plan, stage, 'registry', scope),
  id
})
const app = found('app')
const facts: ServedFacts = {
  plan,
  found: [app],
  imported: [app],
  failedImports: new Set(),
  stale: [],
  views: new Map([[main, view]]),
  lookedUp: ['registry']
}
const stage = (name: string) => {
  const planned = plan.stages.find(candidate => candidate.stage.name === name)
  if (!planned) throw new Error(name)
  return planned.stage
}

test('a record counts for the very ref that is read', () => {
  expect(servedView(stage('app'), facts)).toBe(view)
  expect(servedView(stage('app'), { ...facts, imported: [found('app', main, 'another')] })).toBeUndefined()
  expect(servedView(stage('app'), { ...facts, failedImports: new Set([app.ref]) })).toBeUndefined()
  expect(servedView(stage('base'), facts)).toBeUndefined()
})

test('a stage is evicted where the record names a ref that is not there', () => {
  expect([...evictedStages(facts)]).toEqual(['base'])
  expect([...evictedStages({ ...facts, lookedUp: [] })]).toEqual([])
  // Saved in another repository: gone from there or not, nothing was ever saved here.
  const moved = planOf(dockerfile, { scopes: onBranch, repository: 'ghcr.io/acme/moved' })
  expect([...evictedStages({ ...facts, plan: moved, found: [] })]).toEqual([])
})

const steps = (statuses: readonly StageResult['steps'][number]['status'][], lines: readonly number[]) =>
  statuses.map((status, at) => ({ number: at + 1, command: '', line: lines[at] ?? 0, status, seconds: status === 'ran' ? 7 : 0 }))
const resultOf = (name: string, index: number, made: StageResult['steps'], status: StageResult['status']): StageResult => ({
  name,
  index,
  platform: 'linux/amd64',
  status,
  steps: made,
  cached: made.filter(step => step.status === 'cached').length,
  seconds: 0,
  reason: null,
  refs: []
})

test('time saved is what the cached steps took, as far as that is known', () => {
  const result = resultOf('base', 0, steps(['cached', 'ran'], [2, 3]), 'partial')
  expect(timeSaved(stage('base'), result, facts)).toEqual({ seconds: 1, unknownSteps: 0 })
  expect(timeSaved(stage('base'), result, { ...facts, views: new Map() })).toBeUndefined()
  const edited = viewOf({ ...build, dockerfile: dockerfile.replace('setup', 'other') }, build)
  const hit = resultOf('base', 0, steps(['cached', 'cached'], [2, 3]), 'hit')
  expect(timeSaved(stage('base'), hit, { ...facts, views: new Map([[main, edited]]) })).toEqual({ seconds: 1, unknownSteps: 1 })
})

describe('what is recorded', () => {
  const results = [
    resultOf('base', 0, steps(['cached', 'cached'], [2, 3]), 'hit'),
    resultOf('app', 1, steps(['ran'], [5]), 'miss')
  ]
  const empty = { ...view, record: { ...view.record, stages: {}, trees: {} } }
  const written = new Map([[refOf(plan, 'app', 'registry', own), { id: 'new', at: 'now' }]])
  const none = { plan, results, written, served: [], view: empty, secondsBefore: () => [1, 2] }

  test('stages that a ref of this scope holds now: their own, or the target’s', () => {
    const record = recordStages(none)
    expect(record?.stages['app']?.['linux/amd64']).toMatchObject({ saved: { registry: { id: 'new', at: 'now' } }, seconds: [7] })
    expect(record?.stages['base']?.['linux/amd64']).toMatchObject({ saved: { registry: { id: 'new' } }, seconds: [1, 2] })
    expect(Object.keys(record?.trees ?? {})).toHaveLength(1)
  })

  test('nothing where nothing was saved, or nothing is new', () => {
    expect(recordStages({ ...none, written: new Map() })).toBeUndefined()
    const record = recordStages(none)
    if (!record) throw new Error('no record')
    expect(recordStages({ ...none, view: { ...view, record } })).toBeUndefined()
  })

  test('not a stage that failed', () => {
    const failed = [results[0], resultOf('app', 1, steps(['failed'], [5]), 'failed')].flatMap(result => result ?? [])
    const baseOnly = new Map([[refOf(plan, 'base', 'registry', own), { id: 'b', at: 'now' }]])
    expect(Object.keys(recordStages({ ...none, results: failed, written: baseOnly })?.stages ?? {})).toEqual(['base'])
  })
})
