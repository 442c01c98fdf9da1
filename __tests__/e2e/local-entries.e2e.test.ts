// The local directory on machines that do not keep it: what travels through GitHub's cache, entry by entry.
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
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
  console.log(JSON.stringify({ whole, first: bytesOf(first), uploaded }))
  expect(whole).toBeGreaterThan(8_500_000)
  expect(uploaded / 10).toBeLessThan(whole / 10)
}, 240_000)

it('an unchanged build uploads nothing, and asks little', async () => {
  await project.job(local)
  const before = await entries()
  await project.cacheService.resetCounts()
  const job = await project.job(local)
  const counts = await project.cacheService.counts()
  console.log(JSON.stringify(counts), (await project.cacheService.requests()).join('\n'))
  expect([job.outputs['cache-hit'], stepsRun(job), troublesOf(job)]).toEqual(['true', [], []])
  expect([counts.writes, await entries()]).toEqual([0, before])
}, 60_000)

describe.each(['evict', 'damage'] as const)('an entry that is gone or broken (%s)', harm => {
  it.each([
    { stage: 'deps', run: ['builder', 'deps', 'runtime'] },
    { stage: 'tools', run: ['runtime', 'tools'] },
    { stage: 'builder', run: ['builder', 'runtime'] },
    { stage: 'runtime', run: ['runtime'] }
  ])(
    'of $stage costs that stage, and what is made from it',
    async ({ stage, run }) => {
      await project.job(local)
      expect(await project.cacheService[harm](layers(stage))).toHaveLength(1)
      const job = await project.job(local)
      expect([job.main.exitCode, stagesRun(job)]).toEqual([0, run])
      expect(troublesOf(job)).toEqual([`\`${stage}\`: gone or damaged in the local directory`])
      const next = await project.job(local)
      expect([next.outputs['cache-hit'], stepsRun(next), troublesOf(next)]).toEqual(['true', [], []])
    },
    60_000
  )
})

function bytesOf(some: readonly { readonly bytes: number }[]): number {
  return some.reduce((sum, { bytes }) => sum + bytes, 0)
}

async function sizeOf(directory: string): Promise<number> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true })
  const sizes = found.filter(entry => entry.isFile()).map(async entry => (await stat(join(entry.parentPath, entry.name))).size)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
