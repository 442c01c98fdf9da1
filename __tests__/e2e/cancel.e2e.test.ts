import { once } from 'node:events'
import { readFile, readdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import type { Job, Project } from './project'
import { newProject } from './project'
import { savings } from './savings'
import { outputOfSteps } from './steps'
import { troublesOf } from './trouble'

const dockerfile = `FROM busybox AS base
RUN echo "ran base"
FROM base AS builder
RUN echo "builder begins" && sleep 100 && : project
`

/** After so long a runner kills what it cancelled. */
const killSeconds = 10

let project: Project
beforeEach(async () => {
  project = await newProject()
  await project.write('Dockerfile', dockerfile.replace(': project', `: ${project.id}`))
})
afterEach(() => project.remove())

describe.each(savings)('saved %s', saving => {
  it.each([
    { how: 'SIGINT', cancel: 'interrupt' },
    { how: 'SIGTERM alone', cancel: 'terminate' },
    { how: 'as a runner cancels', cancel: 'like a runner' }
  ])('$how: stops within seconds and still reports', async ({ cancel }) => {
    const prepared = await project.prepare({ 'cache-backends': 'registry', 'cache-export': saving })
    const main = prepared.startMain()
    await main.waitForLine(/builder begins$/)
    expect(await runningSteps(project.id)).not.toEqual([])
    const began = performance.now()
    if (cancel === 'like a runner') await main.cancelLikeRunner()
    else main.signal(cancel === 'interrupt' ? 'SIGINT' : 'SIGTERM')
    await main.done
    expect((performance.now() - began) / 1000).toBeLessThan(killSeconds)
    const job = await prepared.finish()
    expectCancelled(job)
    expect(job.stages.map(({ name, status }) => `${name} ${status}`)).toEqual(['base miss', 'builder not-run'])
    expect(job.summary).toContain('🚫 **Build cancelled**')
    expect(job.summary).toMatch(/^Saved: `base`\.$/m)
    expect(await runningSteps(project.id)).toEqual([])
  })
})

it('before the build: while the builder comes up', async () => {
  // A registry that takes connections and never answers has the builder's image waited for.
  const registry = createServer()
  const pulling = once(registry, 'connection')
  registry.listen(0, '127.0.0.1')
  await once(registry, 'listening')
  const image = `127.0.0.1:${(registry.address() as AddressInfo).port}/buildkit:hangs`
  const prepared = await project.prepare({ 'cache-backends': 'registry', 'driver-opts': `image=${image}` })
  const main = prepared.startMain()
  const [connection] = (await pulling) as [Socket]
  const began = performance.now()
  await main.cancelLikeRunner()
  expect((performance.now() - began) / 1000).toBeLessThan(killSeconds)
  const job = await prepared.finish()
  connection.destroy()
  registry.close()
  expect([job.main.exitCode, job.main.signal, job.post?.exitCode, job.leftProcesses]).toEqual([1, null, 0, []])
  expect(job.main.annotations.map(({ level, message }) => `${level}: ${message}`)).toEqual([
    expect.stringMatching(/^warning: The job was cancelled/),
    'error: The job was cancelled. Nothing was built.'
  ])
  expect(job.summary.trim()).toBe('🚫 **Build cancelled before it began**')
})

it('before the build: while the cache service is waited for', async () => {
  await project.cacheService.setFaults([{ hang: true }])
  // Its builder is there at once.
  const prepared = await project.prepare({ 'cache-backends': 'gha', driver: 'docker' })
  const main = prepared.startMain()
  await asked(/GetCacheEntryDownloadURL/)
  const began = performance.now()
  await main.cancelLikeRunner()
  expect((performance.now() - began) / 1000).toBeLessThan(killSeconds)
  const job = await prepared.finish()
  expectCancelled(job)
  expect(job.summary).toMatch(/🚫 \*\*Build cancelled/)
})

it('while a stage is being saved to a service that hangs', async () => {
  await project.cacheService.setFaults([{ on: 'write', hang: true }])
  await project.write('Dockerfile', 'FROM busybox AS base\nRUN echo "ran base"\n')
  const prepared = await project.prepare({ 'cache-backends': 'gha' })
  const main = prepared.startMain()
  await asked(/CreateCacheEntry/)
  const began = performance.now()
  await main.cancelLikeRunner()
  expect((performance.now() - began) / 1000).toBeLessThan(killSeconds)
  const job = await prepared.finish()
  expectCancelled(job)
  // The post step's minute.
  expect((performance.now() - began) / 1000).toBeLessThan(90)
  expect(job.summary).toContain('**`base`: not saved to GitHub’s cache**')
})

describe('what was finished is kept', () => {
  const saved = async (inputs: Readonly<Record<string, string>>) => {
    await project.write('Dockerfile', dockerfile.replace('sleep 100', 'echo "ran builder"'))
    const next = await project.job(inputs, { sameDirectory: true })
    return outputOfSteps(next).filter(line => line.startsWith('ran '))
  }

  it.each(['registry', 'gha', 'local'])('in %s', async backend => {
    const inputs = { 'cache-backends': backend, 'cache-image': project.image }
    const prepared = await project.prepare(inputs)
    const main = prepared.startMain()
    await main.waitForLine(/builder begins$/)
    await main.cancelLikeRunner()
    const job = await prepared.finish()
    expectCancelled(job)
    expect([job.outputs['exported-stages'], troublesOf(job)]).toEqual(['base', []])
    expect(await saved(inputs)).toEqual(['ran builder'])
  })

  it('by the post step where the time does not suffice', async () => {
    const inputs = { 'cache-backends': 'gha' }
    await project.cacheService.setFaults([{ on: 'write', path: 'CreateCacheEntry', delayMs: 3000 }])
    const prepared = await project.prepare(inputs)
    const main = prepared.startMain()
    await main.waitForLine(/builder begins$/)
    await main.cancelLikeRunner()
    const job = await prepared.finish()
    expect([job.main.signal, job.outputs['exported-stages']]).toEqual([null, ''])
    expect(troublesOf(job)).toEqual(['`base`: not yet saved to GitHub’s cache when the job was cancelled'])
    expect(job.summary).toContain('💾 Saved after the job was cancelled: `base`')
    await project.cacheService.setFaults([])
    expect(await saved(inputs)).toEqual(['ran builder'])
  })

  it('by the post step where an upload was cut off, whose name stays reserved', async () => {
    const inputs = { 'cache-backends': 'gha' }
    // The first entry is the record, which says what is going to be saved; the second is a layer.
    await project.cacheService.setFaults([{ path: '^/blobs/2\\b', on: 'write', hang: true }])
    const prepared = await project.prepare(inputs)
    const main = prepared.startMain()
    await main.waitForLine(/builder begins$/)
    await main.cancelLikeRunner()
    const job = await prepared.finish()
    expect(troublesOf(job)).toEqual(['`base`: not yet saved to GitHub’s cache when the job was cancelled'])
    expect(job.summary).toContain('💾 Saved after the job was cancelled: `base`')
    const layers = (await project.cacheService.entries()).filter(({ key }) => key.startsWith('buildkit-blob-'))
    expect(layers.filter(({ complete }) => !complete)).toHaveLength(1)
    expect(layers.filter(({ key }) => key.includes('#'))).toMatchObject([{ complete: true }])
    expect(await saved(inputs)).toEqual(['ran builder'])
  })
})

it('a job that is killed once a stage is in GitHub’s cache costs nothing of that stage', async () => {
  const inputs = { 'cache-backends': 'gha', outputs: 'type=cacheonly' }
  const text = (await readFile(join(project.directory, 'Dockerfile'), 'utf8')).replace('sleep 100', 'echo "ran builder"')
  await project.write('Dockerfile', `${text}FROM base AS last\nRUN echo "ran last"\nCOPY --from=builder /etc/os* /\n`)
  const prepared = await project.prepare(inputs)
  const main = prepared.startMain()
  const isSaved = async () =>
    (await project.cacheService.entries()).some(({ key, complete }) => complete && key.startsWith('index-cache-base'))
  while (!(await isSaved())) await new Promise(resolve => setTimeout(resolve, 10))
  process.kill(-main.pid, 'SIGKILL')
  await main.done
  const killed = await prepared.finish()
  expect(killed.post?.log).toContain('The main step was killed before it could say what became of the build')
  expect(killed.summary).toContain('killed before its summary was written')
  const next = await project.job(inputs)
  expect([next.main.exitCode, troublesOf(next)]).toEqual([0, []])
  expect(outputOfSteps(next).filter(line => line.startsWith('ran '))).not.toContain('ran base')
  const requests = async () => {
    await project.cacheService.resetCounts()
    const job = await project.job(inputs)
    expect([job.outputs['cache-hit'], job.outputs['exported-stages']]).toEqual(['true', ''])
    return (await project.cacheService.requests()).length
  }
  // The record is sure of all from then on, and nobody asks for more.
  expect(await requests()).toBeLessThan(12)
})

/** Waits until the cache service was asked for this. */
async function asked(pattern: RegExp) {
  while (!(await project.cacheService.requests()).some(request => pattern.test(request)))
    await new Promise(resolve => setTimeout(resolve, 50))
}

/** Command lines of processes, on this machine or in its containers, that have this text in them. */
async function runningSteps(text: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  // Ended meanwhile: there is nothing to read.
  const commands = await Promise.all(pids.map(pid => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return commands.filter(command => command.startsWith('/bin/sh') && command.includes(text))
}

function expectCancelled(job: Job) {
  expect(job.main.exitCode).toBe(1)
  expect(job.main.signal).toBeNull()
  expect(job.main.annotations.filter(({ level }) => level === 'warning').map(({ message }) => message)).toEqual([
    expect.stringMatching(/^The job was cancelled/)
  ])
  expect(job.main.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
    expect.stringMatching(/^The job was cancelled\. /)
  ])
  expect(job.outputs['cache-hit']).toBe('false')
  expect([job.post?.exitCode, job.leftProcesses]).toEqual([0, []])
}
