import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newProject } from './project'
import type { Job, Project } from './project'

const files = {
  Dockerfile: `FROM busybox AS base
COPY tools /tools
FROM base AS deps
COPY lock /
RUN cat /lock
FROM deps AS app
COPY data /data
COPY src /src
`,
  tools: '1',
  lock: '1',
  'src/app.js': '1',
  data: randomBytes(50_000).toString('base64')
}
let project: Project
beforeAll(async () => {
  project = await newProject(files)
})
afterAll(() => project.remove())

const inputs = { push: 'true', 'metrics-file': 'build.prom' }
const warnings = ({ main }: Job) => main.annotations.filter(({ level }) => level === 'warning').map(({ message }) => message)
const figure = async (name: string) =>
  (await readFile(join(project.directory, 'build.prom'), 'utf8'))
    .split('\n')
    .find(line => line.startsWith(`stage_cache_build_${name}{`))
    ?.split(' ')
    .at(-1)

it('after three builds that changed little, one that rebuilds all is a warning', async () => {
  for (let build = 0; build < 4; build++) {
    await project.edit('src/app.js')
    const job = await project.job(inputs)
    expect([job.main.exitCode, warnings(job)]).toEqual([0, []])
  }
  await project.edit('tools')
  const job = await project.job(inputs)
  expect([job.main.exitCode, warnings(job)]).toEqual([
    0,
    [expect.stringMatching(/^Hit rate 0 %, and 80 % on average of the last 3 builds/)]
  ])
  expect(job.summary).toContain('⚠️ Hit rate 0 %, and 80 % on average')
  expect(await figure('average_hit_ratio')).toBe('0.8')
})

it('an image that grew is a warning, once', async () => {
  const before = Number(await figure('image_size_bytes'))
  expect(before).toBeGreaterThan(50_000)
  await project.write('data', randomBytes(500_000).toString('base64'))
  const job = await project.job(inputs)
  expect(warnings(job)).toEqual([expect.stringMatching(/^The image grew from .* more; max-image-growth is 20 %/)])
  const now = Number(await figure('image_size_bytes'))
  expect(now - before).toBeGreaterThan(400_000)
  await project.edit('src/app.js')
  const next = await project.job(inputs)
  expect(warnings(next)).toEqual([])
  expect(next.summary).toMatch(/🐳 .* · [\d.]+\sMB\n/)
})

it('a job that changes nothing writes no record', async () => {
  const before = (await project.cacheService.requests()).length
  const job = await project.job({ push: 'true' })
  expect(job.outputs['cache-hit']).toBe('true')
  const asked = (await project.cacheService.requests()).slice(before)
  expect(asked.filter(request => /CreateCacheEntry/.test(request))).toEqual([])
})
