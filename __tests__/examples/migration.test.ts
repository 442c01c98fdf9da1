import { readFileSync } from 'node:fs'
import { action } from '../inputs/fixture'

const page = readFileSync('docs/migration.md', 'utf8')

test('every input of docker/build-push-action is there', () => {
  const theirs = Object.keys(action.inputs).slice(0, Object.keys(action.inputs).indexOf('buildx-version'))
  expect(theirs).toHaveLength(33)
  expect(theirs.filter(name => !page.includes(`\`${name}\``))).toEqual([])
})

test('every input of docker/setup-buildx-action is there (v4.3.0, action.yml)', () => {
  const theirs =
    'version name driver driver-opts buildkitd-flags buildkitd-config buildkitd-config-inline use endpoint platforms append keep-state cache-binary cleanup'
  const rows = page.slice(page.indexOf('## Inputs of docker/setup-buildx-action'))
  expect(theirs.split(' ').filter(name => !rows.includes(`\`${name}\``))).toEqual([])
  const otherNames = ['version']
  expect(theirs.split(' ').filter(name => !otherNames.includes(name) && !(name in action.inputs))).toEqual([])
})

test('every output of docker/setup-buildx-action that it sets is there', () => {
  expect(['name', 'driver', 'platforms', 'nodes'].filter(name => !(name in (action.outputs ?? {})))).toEqual([])
})
