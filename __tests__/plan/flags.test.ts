import { buildFlags } from '../../src/plan/flags'

test('inputs and names in the record are unique', () => {
  for (const column of ['input', 'key'] as const) {
    const names = buildFlags.map(row => row[column])
    expect(new Set(names).size).toBe(names.length)
  }
})

test('a name in the record is the name of the input in camel case', () => {
  for (const { input, key } of buildFlags) expect(key).toBe(input.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()))
})

test("the order is build-push-action's (src/context.ts, getBuildArgs and getCommonArgs)", () => {
  expect(buildFlags.map(row => row.flag).join(' ')).toBe(
    '--add-host --allow --annotation --build-arg --build-context --cache-from --cache-to --call --cgroup-parent --secret --file --label ' +
      '--no-cache-filter --output --platform --attest --attest --attest --secret --secret --shm-size --ssh --tag --target --ulimit ' +
      '--builder --load --network --no-cache --pull --push'
  )
})

test("lists are split as build-push-action's are (src/context.ts, getInputs)", () => {
  const of = (...forms: string[]) => buildFlags.filter(row => forms.includes(row.form)).map(row => row.input)
  expect(of('comma-list', 'platforms', 'secret-envs').sort()).toEqual(
    ['add-hosts', 'allow', 'no-cache-filters', 'platforms', 'secret-envs', 'ssh', 'tags'].sort()
  )
  expect(of('line-list', 'attestations', 'secret-files').sort()).toEqual(
    [
      'annotations',
      'attests',
      'build-args',
      'build-contexts',
      'cache-from',
      'cache-to',
      'labels',
      'secret-files',
      'ulimit'
    ].sort()
  )
  expect(of('verbatim-list')).toEqual(['outputs'])
  expect(of('secrets')).toEqual(['secrets'])
})

test('what belongs to cache keys', () => {
  expect(buildFlags.filter(row => row.partOfCacheKey).map(row => row.input)).toEqual([
    'add-hosts',
    'allow',
    'build-args',
    'build-contexts',
    'cgroup-parent',
    'secret-envs',
    'file',
    'platforms',
    'secrets',
    'secret-files',
    'shm-size',
    'ssh',
    'ulimit',
    'network',
    'pull'
  ])
})
