import { planRefresh } from '../../src/plan/refresh'
import { diamond, foundWith, planOf, refOf } from '../helpers/plans'

const plan = planOf(diamond, { backends: ['gha'] })
const day = 24 * 60 * 60 * 1000
const now = Date.parse('2026-11-20T12:00:00Z')
const found = (stage: string) => foundWith(refOf(plan, stage, 'gha'), stage)

test.each([
  ['after just so many days', 3, 3 * day, ['deps']],
  ['a moment before', 3, 3 * day - 1, []],
  ['never', 0, 1000 * day, []],
  ['a date in the future', 3, -day, []]
])('%s', (_, days, age, expected) => {
  const [base, deps] = [found('base'), found('deps')]
  const refs = planRefresh([base, deps], one => (one === deps ? now - age : undefined), now, days)
  expect([...refs].map(({ stage }) => stage)).toEqual(expected)
})
