import { choosesPodsByChance, hasSeveralPods, onOnePod } from '../../src/plan/pods'

test.each([
  ['kubernetes', ['replicas=2,loadbalance=random'], ['replicas=2,loadbalance=random', 'loadbalance=sticky']],
  ['kubernetes', ['replicas=2'], ['replicas=2']],
  ['kubernetes', ['loadbalance=random', 'loadbalance=sticky'], ['loadbalance=random', 'loadbalance=sticky']],
  ['remote', ['loadbalance=random'], ['loadbalance=random']]
])('driver %s with %j is made with %j', (driver, options, expected) => {
  expect(onOnePod(driver, options)).toEqual(expected)
  if (driver === 'kubernetes') expect(choosesPodsByChance(onOnePod(driver, options))).toBe(false)
})

test.each([
  ['two pods of a node', 'kubernetes', ['a0', 'a0'], true],
  ['a node for each', 'kubernetes', ['a0', 'a1'], false],
  ['one', 'kubernetes', ['a0'], false],
  ['what is no cluster', 'remote', ['a0', 'a0'], false]
])('several pods: %s', (_, driver, names, expected) => {
  expect(hasSeveralPods({ driver, nodes: names.map(name => ({ name })) })).toBe(expected)
})
