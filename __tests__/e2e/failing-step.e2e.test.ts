import { newProject } from './project'
import type { Project } from './project'
import { savingCases } from './savings'
import { outputOfSteps, stagesRun } from './steps'

// python-deps and node-deps are done when builder fails.
const dockerfile = `FROM busybox AS base
RUN echo "ran base"
FROM base AS python-deps
RUN echo "ran python-deps" > /python
FROM base AS node-deps
RUN echo "ran node-deps" > /node
FROM node-deps AS builder
COPY code .
RUN echo "ran builder" && sleep 2 && test "$(cat code)" = right
FROM base AS runtime
COPY --from=python-deps /python .
COPY --from=builder code .
`

describe.each(savingCases)('$backend, saved $saving', ({ backend, saving }) => {
  const inputs = { 'cache-backends': backend, 'cache-export': saving }
  let project: Project
  beforeAll(async () => {
    project = await newProject({ Dockerfile: dockerfile, code: 'wrong' })
  })
  afterAll(() => project.remove())

  it('what was finished before a step failed is saved, and the next job runs only what is left', async () => {
    const failed = await project.job(inputs)
    expect(failed.main.exitCode).toBe(1)
    expect(failed.stages.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'base miss',
      'python-deps miss',
      'node-deps miss',
      'builder failed',
      'runtime not-run'
    ])
    expect(failed.outputs).toMatchObject({
      'cache-hit': 'false',
      'exported-stages': 'base,python-deps,node-deps',
      digest: '',
      imageid: ''
    })
    const errors = failed.main.annotations.filter(({ level }) => level === 'error')
    expect(errors).toEqual([
      {
        level: 'error',
        title: 'Build failed',
        message: expect.stringContaining('did not complete successfully: exit code: 1') as string,
        file: 'Dockerfile',
        line: 9,
        endLine: 9
      }
    ])
    expect(failed.main.log).toMatch(/^#\d+ ERROR: process .* did not complete successfully: exit code: 1/m)
    // As buildx has it: what the step wrote, where it stands, and why it failed.
    expect(failed.main.log).toMatch(/^ > \[builder 2\/2\] RUN .*\n(.*\n){1,3}-+\nDockerfile:9\n(.*\n)*ERROR: failed to/m)
    expect(failed.summary).toMatch(/^```\n-+\n > \[builder 2\/2\] RUN .*\n[\d.]+ ran builder\n-+\nDockerfile:9$/m)
    expect(failed.summary).toContain('❌ **Build failed in `builder`, line ')
    expect(failed.summary).toContain('did not complete successfully: exit code: 1')
    expect(failed.summary).not.toContain('Cache trouble')
    expect([failed.post?.exitCode, failed.leftProcesses]).toEqual([0, []])

    // It failed before runtime was ever saved, and the plan of the next job says so.
    await project.write('code', 'right')
    const next = await project.job(inputs)
    // Where BuildKit got to copy for runtime before builder failed, that was saved as its beginning.
    expect(next.main.log).toMatch(/^builder(, runtime|): will rebuild: nothing saved for this stage yet$/m)
    expect([next.main.exitCode, stagesRun(next), outputOfSteps(next)]).toEqual([0, ['builder', 'runtime'], ['ran builder']])
    expect(next.outputs).toMatchObject({ 'rebuilt-stages': 'builder,runtime', 'exported-stages': 'builder,runtime' })
    const last = await project.job(inputs)
    expect([last.outputs['cache-hit'], last.outputs['exported-stages']]).toEqual(['true', ''])
  })
})

it('a build that cannot begin: a base image that is not there', async () => {
  const project = await newProject({ Dockerfile: 'FROM 127.0.0.1:9/nothing/here:1 AS base\nRUN echo\n' })
  const job = await project.job({ 'cache-backends': 'gha' })
  await project.remove()
  expect([job.main.exitCode, job.outputs['cache-hit'], job.outputs['exported-stages']]).toEqual([1, 'false', ''])
  expect(job.summary).toMatch(/❌ \*\*Build failed\*\*/)
  expect(job.main.annotations).toEqual([
    expect.objectContaining({
      message: expect.stringContaining('127.0.0.1:9/nothing/here:1') as string,
      file: 'Dockerfile',
      line: 1
    })
  ])
})
