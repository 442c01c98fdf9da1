import { pullRequest, push } from '../../testbed/events.mjs'
import { listTags } from '../../testbed/registry.mjs'
import { newProject } from './project'
import type { Project } from './project'
import { stagesRun, stepsRun } from './steps'

const inputs = { 'cache-backends': 'registry' }
const stages = ['base', 'builder', 'node-deps', 'python-deps', 'runtime']
const tags = (suffix = '') => stages.map(stage => `cache-${stage}${suffix}`)

let project: Project
beforeEach(async () => {
  project = await newProject()
  await project.job(inputs)
})
afterEach(() => project.remove())

it('a branch reads what the default branch saved, and writes what ran under its own name', async () => {
  await project.edit('src/app.js')
  const first = await project.job(inputs, { event: push('feature/login') })
  expect(stagesRun(first)).toEqual(['builder', 'runtime'])
  const own = ['builder', 'runtime'].map(stage => `cache-${stage}_BRANCH_feature__login`)
  expect(await listTags(project.repository)).toEqual([...tags(), ...own].sort())
  const second = await project.job(inputs, { event: push('feature/login') })
  expect([stepsRun(second), second.outputs['exported-stages']]).toEqual([[], ''])
  // The default branch was not touched by any of it.
  expect(stagesRun(await project.job(inputs))).toEqual(['builder', 'runtime'])
})

it('a pull request reads its base branch, then the default branch', async () => {
  await project.edit('package.json')
  await project.job(inputs, { event: push('release') })
  const job = await project.job(inputs, { event: pullRequest({ number: 12, base: 'release' }) })
  expect([stepsRun(job), job.outputs['exported-stages']]).toEqual([[], ''])
  expect(job.stages.find(({ name }) => name === 'runtime')?.refs[0]).toMatchObject({
    ref: `${project.image}:cache-runtime_BRANCH_release`,
    imported: 'yes'
  })
})

it('cache-scope: shared knows no branches', async () => {
  await project.edit('src/app.js')
  await project.job({ ...inputs, 'cache-scope': 'shared' }, { event: push('feature') })
  expect(await listTags(project.repository)).toEqual(tags())
  expect(stepsRun(await project.job(inputs))).toEqual([])
})

it('cache-version starts from nothing and leaves what there is alone', async () => {
  const job = await project.job({ ...inputs, 'cache-version': '2' })
  expect(stagesRun(job)).toEqual(stages)
  expect(job.stages.map(({ reason }) => reason?.code)).toEqual(job.stages.map(() => 'first-build'))
  expect(await listTags(project.repository)).toEqual([...tags(), ...tags('_V_2')].sort())
})

it('cache-prefix and cache-stages', async () => {
  await project.job({ ...inputs, 'cache-prefix': 'c_', 'cache-stages': '!builder,!base' })
  expect(await listTags(project.repository)).toEqual([...tags(), 'c_node-deps', 'c_python-deps', 'c_runtime'].sort())
  expect(stepsRun(await project.job({ ...inputs, 'cache-prefix': 'c_', 'cache-stages': '!builder,!base' }))).toEqual([])
})

it('rebuild-cache runs and saves everything, rebuild-stages the named ones and what depends on them', async () => {
  const all = await project.job({ ...inputs, 'rebuild-cache': 'true' })
  expect([stagesRun(all), all.outputs['exported-stages']]).toEqual([stages, 'base,python-deps,node-deps,builder,runtime'])
  expect(all.stages.map(({ reason }) => reason?.code)).toEqual(stages.map(() => 'rebuild-requested'))
  const some = await project.job({ ...inputs, 'rebuild-stages': 'node-deps' })
  expect([stagesRun(some), some.outputs['exported-stages']]).toEqual([
    ['builder', 'node-deps', 'runtime'],
    'node-deps,builder,runtime'
  ])
  expect(stepsRun(await project.job(inputs))).toEqual([])
})

it('cache-export: off reads and writes nothing', async () => {
  await project.edit('src/app.js')
  const off = await project.job({ ...inputs, 'cache-export': 'off' })
  expect([stagesRun(off), off.outputs['exported-stages']]).toEqual([['builder', 'runtime'], ''])
  expect(stagesRun(await project.job(inputs))).toEqual(['builder', 'runtime'])
})

it('two backends: one is read, both are written, the second is filled when it is added', async () => {
  const both = { 'cache-backends': 'registry,gha' }
  const added = await project.job(both)
  expect([stepsRun(added), added.outputs['exported-stages']]).toEqual([[], 'base,python-deps,node-deps,builder,runtime'])
  expect(stepsRun(await project.job({ 'cache-backends': 'gha' }))).toEqual([])
})
