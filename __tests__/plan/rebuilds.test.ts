import { neededStages } from '../../src/dockerfile/stage-graph'
import { planRebuilds } from '../../src/plan/rebuilds'
import { diamond, dockerfileOf } from '../helpers/plans'

const cases: readonly {
  description: string
  asked: readonly string[]
  dockerfile?: string
  target?: string
  expected: readonly string[]
}[] = [
  { description: 'none', asked: [], expected: [] },
  { description: 'the last one', asked: ['final'], expected: ['final'] },
  { description: 'what is FROM it', asked: ['deps'], expected: ['deps', 'final'] },
  { description: 'what copies from it', asked: ['tools'], expected: ['tools', 'final'] },
  { description: 'all behind the first one', asked: ['base'], expected: ['base', 'deps', 'tools', 'final'] },
  { description: 'several, Dockerfile order', asked: ['tools', 'deps'], expected: ['deps', 'tools', 'final'] },
  {
    description: 'what mounts it',
    dockerfile: 'FROM scratch AS a\nCOPY x /\nFROM scratch AS b\nRUN --mount=from=a,target=/a y\nFROM b\nRUN z\n',
    asked: ['a'],
    expected: ['a', 'b', 'stage-2']
  },
  { description: 'a stage that is not needed', asked: ['tools'], target: 'deps', expected: [] },
  {
    description: 'through a stage without steps',
    dockerfile: 'FROM scratch AS a\nCOPY x /\nFROM a AS b\nFROM b AS c\nRUN z\n',
    asked: ['a'],
    expected: ['a', 'b', 'c']
  }
]

test.each(cases)('$description', ({ asked, dockerfile = diamond, target = '', expected }) => {
  const needed = neededStages(dockerfileOf(dockerfile, target), target)
  expect(planRebuilds(needed, asked).map(({ name }) => name)).toEqual(expected)
})
