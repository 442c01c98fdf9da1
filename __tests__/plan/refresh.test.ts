import { planRefresh } from '../../src/plan/refresh'
import { diamond, foundWith, planOf, refOf } from '../helpers/plans'

const plan = planOf(diamond, { backends: ['gha'] })
const day = 24 * 60 * 60 * 1000
const now = Date.parse('2026-11-20T12:00:00Z')
const found = (stage: string, exportedAt?: number) => ({
  ...foundWith(refOf(plan, stage, 'gha'), stage),
  ...(exportedAt === undefined ? {} : { exportedAt })
})

test.each([
  ['after just so many days', 3, 3 * day, ['deps']],
  ['a moment before', 3, 3 * day - 1, []],
  ['never', 0, 1000 * day, []],
  ['a date in the future', 3, -day, []]
])('%s', (_, days, age, expected) => {
  const refs = planRefresh([found('base'), found('deps', now - age)], now, days)
  expect([...refs].map(({ stage }) => stage)).toEqual(expected)
})
