import { readInputs } from '../../src/inputs'
import { buildFlags } from '../../src/plan/flags'
import { action, inputsWith, problemsOf, reading } from './fixture'

const declared = Object.keys(action.inputs)

test('every declared input is read, and every input that is read is declared', () => {
  const asked = new Set<string>()
  readInputs(name => {
    asked.add(name)
    return reading({})(name)
  })
  expect([...asked].sort()).toEqual([...declared].sort())
})

test('every default is taken', () => {
  expect(problemsOf({})).toEqual([])
})

test('an empty text is the default, but where the git context, no prefix and no image are meant', () => {
  const own = ['context', 'cache-prefix', 'cache-mounts-image']
  const empty = Object.fromEntries(declared.filter(name => !own.includes(name)).map(name => [name, '']))
  expect(inputsWith(empty)).toEqual(inputsWith())
})

test('the inputs of build-push-action are all there', () => {
  const theirs =
    'add-hosts allow annotations attests build-args build-contexts builder cache-from cache-to call cgroup-parent context file labels load network no-cache no-cache-filters outputs platforms provenance pull push sbom secrets secret-envs secret-files shm-size ssh tags target ulimit github-token'.split(
      ' '
    )
  expect(theirs.filter(name => !declared.includes(name))).toEqual([])
  expect(theirs.filter(name => !buildFlags.some(row => row.input === name))).toEqual(['context', 'github-token'])
})

test('defaults of build-push-action are kept, but for context', () => {
  const defaults = buildFlags.flatMap(({ input }) => {
    const value = action.inputs[input]?.default
    return value === undefined ? [] : [[input, value]]
  })
  expect(Object.fromEntries(defaults)).toEqual({ load: 'false', 'no-cache': 'false', pull: 'false', push: 'false' })
  expect(action.inputs['context']?.default).toBe('.')
})

test('everything is described in one short line', () => {
  for (const [name, { description = '' }] of Object.entries({ ...action.inputs, ...action.outputs })) {
    expect({ name, good: description.length > 10 && description.length <= 120 && !/[\n.]$/.test(description) }).toEqual({
      name,
      good: true
    })
  }
})
