import { existsSync } from 'node:fs'
import { open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { newProject } from './project'
import type { Project } from './project'
import { stepsRun } from './steps'
import { troublesOf } from './trouble'

const local = { 'cache-backends': 'local' }
/** As a runner that lives on: the directory stays, and nothing else keeps it. */
const ownRunner = { cacheService: 'off', sameDirectory: true } as const

let project: Project
beforeEach(async () => {
  project = await newProject()
})
afterEach(() => project.remove())

it('a runner without a cache service keeps the directory itself', async () => {
  const cold = await project.job(local, ownRunner)
  const next = await project.job(local, ownRunner)
  expect([cold, next].map(({ outputs }) => outputs['cache-hit'])).toEqual(['false', 'true'])
  expect([...troublesOf(cold), ...troublesOf(next), ...stepsRun(next)]).toEqual([])
  expect([cold.post?.exitCode, cold.post?.annotations]).toEqual([0, []])
}, 60_000)

describe('a damaged directory is reported and mended', () => {
  const index = () => join(project.cacheDir, 'index.json')
  const blobs = () => join(project.cacheDir, 'blobs/sha256')
  const all = 'Did not use the local directory: it was damaged'
  // The largest blob is the base image, which every stage is made from.
  const base = '`base`: gone or damaged in the local directory'

  it.each([
    { damage: 'a blob of other content', says: base, harm: async () => flipByte(await largest(blobs())) },
    {
      damage: 'a blob that is cut off',
      says: base,
      harm: async () => await open(await largest(blobs()), 'r+').then(async file => file.truncate(99).finally(() => file.close()))
    },
    { damage: 'a missing blob', says: base, harm: async () => rm(await largest(blobs())) },
    {
      damage: 'a truncated index.json',
      says: all,
      harm: async () => writeFile(index(), (await readFile(index(), 'utf8')).slice(0, 100))
    },
    { damage: 'a missing index.json', says: all, harm: () => rm(index()) }
  ])(
    '$damage',
    async ({ harm, says }) => {
      await project.job(local, ownRunner)
      await harm()
      const job = await project.job(local, ownRunner)
      expect([job.main.exitCode, job.outputs['cache-hit-rate']]).toEqual([0, '0.00'])
      expect(troublesOf(job)).toEqual([says])
      const next = await project.job(local, ownRunner)
      expect([next.outputs['cache-hit'], stepsRun(next), troublesOf(next)]).toEqual(['true', [], []])
    },
    90_000
  )

  it('a layer of one stage', async () => {
    await project.write('Dockerfile', ownLayers)
    await project.job(local, ownRunner)
    await flipByte(await smallest(blobs(), 1_000_000))
    const job = await project.job(local, ownRunner)
    expect([stepsRun(job), troublesOf(job)]).toEqual([
      ['tools 1/1', 'app 1/2', 'app 2/2'],
      ['`tools`: gone or damaged in the local directory']
    ])
    const next = await project.job(local, ownRunner)
    expect([stepsRun(next), troublesOf(next)]).toEqual([[], []])
  }, 60_000)
})

const ownLayers = `FROM busybox AS base
RUN head -c 3000000 /dev/urandom > /system
FROM base AS tools
RUN head -c 1000000 /dev/urandom > /tool
FROM base AS deps
RUN head -c 1500000 /dev/urandom > /packages
FROM deps AS app
COPY --from=tools /tool /tool
RUN wc -c /tool /packages > /app
`

it('20 builds, each with a new layer of 1 MB, leave a directory no larger than two do', async () => {
  await project.write(
    'Dockerfile',
    'FROM busybox AS base\nCOPY salt .\nRUN head -c 1000000 /dev/urandom > data\nFROM base AS app\nCOPY salt other\n'
  )
  const sizes: number[] = []
  for (let build = 0; build < 20; build++) {
    await project.write('salt', `${build}`)
    const job = await project.job(local, { ...ownRunner, sameMachine: true })
    expect(job.outputs['exported-stages']).toBe('base,app')
    sizes.push(await sizeOf(project.cacheDir))
  }
  const [first = 0] = sizes
  expect(first).toBeGreaterThan(1_000_000)
  expect(Math.max(...sizes)).toBeLessThan(first + 1_000_000)
  expect(
    await readdir(join(project.cacheDir, '..')).then(names =>
      names.filter(name => name.startsWith(`${basename(project.cacheDir)}.new-`))
    )
  ).toEqual([])
}, 180_000)

it('images of two jobs at the same time share a directory', async () => {
  const other = await newProject()
  const build = (one: Project, keep: { sameMachine?: true; sameDirectory?: true }) =>
    one.job({ ...local, 'cache-dir': project.cacheDir }, { cacheService: 'off', ...keep })
  await Promise.all([build(project, { sameMachine: true }), build(other, { sameMachine: true })])
  const next = [await build(project, { sameDirectory: true }), await build(other, { sameDirectory: true })]
  await other.remove()
  expect(next.map(({ outputs }) => outputs['cache-hit'])).toEqual(['true', 'true'])
}, 120_000)

const memory = existsSync('/dev/shm') ? it : it.skip
memory(
  'on another file system than the runner’s own',
  async () => {
    const inputs = { ...local, 'cache-dir': `/dev/shm/${project.id}/cache` }
    try {
      const cold = await project.job(inputs)
      await rm(`/dev/shm/${project.id}`, { recursive: true })
      const next = await project.job(inputs)
      expect([cold, next].flatMap(job => troublesOf(job))).toEqual([])
      expect([next.outputs['cache-hit'], stepsRun(next)]).toEqual(['true', []])
    } finally {
      await rm(`/dev/shm/${project.id}`, { recursive: true, force: true })
    }
  },
  60_000
)

async function largest(directory: string): Promise<string> {
  const files = await Promise.all(
    (await readdir(directory)).map(async name => ({
      path: join(directory, name),
      size: (await stat(join(directory, name))).size
    }))
  )
  return files.toSorted((a, b) => b.size - a.size)[0]?.path ?? ''
}

/** The smallest file of so many bytes at least. */
async function smallest(directory: string, atLeast: number): Promise<string> {
  const paths = (await readdir(directory)).map(name => join(directory, name))
  const files = await Promise.all(paths.map(async path => ({ path, size: (await stat(path)).size })))
  return files.filter(({ size }) => size >= atLeast).toSorted((a, b) => a.size - b.size)[0]?.path ?? ''
}

async function flipByte(path: string) {
  const bytes = await readFile(path)
  bytes[100] = 255 - (bytes[100] ?? 0)
  await writeFile(path, bytes)
}

async function sizeOf(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const sizes = entries.filter(entry => entry.isFile()).map(async entry => (await stat(join(entry.parentPath, entry.name))).size)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
