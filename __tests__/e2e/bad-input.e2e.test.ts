import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { newProject } from './project'
import type { Inputs, Job, Project } from './project'

let project: Project
beforeAll(async () => {
  project = await newProject()
})
afterAll(() => project.remove())

const cases: readonly { readonly problem: string; readonly inputs: Inputs; readonly said: RegExp }[] = [
  { problem: 'an unknown stage in target', inputs: { target: 'bulder' }, said: /^target: .*"bulder".*did you mean "builder"\?/ },
  {
    problem: 'an unknown stage in cache-stages',
    inputs: { 'cache-stages': 'base,!runtim' },
    said: /^cache-stages: .*"runtim".*did you mean "runtime"\?/
  },
  {
    problem: 'an unknown stage in rebuild-stages',
    inputs: { 'rebuild-stages': 'node-dep' },
    said: /^rebuild-stages: .*"node-dep".*did you mean "node-deps"\?/
  },
  { problem: 'a boolean that is none', inputs: { push: 'yes' }, said: /^push: "yes" is not a boolean: write true$/ },
  {
    problem: 'another boolean that is none',
    inputs: { 'rebuild-cache': 'flase' },
    said: /^rebuild-cache: "flase" is not a boolean: write false$/
  },
  {
    problem: 'an unknown backend',
    inputs: { 'cache-backends': 'registry,ghaa' },
    said: /^cache-backends: "ghaa" is not known: .*did you mean "gha"\?/
  },
  {
    problem: 'an unknown way of saving',
    inputs: { 'cache-export': 'later' },
    said: /^cache-export: "later" is not known: write eager, after or off/
  },
  {
    problem: 'a cache-image no registry takes',
    inputs: { 'cache-image': 'ghcr.io/Acme/App' },
    said: /^cache-image: "ghcr.io\/Acme\/App" has capitals .*: write ghcr.io\/acme\/app$/
  },
  { problem: 'a tag no registry takes', inputs: { tags: 'acme/app:a b' }, said: /^tags: "acme\/app:a b" / },
  { problem: 'no Dockerfile', inputs: { file: 'docker/Dockerfile' }, said: /^file: docker\/Dockerfile does not exist/ }
]

it.each(cases)('$problem: one message, and nothing is started', async ({ inputs, said }) => {
  const job = await project.job(inputs, { sameMachine: true })
  expectRefusal(job)
  expect(errorOf(job)).toMatch(said)
})

it('what is wrong in the Dockerfile is told at its line', async () => {
  await project.write('Dockerfile.wrong', 'FROM busybox\nRUN echo\nRUNN echo\n')
  const job = await project.job({ file: 'Dockerfile.wrong' }, { sameMachine: true })
  expectRefusal(job)
  expect(job.main.annotations).toEqual([
    {
      level: 'error',
      title: 'Nothing was built',
      message: 'file: Dockerfile.wrong:3: unknown instruction: RUNN (did you mean "RUN"?)',
      file: 'Dockerfile.wrong',
      line: 3,
      endLine: 3
    }
  ])
})

it.each([
  {
    from: '${BASE}',
    said: /^file: Dockerfile.args:2: "\$\{BASE\}" is neither an earlier stage nor a valid image reference: check/
  },
  { from: '--platform=$BASE busybox', said: /^file: Dockerfile.args:2: failed to parse platform \$BASE$/ },
  { from: '${OTHER:?$BASE}', said: /^file: Dockerfile.args:2: OTHER: \$\{BASE\}$/ }
])('values of arguments stay out of what is wrong with FROM $from', async ({ from, said }) => {
  await project.write('Dockerfile.args', `ARG BASE\nFROM ${from}\n`)
  const inputs = { file: 'Dockerfile.args', 'build-args': 'BASE=https://bot:5ecret-value@registry.example/App' }
  const job = await project.job(inputs, { sameMachine: true })
  expectRefusal(job)
  expect(errorOf(job)).toMatch(said)
  expect([job.main.log, job.summary].join('\n')).not.toContain('5ecret-value')
})

it('names that BuildKit passes over are told, slips as warnings, without values', async () => {
  const job = await project.job(
    { 'no-cache-filters': 'bulder', 'build-args': 'NO_SUCH_NAME=5ecret-value' },
    { sameMachine: true }
  )
  expect(job.main.exitCode).toBe(0)
  expect(job.main.annotations.map(({ message }) => message)).toEqual([
    'no-cache-filters: Dockerfile has no stage named bulder (did you mean builder?), so nothing is rebuilt for that'
  ])
  expect(job.main.log).toMatch(/^build-args: no ARG of Dockerfile declares NO_SUCH_NAME/m)
  expect([job.main.log, job.summary].join('\n')).not.toContain('5ecret-value')
})

it('all problems at once are one message', async () => {
  const together = cases.filter(({ inputs }) => !('file' in inputs))
  const job = await project.job(Object.assign({}, ...together.map(({ inputs }) => inputs)), { sameMachine: true })
  expectRefusal(job)
  const [title, ...lines] = errorOf(job).split('\n')
  expect(title).toBe(`${together.length} problems:`)
  for (const { said } of together) expect(lines.filter(line => said.test(line.replace(/^- /, '')))).toHaveLength(1)
  expect(lines).toHaveLength(together.length)
  for (const line of lines) expect(job.summary).toContain(`\n- \`${/^- ([a-z-]+):/.exec(line)?.[1]}\`: `)
})

describe('a Dockerfile that does not parse', () => {
  it.each([
    { text: 'FROM busybox AS base\nRUNN echo\n', said: /^file: Dockerfile:2: .*RUNN/ },
    { text: 'FROM busybox AS base\nCOPY a\n', said: /^file: Dockerfile:2: .*COPY/ },
    { text: '# nothing\n', said: /^file: Dockerfile/ },
    { text: 'FROM missing AS\n', said: /^file: Dockerfile:1: / }
  ])('$text', async ({ text, said }) => {
    const broken = await newProject({ Dockerfile: text })
    const job = await broken.job({ push: 'yes' }, { sameMachine: true })
    await broken.remove()
    expectRefusal(job)
    const [title, ...lines] = errorOf(job).split('\n')
    expect(title).toBe('2 problems:')
    expect(lines.filter(line => said.test(line.replace(/^- /, '')))).toHaveLength(1)
  })
})

it('no Dockerfile in the context: the message names the path looked at', async () => {
  const empty = await newProject()
  await rm(join(empty.directory, 'Dockerfile'))
  const job = await empty.job({ 'cache-backends': 'gah' }, { sameMachine: true })
  await empty.remove()
  expectRefusal(job)
  expect(errorOf(job)).toMatch(/2 problems:\n- cache-backends: "gah".*\n- file: Dockerfile does not exist/)
})

it.each([
  { inputs: { context: 'nowhere' }, said: /^context: nowhere is no directory here; .*actions\/checkout/ },
  { inputs: { context: 'Dockerfile' }, said: /^context: Dockerfile is no directory here/ },
  { inputs: { context: 'nowhere', file: 'Dockerfile' }, said: /^context: nowhere is no directory here/ },
  {
    inputs: { context: 'nowhere', file: 'docker/Dockerfile' },
    said: /^2 problems:\n- context: nowhere is no directory.*\n- file: docker\/Dockerfile does not exist/
  }
])('a context that is not there: $inputs', async ({ inputs, said }) => {
  const job = await project.job(inputs, { sameMachine: true })
  expectRefusal(job)
  expect(errorOf(job)).toMatch(said)
})

it('summary: false writes none', async () => {
  const job = await project.job({ target: 'bulder', summary: 'false' }, { sameMachine: true })
  expect([job.main.exitCode, job.summary]).toEqual([1, ''])
})

it('a value cannot become a workflow command', async () => {
  const job = await project.job({ target: 'x\n::set-output name=cache-hit::true\n##[error]forged' }, { sameMachine: true })
  expectRefusal(job)
  expect(job.main.unknownCommands).toEqual([])
})

/** One error, exit code 1, no docker process, no outputs, nothing for post to do. */
function expectRefusal(job: Job) {
  expect(job.main.exitCode).toBe(1)
  expect(job.main.annotations.map(({ level }) => level)).toEqual(['error'])
  expect(job.calls).toEqual([])
  expect([job.outputs, job.state]).toEqual([{}, {}])
  expect(job.summary).toMatch(/^❌ \*\*Nothing was built(: \d+ problems)?\*\*\n\n- /)
  expect([job.post?.exitCode, job.post?.annotations, job.leftProcesses]).toEqual([0, [], []])
}

function errorOf({ main }: Job): string {
  return main.annotations.find(({ level }) => level === 'error')?.message ?? ''
}
