import { listTags } from '../../testbed/registry.mjs'
import { builds, valuesOf } from './docker-calls'
import { newProject } from './project'
import type { Project } from './project'

let project: Project
beforeAll(async () => {
  project = await newProject({
    Dockerfile: 'FROM busybox AS deps\nRUN true\nfrom deps as app\nCOPY src /\n',
    'tidy.Dockerfile': 'FROM busybox AS tidy\nRUN true\n',
    'src/main': 'a'
  })
})
afterAll(() => project.remove())

it('a check that finds something fails, builds nothing and touches no cache', async () => {
  const job = await project.job({ call: 'check', 'cache-backends': 'registry,local', push: 'true' })
  expect([job.main.exitCode, job.main.annotations.map(({ message }) => message)]).toEqual([
    1,
    [expect.stringMatching(/^Check complete, \d+ warnings? (has|have) been found!$/)]
  ])
  expect(job.main.log).toMatch(/FromAsCasing|ConsistentInstructionCasing/)
  expect(
    builds(job.calls).map(call => [valuesOf(call, '--call'), valuesOf(call, '--cache-from'), valuesOf(call, '--cache-to')])
  ).toEqual([[['check'], [], []]])
  // buildx alone would push an empty image.
  expect([job.outputs['digest'], job.post?.exitCode, await listTags(project.repository)]).toEqual(['', 0, []])
})

it('a check that finds nothing', async () => {
  const job = await project.job({ call: 'check', file: 'tidy.Dockerfile' })
  expect([job.main.exitCode, job.main.annotations, job.summary]).toEqual([0, [], ''])
  expect(job.main.log).toMatch(/Check complete, no warnings found/)
})

it.each([
  ['outline', /^TARGET:\s+app/m],
  ['targets', /^deps\b/m],
  ['targets,format=json', /"sources"/]
])('call: %s goes to the log', async (call, expected) => {
  const job = await project.job({ call })
  expect([job.main.exitCode, job.summary, builds(job.calls).length]).toEqual([0, '', 1])
  expect(job.main.log).toMatch(expected)
})

it('call: build is a build', async () => {
  const job = await project.job({ call: 'build', 'cache-backends': 'local' })
  expect([job.main.exitCode, job.outputs['rebuilt-stages'], job.outputs['exported-stages']]).toEqual([0, 'deps,app', 'deps,app'])
})

it('bad input is refused as for a build', async () => {
  const job = await project.job({ call: 'check', push: 'perhaps' })
  expect([job.main.exitCode, job.calls]).toEqual([1, []])
  expect(job.summary).toContain('`push`')
})
