// Cache mounts that may not, cannot or shall not be kept: the build passes, and says what was lost.
import { readdir, rm, truncate } from 'node:fs/promises'
import { builds } from './docker-calls'
import { fetched, inputs, install, mountEntries, newMountProject } from './mount-project'
import { newProject } from './project'
import type { Project } from './project'
import { troublesOf } from './trouble'

let project: Project
afterEach(() => project.remove())

it('a token that only reads saves nothing', async () => {
  project = await newMountProject('target=/kept')
  const job = await project.job(inputs, { cacheService: 'read-only' })
  expect(job.main.exitCode).toBe(0)
  expect(job.main.log).toMatch(/^Cache mount \/kept: nothing saved, then not allowed$/m)
  expect([await mountEntries(project), builds(job.calls).length]).toEqual([[], 1])
}, 60_000)

it('without a cache service the archives stay beside the local directory', async () => {
  project = await newMountProject('target=/kept')
  const local = { 'cache-backends': 'local', outputs: 'type=cacheonly' }
  const off = { cacheService: 'off' as const, sameDirectory: true }
  await project.job(local, off)
  await project.write('wanted', 'one two three')
  expect(fetched(await project.job(local, off))).toEqual(['fetched three'])
  await rm(`${project.cacheDir}.mounts`, { recursive: true })
}, 60_000)

it('cache-mounts: false', async () => {
  project = await newMountProject('target=/kept')
  await project.job(inputs)
  await project.write('wanted', 'one two three')
  const off = await project.job({ ...inputs, 'cache-mounts': 'false' })
  expect([fetched(off), off.main.log]).toEqual([
    ['fetched one', 'fetched two', 'fetched three'],
    expect.not.stringContaining('Cache mount')
  ])
}, 60_000)

it('too large a mount is not saved, and said to be', async () => {
  project = await newMountProject('target=/kept')
  await project.write(
    'Dockerfile',
    'FROM busybox\nRUN --mount=type=cache,target=/kept head -c 3000000 /dev/urandom >/kept/large\n'
  )
  const job = await project.job({ ...inputs, 'cache-mounts-max-size': '2m' })
  expect([job.main.exitCode, troublesOf(job)]).toEqual([0, ['Cache mount `/kept` was not saved: it is too large']])
  expect(await mountEntries(project)).toEqual([])
}, 60_000)

it('a broken archive costs what was in it, and is replaced', async () => {
  project = await newMountProject('target=/kept')
  const local = { 'cache-backends': 'local', outputs: 'type=cacheonly' }
  const off = { cacheService: 'off' as const, sameDirectory: true }
  await project.job(local, off)
  const store = `${project.cacheDir}.mounts`
  const [archive = ''] = await readdir(store)
  await truncate(`${store}/${archive}`, 700)
  await project.write('wanted', 'one two three')
  const job = await project.job(local, off)
  expect([job.main.exitCode, fetched(job)]).toEqual([0, ['fetched one', 'fetched two', 'fetched three']])
  expect(troublesOf(job)).toEqual(['Cache mount `/kept` could not be restored'])
  await project.write('wanted', 'one two three four')
  expect(fetched(await project.job(local, off))).toEqual(['fetched four'])
  await rm(store, { recursive: true })
}, 60_000)

it('a download that fails', async () => {
  project = await newMountProject('target=/kept')
  await project.job(inputs)
  const [entry] = await mountEntries(project)
  await project.write('wanted', 'one two three')
  await project.cacheService.setFaults([{ on: 'read', path: `/${entry?.id}$`, status: 500 }])
  const broken = await project.job(inputs)
  expect([broken.main.exitCode, fetched(broken).length]).toEqual([0, 3])
  expect(troublesOf(broken)).toEqual(['Cache mount `/kept` could not be restored'])
}, 120_000)

it('a base image without tar: the image that the input names', async () => {
  project = await newProject({
    Dockerfile: `FROM busybox AS tools
RUN mkdir /bare && cp /bin/sh /bare/sh
FROM scratch
COPY --from=tools /bare /bin
COPY wanted /
${install('target=/kept', 'one')}`,
    wanted: '1'
  })
  await project.job({ ...inputs, 'cache-mounts-image': project.base })
  await project.write('wanted', '2')
  const job = await project.job({ ...inputs, 'cache-mounts-image': project.base })
  expect([job.main.exitCode, fetched(job), troublesOf(job)]).toEqual([0, [], []])
  await project.write('wanted', '3')
  const without = await project.job({ ...inputs, 'cache-mounts-image': `${project.image}:none` })
  expect([without.main.exitCode, fetched(without)]).toEqual([0, ['fetched one']])
  expect(troublesOf(without)).toEqual(['Cache mount `/kept` could not be restored', 'Cache mount `/kept` could not be saved'])
}, 60_000)
