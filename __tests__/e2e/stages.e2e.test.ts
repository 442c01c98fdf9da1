import { listTags } from '../../testbed/registry.mjs'
import { builds, valuesOf } from './docker-calls'
import { newProject } from './project'
import type { Job, Project } from './project'
import { savingCases } from './savings'
import { outputOfSteps, stagesRun, stepsRun } from './steps'

const withSteps = ['base', 'python-deps', 'node-deps', 'builder', 'runtime']

describe.each(savingCases)('$backend, saved $saving', ({ backend, saving }) => {
  const inputs = { 'cache-backends': backend, 'cache-export': saving }
  let project: Project
  let cold: Job
  beforeAll(async () => {
    project = await newProject()
    cold = await project.job(inputs)
  })
  afterAll(() => project.remove())

  it('the first job runs and saves every stage', async () => {
    expect(cold.main.exitCode).toBe(0)
    expect(stagesRun(cold)).toEqual(withSteps.toSorted())
    expect(cold.outputs).toMatchObject({
      'cache-hit': 'false',
      'cache-hit-rate': '0.00',
      'cached-stages': '',
      'rebuilt-stages': withSteps.join(','),
      'exported-stages': withSteps.join(',')
    })
    expect(cold.stages.map(({ reason }) => reason?.code)).toEqual(withSteps.map(() => 'first-build'))
    if (backend === 'registry')
      expect(await listTags(project.repository)).toEqual(withSteps.map(stage => `cache-${stage}`).sort())
  })

  it.each([
    { path: 'src/app.js', ran: ['builder', 'runtime'] },
    { path: 'package.json', ran: ['node-deps', 'builder', 'runtime'] },
    { path: 'requirements.txt', ran: ['python-deps', 'runtime'] }
  ])('after an edit of $path only $ran run and are saved', async ({ path, ran }) => {
    await project.edit(path)
    const job = await project.job(inputs)
    expect(job.main.exitCode).toBe(0)
    expect(stagesRun(job)).toEqual(ran.toSorted())
    expect(outputOfSteps(job).toSorted()).toEqual(ran.map(stage => `ran ${stage}`).sort())
    expect(job.outputs).toMatchObject({
      'cache-hit': 'false',
      'rebuilt-stages': ran.join(','),
      'exported-stages': ran.join(',')
    })
    const exported = builds(job.calls).flatMap(call =>
      valuesOf(call, '--cache-to').length > 0 ? valuesOf(call, '--target') : []
    )
    expect(exported.toSorted()).toEqual(ran.toSorted())
    expect(builds(job.calls).map(call => valuesOf(call, '--cache-from').length)).toEqual(builds(job.calls).map(() => 1))
    if (backend === 'registry')
      expect(await listTags(project.repository)).toEqual(withSteps.map(stage => `cache-${stage}`).sort())
  })

  // Where a builder lives on, the local directory does too.
  if (backend !== 'local') {
    it('what a builder that lives on had already is saved all the same', async () => {
      await project.edit('src/app.js')
      const silent = await project.job({ ...inputs, 'cache-write': 'false' })
      expect([silent.main.exitCode, stagesRun(silent)]).toEqual([0, ['builder', 'runtime']])
      const saving = await project.job(inputs, { sameMachine: true })
      expect([saving.outputs['cache-hit'], saving.outputs['exported-stages']]).toEqual(['true', 'builder,runtime'])
      const next = await project.job(inputs)
      expect([next.outputs['cache-hit'], stagesRun(next)]).toEqual(['true', []])
    }, 120_000)
  }

  it('an unchanged job runs nothing, saves nothing, and is one build with one import', async () => {
    const job = await project.job(inputs)
    expect(job.main.exitCode).toBe(0)
    expect([stepsRun(job), outputOfSteps(job)]).toEqual([[], []])
    const [only, ...others] = builds(job.calls)
    expect(others).toEqual([])
    expect(valuesOf(only ?? [], '--cache-from')).toHaveLength(1)
    expect(valuesOf(only ?? [], '--cache-to')).toEqual([])
    expect(job.outputs).toMatchObject({
      'cache-hit': 'true',
      'cache-hit-rate': '1.00',
      'cached-stages': withSteps.join(','),
      'rebuilt-stages': '',
      'exported-stages': ''
    })
    expect(job.stages.map(({ name, status, reason }) => [name, status, reason])).toEqual(
      withSteps.map(name => [name, 'hit', null])
    )
    expect(job.stages.flatMap(({ refs }) => refs.map(({ imported, exported }) => [imported, exported]))).toEqual(
      withSteps.map(() => ['yes', 'unchanged'])
    )
    expect([job.post?.exitCode, job.leftProcesses]).toEqual([0, []])
  })
})
