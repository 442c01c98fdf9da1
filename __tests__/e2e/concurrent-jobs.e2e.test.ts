// Jobs that save the same stages at the same time: whoever comes last, every ref can be read afterwards.
import { cp } from 'node:fs/promises'
import { freshMachine } from '../../testbed/builder.mjs'
import { theTestBed } from '../../testbed/where.mjs'
import { newProject } from './project'
import { stagesRun } from './steps'
import { troublesOf } from './trouble'

const stages = ['base', 'builder', 'node-deps', 'python-deps', 'runtime']

it.each(['registry', 'gha', 'local'])('%s: two jobs at once, the same stages and other content of one of them', async backend => {
  const one = await newProject()
  const other = await newProject({})
  await cp(one.directory, other.directory, { recursive: true })
  await other.edit('src/app.js')
  const inputs = {
    'cache-backends': backend,
    'cache-image': `${theTestBed().registry}/${one.repository}`,
    'cache-name': one.id,
    'cache-dir': one.cacheDir,
    outputs: 'type=cacheonly'
  }
  const options = { cacheUrl: one.cacheUrl, sameMachine: true }
  await freshMachine({ cacheDirs: [one.cacheDir] })
  const jobs = await Promise.all([one.job(inputs, options), other.job(inputs, options)])
  for (const job of jobs) expect([job.main.exitCode, troublesOf(job)]).toEqual([0, []])

  for (const project of [one, other]) {
    await freshMachine()
    const next = await project.job(inputs, options)
    expect([next.main.exitCode, troublesOf(next)]).toEqual([0, []])
    // At most the last writer's content is there of what differs; what both share is there in any case.
    expect(stagesRun(next).filter(stage => stages.slice(2, 4).includes(stage) || stage === 'base')).toEqual([])
  }
  await one.remove()
  await other.remove()
})
