// The local directory on machines that do not keep it: what travels through GitHub's cache, entry by entry.
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { push } from '../../testbed/events.mjs'
import { newProject } from './project'
import type { Project } from './project'
import { stagesRun, stepsRun } from './steps'
import { troublesOf } from './trouble'

const local = { 'cache-backends': 'local' }
const layers = (stage: string) => `stage-cache-build-layers-${stage}_`

/** Layers of random bytes, which nothing makes smaller: 3 MB, 4 MB, then what a code edit makes anew; runtime keeps a layer of its own of 1 MB. */
const dockerfile = `FROM busybox AS base
RUN head -c 3000000 /dev/urandom > /system
FROM base AS deps
COPY requirements.txt .
RUN head -c 4000000 /dev/urandom > /packages
FROM base AS tools
RUN head -c 500000 /dev/urandom > /tool
FROM deps AS builder
COPY src src
RUN head -c 50000 /dev/urandom > /bundle && cat src/* /packages | wc -c
FROM base AS runtime
RUN head -c 1000000 /dev/urandom > /fonts
COPY --from=tools /tool /tool
COPY --from=builder /bundle /bundle
RUN head -c 20000 /dev/urandom > /compiled
`
const files = { Dockerfile: dockerfile, 'requirements.txt': 'flask\n', 'src/app.js': 'app\n' }
const stages = ['base', 'deps', 'tools', 'builder', 'runtime']

let project: Project
beforeEach(async () => {
  project = await newProject(files)
})
afterEach(() => project.remove())

/** Entries that carry the directory: not the records of what stages were made from. */
async function entries() {
  const all = await project.cacheService.entries()
  return all.filter(({ key }) => /^stage-cache-build-(local|layers)-/.test(key))
}

it('ten code edits upload a tenth of the directory at most, each two entries and an index', async () => {
  await project.job(local)
  const first = await entries()
  expect(first.map(({ key }) => key.split('_')[0]).sort()).toEqual(
    ['stage-cache-build-local-all', ...stages.map(stage => `stage-cache-build-layers-${stage}`)].sort()
  )
  const whole = await sizeOf(project.cacheDir)
  let uploaded = 0
  for (let edit = 0; edit < 10; edit++) {
    const before = await entries()
    await project.edit('src/app.js')
    const job = await project.job(local)
    expect([stagesRun(job), troublesOf(job)]).toEqual([['builder', 'runtime'], []])
    const made = (await entries()).filter(({ id }) => before.every(one => one.id !== id))
    expect(made.map(({ key }) => key.split('_')[0]).sort()).toEqual([
      'stage-cache-build-layers-builder',
      'stage-cache-build-layers-runtime',
      'stage-cache-build-local-all'
    ])
    uploaded += bytesOf(made)
  }
  expect(whole).toBeGreaterThan(8_500_000)
  expect(uploaded / 10).toBeLessThan(whole / 10)
}, 240_000)

it('an unchanged build uploads nothing, and asks little', async () => {
  await project.job(local)
  const before = await entries()
  await project.cacheService.resetCounts()
  const job = await project.job(local)
  const counts = await project.cacheService.counts()
  expect([job.outputs['cache-hit'], stepsRun(job), troublesOf(job)]).toEqual(['true', [], []])
  expect([counts.writes, await entries()]).toEqual([0, before])
  // Two for the record, two for the index, and for each entry whether it is there, where, and its bytes.
  expect(counts.requests).toBeLessThanOrEqual(4 + 3 * stages.length)
}, 60_000)

it('builds of changing content: what a new machine fetches stays within 1.2 times the directory', async () => {
  await project.job(local)
  const edits: readonly (() => Promise<void>)[] = [
    () => project.edit('src/app.js'),
    () => project.edit('requirements.txt'),
    () => project.write('Dockerfile', dockerfile.replace('/fonts', `/fonts${Math.random()}`))
  ]
  const builds = Number(process.env['BUILDS'] ?? 8)
  for (let build = 1; build < builds; build++) {
    await edits[build % edits.length]?.()
    const job = await project.job(local)
    expect(troublesOf(job)).toEqual([])
  }
  await project.cacheService.resetCounts()
  const job = await project.job(local)
  expect(job.outputs['cache-hit']).toBe('true')
  const { bytesOut } = await project.cacheService.counts()
  const directory = await sizeOf(project.cacheDir)
  if (process.env['BUILDS'])
    console.log({ builds, bytesOut, directory, inService: bytesOf(await entries()), made: (await entries()).length })
  expect(bytesOut).toBeLessThan(1.2 * directory)
  // Of two builds of the largest size there is.
  expect(directory).toBeLessThan(11_000_000)
}, 900_000)

it('a stage that leaves the Dockerfile is fetched no more', async () => {
  await project.job(local)
  await project.write('Dockerfile', dockerfile.replace(/FROM base AS tools\n.*\n/, '').replace(/COPY --from=tools.*\n/, ''))
  expect(stagesRun(await project.job(local))).toEqual(['runtime'])
  expect(await project.cacheService.evict(layers('tools'))).toHaveLength(1)
  const job = await project.job(local)
  expect([stepsRun(job), troublesOf(job)]).toEqual([[], []])
}, 60_000)

it('a branch uploads what it made, and fetches the rest from the default branch’s entries', async () => {
  await project.job(local)
  await project.edit('src/app.js')
  const before = await entries()
  const inBranch = { event: push('feature/login') }
  expect(stagesRun(await project.job(local, inBranch))).toEqual(['builder', 'runtime'])
  const made = (await entries()).filter(({ id }) => before.every(one => one.id !== id))
  expect(made.map(({ key, scope }) => [key.split('_')[0], key.includes('_BRANCH_feature__login'), scope]).sort()).toEqual(
    ['layers-builder', 'layers-runtime', 'local-all'].map(name => [`stage-cache-build-${name}`, true, 'refs/heads/feature/login'])
  )
  const again = await project.job(local, inBranch)
  expect([stepsRun(again), again.outputs['exported-stages'], troublesOf(again)]).toEqual([[], '', []])
  // The default branch knows nothing of it.
  expect(stagesRun(await project.job(local))).toEqual(['builder', 'runtime'])
}, 90_000)

it('a machine that keeps the directory moves nothing', async () => {
  await project.job(local)
  await project.edit('src/app.js')
  const before = await entries()
  await project.cacheService.resetCounts()
  const edited = await project.job(local, { sameDirectory: true })
  const next = await project.job(local, { sameDirectory: true })
  expect([stagesRun(edited), stepsRun(next), troublesOf(edited), troublesOf(next)]).toEqual([['builder', 'runtime'], [], [], []])
  expect(await entries()).toEqual(before)
  // The record of what stages were made from is all that comes and goes.
  const { bytesIn, bytesOut } = await project.cacheService.counts()
  expect(bytesIn + bytesOut).toBeLessThan(50_000)
}, 60_000)

it('two steps of one job: two images, and one of them twice, each find the next time what they saved', async () => {
  const other = { ...local, tags: `${project.image}-other:1`, target: 'deps' }
  const oneJob = async (keep: { sameDirectory?: true } = {}) => {
    const env = { RUNNER_TEMP: `${project.directory}-temp` }
    await rm(env.RUNNER_TEMP, { recursive: true, force: true })
    await mkdir(env.RUNNER_TEMP)
    const first = await project.prepare({ ...local, target: 'builder' }, { env, ...keep })
    await first.startMain().done
    const second = await project.prepare(other, { env, sameDirectory: true })
    await second.startMain().done
    const third = await project.prepare(local, { env, sameDirectory: true })
    await third.startMain().done
    const [c, b, a] = [await third.finish(), await second.finish(), await first.finish()]
    await rm(env.RUNNER_TEMP, { recursive: true, force: true })
    return [a, b, c]
  }
  await oneJob()
  const jobs = await oneJob()
  expect(jobs.map(job => [stepsRun(job), troublesOf(job), job.post?.annotations])).toEqual(jobs.map(() => [[], [], []]))
}, 120_000)

it.each([
  { harm: 'evict', stage: 'deps', run: ['builder', 'deps', 'runtime'] },
  { harm: 'evict', stage: 'tools', run: ['runtime', 'tools'] },
  { harm: 'damage', stage: 'builder', run: ['builder', 'runtime'] },
  { harm: 'damage', stage: 'runtime', run: ['runtime'] }
] as const)(
  'an entry that is gone or broken ($harm) costs its stage, and what is made from it: $stage',
  async ({ harm, stage, run }) => {
    await project.job(local)
    expect(await project.cacheService[harm](layers(stage))).toHaveLength(1)
    const job = await project.job(local)
    expect([job.main.exitCode, stagesRun(job)]).toEqual([0, run])
    expect(troublesOf(job)).toEqual([`\`${stage}\`: gone or damaged in the local directory`])
    expect(job.stages.find(({ name }) => name === stage)?.reason?.code).toBe('cache-evicted')
    const next = await project.job(local)
    expect([next.outputs['cache-hit'], stepsRun(next), troublesOf(next)]).toEqual(['true', [], []])
  },
  60_000
)

it('an entry that the service does not give costs its stage for once, and is not said to be gone', async () => {
  await project.job(local)
  const [tools] = await project.cacheService.entries().then(all => all.filter(({ key }) => key.startsWith(layers('tools'))))
  await project.cacheService.setFaults([{ path: `^/blobs/${tools?.id}`, status: 500 }])
  const job = await project.job(local)
  expect([job.main.exitCode, stagesRun(job)]).toEqual([0, ['runtime', 'tools']])
  expect(troublesOf(job)).toEqual(['Could not restore the local directory'])
  expect(job.stages.find(({ name }) => name === 'tools')?.reason?.code).toBe('cache-unreachable')
  await project.cacheService.setFaults([])
  expect([stepsRun(await project.job(local))]).toEqual([[]])
}, 90_000)

function bytesOf(some: readonly { readonly bytes: number }[]): number {
  return some.reduce((sum, { bytes }) => sum + bytes, 0)
}

async function sizeOf(directory: string): Promise<number> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true })
  const sizes = found.filter(entry => entry.isFile()).map(async entry => (await stat(join(entry.parentPath, entry.name))).size)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
