import { buildx } from '../../testbed/builder.mjs'
import type { Job, Project } from './project'
import { newProject } from './project'

const dockerfile = `FROM busybox AS base
RUN echo "ran base"
FROM base AS builder
RUN echo "builder begins" && sleep 100
`

let project: Project
beforeEach(async () => {
  project = await newProject({ Dockerfile: dockerfile })
})
afterEach(() => project.remove())

describe.each(['after', 'eager'])('saved %s', saving => {
  it.each([
    { how: 'SIGINT', cancel: 'interrupt' },
    { how: 'SIGTERM alone', cancel: 'terminate' },
    { how: 'as a runner cancels', cancel: 'like a runner' }
  ])(
    '$how: stops within seconds and still reports',
    async ({ cancel }) => {
      const prepared = await project.prepare({ 'cache-backends': 'registry', 'cache-export': saving })
      const main = prepared.startMain()
      await main.waitForLine(/builder begins$/)
      const began = performance.now()
      if (cancel === 'like a runner') await main.cancelLikeRunner()
      else main.signal(cancel === 'interrupt' ? 'SIGINT' : 'SIGTERM')
      const job = await prepared.finish()
      expect((performance.now() - began) / 1000).toBeLessThan(7)
      expectCancelled(job)
      expect(job.stages.map(({ name, status }) => `${name} ${status}`)).toEqual(['base miss', 'builder not-run'])
      expect(job.summary).toContain('🚫 **Build cancelled**')
      // Steps are ended with the build.
      expect(await buildx(['du'])).not.toMatch(/in use/i)
    },
    60_000
  )
})

it('before the build: while the cache service is waited for', async () => {
  await project.cacheService.setFaults([{ hang: true }])
  const prepared = await project.prepare({ 'cache-backends': 'gha' })
  const main = prepared.startMain()
  await new Promise(resolve => setTimeout(resolve, 2000))
  const began = performance.now()
  await main.cancelLikeRunner()
  const job = await prepared.finish()
  expect((performance.now() - began) / 1000).toBeLessThan(7)
  expectCancelled(job)
  expect(job.summary).toMatch(/🚫 \*\*Build cancelled/)
}, 60_000)

it('while a stage is being saved to a registry that hangs', async () => {
  await project.cacheService.setFaults([{ on: 'write', hang: true }])
  await project.write('Dockerfile', 'FROM busybox AS base\nRUN echo "ran base"\n')
  const prepared = await project.prepare({ 'cache-backends': 'gha' })
  const main = prepared.startMain()
  await main.waitForLine(/ran base$/)
  await new Promise(resolve => setTimeout(resolve, 4000))
  const began = performance.now()
  await main.cancelLikeRunner()
  const job = await prepared.finish()
  expect((performance.now() - began) / 1000).toBeLessThan(7)
  expectCancelled(job)
}, 60_000)

function expectCancelled(job: Job) {
  expect(job.main.exitCode).toBe(1)
  expect(job.main.signal).toBeNull()
  expect(job.main.annotations.filter(({ level }) => level === 'warning').map(({ message }) => message)).toEqual([
    expect.stringMatching(/^The job was cancelled/)
  ])
  expect(job.outputs['cache-hit']).toBe('false')
  expect([job.post?.exitCode, job.leftProcesses]).toEqual([0, []])
}
