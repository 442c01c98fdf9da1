// examples/services: seven Dockerfiles of one repository that mount the same package caches by id.
import { cp, readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { startPackageMirror } from './package-mirror'
import { newProject } from './project'
import type { Project } from './project'
import { troublesOf } from './trouble'

const examples = resolve(import.meta.dirname, '../../examples/services')

let project: Project
let mirror: Awaited<ReturnType<typeof startPackageMirror>>
let base: string
let services: readonly string[]
beforeAll(async () => {
  project = await newProject({})
  mirror = await startPackageMirror()
  base = await mirror.pushBase(`e2e/base-${project.id}:python`)
  await cp(examples, project.directory, { recursive: true })
  services = (await readdir(examples, { withFileTypes: true })).filter(entry => entry.isDirectory()).map(({ name }) => name)
})
afterAll(async () => {
  await mirror.stop()
  await project.remove()
})

const build = async (service: string, more: Readonly<Record<string, string>> = {}) => {
  const job = await project.job({
    file: `${service}/Dockerfile`,
    tags: `${project.image}/${service}:latest`,
    'cache-backends': 'gha',
    'build-args': `BASE_IMAGE=${base}`,
    outputs: 'type=cacheonly',
    network: 'host',
    ...more
  })
  expect([service, job.main.exitCode, troublesOf(job)]).toEqual([service, 0, []])
  return job
}
const timesFetched = () => new Set(Object.values(mirror.fetched()))

it('each package is fetched once for all of them, though every job has an empty builder', async () => {
  expect(services).toHaveLength(7)
  for (const service of services) await build(service)
  expect(Object.keys(mirror.fetched()).length).toBeGreaterThan(10)
  expect(timesFetched()).toEqual(new Set([1]))

  mirror.reset()
  const unchanged = await build('api')
  expect([unchanged.outputs['cache-hit'], mirror.fetched()]).toEqual(['true', {}])
  expect(unchanged.main.log).toMatch(/^Cache mount pip: not needed, then not used$/m)

  await project.write('bot/requirements.txt', 'aiogram==3.13.1\nredis==5.1.0\n')
  await build('bot')
  expect(mirror.fetched()).toEqual({ '/uv/redis==5.1.0.whl': 1 })
})

it('without cache mounts a service fetches all of its own again', async () => {
  mirror.reset()
  await rm(join(project.directory, 'retry/src/__main__.py'))
  await project.write('retry/src/main.py', '')
  for (const version of ['1', '2']) {
    await build('retry', { 'cache-mounts': 'false', 'cache-version': version })
  }
  expect(timesFetched()).toEqual(new Set([2]))
})
