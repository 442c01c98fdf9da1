import { displayRef, holdingStage } from '../../src/plan/cache-plan'
import { diamond, onBranch, planOf, refOf } from '../helpers/plans'
import type { PlanOptions } from '../helpers/plans'

const cases: readonly {
  description: string
  dockerfile?: string
  options?: PlanOptions
  expected: Readonly<Record<string, string>>
}[] = [
  {
    description: 'every stage has a ref of its own',
    expected: { base: 'cache-base', deps: 'cache-deps', tools: 'cache-tools', final: 'cache-final' }
  },
  {
    description: 'only needed stages are planned',
    options: { inputs: { target: 'deps' } },
    expected: { base: 'cache-base', deps: 'cache-deps' }
  },
  {
    description: 'cache-stages: only these',
    options: { inputs: { 'cache-stages': 'deps' } },
    expected: { base: 'left-out', deps: 'cache-deps', tools: 'left-out', final: 'left-out' }
  },
  {
    description: 'cache-stages: all but these',
    options: { inputs: { 'cache-stages': '!deps' } },
    expected: { base: 'cache-base', deps: 'left-out', tools: 'cache-tools', final: 'cache-final' }
  },
  {
    description: 'a last stage without a name is the target and has a ref',
    dockerfile: 'FROM scratch AS a\nCOPY x /\nFROM a\nRUN y\n',
    expected: { a: 'cache-a', 'stage-1': 'cache-stage-1' }
  },
  {
    description: 'a stage without a name that is not the target cannot be built by itself',
    dockerfile: 'FROM scratch\nCOPY x /\nFROM scratch AS b\nCOPY --from=0 /x /\n',
    expected: { 'stage-0': 'no-target', b: 'cache-b' }
  },
  {
    description: 'a stage without steps has nothing to save',
    dockerfile: 'FROM scratch AS a\nCOPY x /\nFROM a AS b\n',
    expected: { a: 'cache-a', b: 'no-steps' }
  },
  {
    description: 'another platform has refs of its own',
    options: { platforms: ['linux/arm64'], inputs: { target: 'base' } },
    expected: { base: 'cache-base_ON_linux-arm64' }
  },
  {
    description: 'prefix and version',
    options: { inputs: { target: 'base', 'cache-prefix': 'bc-', 'cache-version': '2' } },
    expected: { base: 'bc-base_V_2' }
  },
  {
    description: 'gha and local names tell images apart',
    options: { backends: ['gha', 'local'], inputs: { target: 'base' } },
    expected: { base: 'cache-base_OF_acme__app cache-base_OF_acme__app' }
  }
]

test.each(cases)('$description', ({ dockerfile = diamond, options = {}, expected }) => {
  const { stages } = planOf(dockerfile, options)
  const shown = stages.map(({ stage, uncached, writes }) => [stage.name, uncached ?? writes.map(ref => ref.name).join(' ')])
  expect(Object.fromEntries(shown)).toEqual(expected)
  expect(stages.filter(({ uncached }) => uncached).every(({ reads, writes }) => reads.length + writes.length === 0)).toBe(true)
})

test('refs are read in the order of backends and, in each, of scopes; the own scope is written', () => {
  const plan = planOf(diamond, { backends: ['registry', 'gha', 'local'], scopes: onBranch })
  const stage = plan.stages[0]
  expect(stage?.reads.map(({ backend, scope }) => `${backend} ${scope.kind}`)).toEqual(
    ['registry', 'gha', 'local'].flatMap(backend => [`${backend} branch`, `${backend} default`])
  )
  expect(stage?.writes.map(({ backend, scope, place }) => `${backend} ${scope.kind} ${place}`)).toEqual([
    'registry branch ghcr.io/acme/app',
    'gha branch ',
    'local branch /tmp/.buildx-cache'
  ])
})

test('a ref as people read it', () => {
  const plan = planOf(diamond, { backends: ['registry', 'gha'] })
  expect(displayRef(refOf(plan, 'base'))).toBe('ghcr.io/acme/app:cache-base')
  expect(displayRef(refOf(plan, 'base', 'gha'))).toBe('cache-base_OF_acme__app')
})

const holders: readonly { description: string; dockerfile: string; expected: string | undefined }[] = [
  { description: 'the target', dockerfile: diamond, expected: 'final' },
  {
    description: 'what a target without steps is made from',
    dockerfile: `${diamond}FROM tools AS x\nFROM x\n`,
    expected: 'tools'
  },
  { description: 'none for an image alone', dockerfile: 'FROM alpine\n', expected: undefined },
  { description: 'none for an image behind a name', dockerfile: 'FROM alpine AS a\nFROM a\n', expected: undefined }
]

test.each(holders)('all is held by $description', ({ dockerfile, expected }) => {
  expect(holdingStage(planOf(dockerfile))?.stage.name).toBe(expected)
})
