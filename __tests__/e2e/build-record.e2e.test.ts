import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startRelay } from '../../testbed/relay.mjs'
import { theTestBed } from '../../testbed/where.mjs'
import { builds } from './docker-calls'
import { newProject } from './project'
import type { Job, Project, RunOptions } from './project'

const on: RunOptions = { buildRecords: true }
const dockerfile = `FROM busybox AS deps
RUN echo "ran deps" > /deps
FROM deps AS app
ARG GREETING
COPY code .
RUN --mount=type=secret,id=PASSWORD test "$(cat code)" = right && cat /run/secrets/PASSWORD > /dev/null
`
const inputs = { 'cache-backends': 'gha', secrets: 'PASSWORD=the-secret-of-the-record' }
let project: Project
let relay: Awaited<ReturnType<typeof startRelay>>

beforeAll(async () => {
  relay = await startRelay()
})
afterAll(() => relay.stop())
beforeEach(async () => {
  project = await newProject({ Dockerfile: dockerfile, code: 'right' })
})
afterEach(() => project.remove())

const exportsOf = ({ calls }: Job) => calls.filter(([, command]) => command === 'history')
const notices = ({ main }: Job) => main.annotations.filter(({ level }) => level === 'notice')
const refOf = ({ outputs }: Job) =>
  String((JSON.parse(outputs['metadata'] ?? '{}') as Record<string, unknown>)['buildx.build.ref']).split('/')[2] ?? ''

/** All files of a downloaded record, one after the other. */
async function unpack(url: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'record-'))
  const file = join(folder, 'record')
  await writeFile(file, Buffer.from(await (await fetch(url)).arrayBuffer()))
  const { stdout } = await promisify(execFile)('tar', ['-xzOf', file], { maxBuffer: 64 << 20, encoding: 'latin1' })
  await rm(folder, { recursive: true })
  return stdout
}

it('the record of each build is an artifact of the run, and holds no secret', async () => {
  const cold = await project.job(inputs, on)
  const prepared = await project.prepare(inputs, { ...on, env: { DOCKER_BUILD_RECORD_RETENTION_DAYS: '5' } })
  await prepared.startMain().done
  const warm = await prepared.finish()
  expect([cold.main.exitCode, warm.main.exitCode, warm.outputs['cache-hit']]).toEqual([0, 0, 'true'])
  const artifacts = await project.cacheService.artifacts()
  const names = [cold, warm].map(job => `acme~app~${refOf(job).slice(0, 6).toUpperCase()}.dockerbuild`)
  expect(artifacts.map(({ name, complete }) => [name, complete])).toEqual(names.map(name => [name, true]))
  const [, last] = artifacts
  expect(Math.round((Date.parse(last?.expiresAt ?? '') - Date.now()) / 86_400_000)).toBe(5)
  expect(warm.summary).toContain(`Build record [\`${names[1]}\`](./1001/artifacts/2)`)
  expect(warm.main.log).toContain(`Build record: artifact ${names[1]}`)

  const record = await unpack(last?.url ?? '')
  const parts = ['application/vnd.buildkit.historyrecord.v0', `"Ref": "${refOf(warm)}"`, '[app 1/2] COPY code .', 'cache-imports']
  expect(parts.filter(part => !record.includes(part))).toEqual([])
  // BuildKit was given both.
  const secrets = ['the-secret-of-the-record', prepared.env['ACTIONS_RUNTIME_TOKEN'] ?? '']
  expect(secrets.filter(secret => record.includes(secret))).toEqual([])

  // One process more than without it.
  expect(exportsOf(warm)).toHaveLength(1)
  expect(warm.calls.length - builds(warm.calls).length).toBeLessThanOrEqual(6)
}, 90_000)

it.each([
  ["Docker's own builder", {}],
  ['a builder that is made for the job', { driver: 'remote' }]
])(
  'a build that failed has one, on %s',
  async (_, builder) => {
    await project.write('code', 'wrong')
    const given = 'driver' in builder ? { ...builder, endpoint: relay.endpoint } : builder
    const job = await project.job({ ...inputs, ...given, 'cache-export': 'eager' }, on)
    expect([job.main.exitCode, job.outputs['exported-stages'], notices(job)]).toEqual([1, 'deps', []])
    const [artifact, ...more] = await project.cacheService.artifacts()
    expect(more).toEqual([])
    expect(job.summary).toContain(`Build record [\`${artifact?.name}\`]`)
    const record = await unpack(artifact?.url ?? '')
    const parts = ['did not complete successfully: exit code: 1', 'RUN --mount=type=secret,id=PASSWORD']
    expect(parts.filter(part => !record.includes(part))).toEqual([])
  },
  60_000
)

it('a build whose stages are not known has one', async () => {
  const job = await project.job({ context: `http://${theTestBed().registry}/nothing/here.git` }, on)
  expect([job.main.exitCode, notices(job)]).toEqual([1, []])
  const [artifact] = await project.cacheService.artifacts()
  expect(job.summary).toContain(`Build record [\`${artifact?.name}\`]`)
  const record = await unpack(artifact?.url ?? '')
  expect(record.includes('nothing/here.git')).toBe(true)
}, 60_000)

it.each([
  ['turned off', { DOCKER_BUILD_RECORD_UPLOAD: 'false' }],
  ['turned off with the summary', { DOCKER_BUILD_SUMMARY: 'false' }],
  ['not of this server', { GITHUB_SERVER_URL: 'https://git.acme.example' }]
])(
  '%s: nothing is started for it',
  async (_, env) => {
    const job = await project.job(inputs, { ...on, env })
    expect([job.main.exitCode, exportsOf(job), notices(job)]).toEqual([0, [], []])
    expect(await project.cacheService.artifacts()).toEqual([])
    expect(job.summary).not.toContain('Build record')
  },
  60_000
)

it('a service that refuses is one notice, and the build is what it was', async () => {
  await project.cacheService.setFaults([{ path: 'ArtifactService', status: 403 }])
  const job = await project.job({ ...inputs, 'cache-backends': 'registry', push: 'true' }, on)
  expect([job.main.exitCode, job.outputs['exported-stages']]).toEqual([0, 'deps,app'])
  expect(notices(job)).toEqual([
    expect.objectContaining({ title: 'No build record', message: expect.stringContaining('CreateArtifact') as string })
  ])
  expect(job.main.annotations).toHaveLength(1)
  expect(job.summary).not.toContain('Build record')
}, 60_000)

it('days that are no number are a notice, and nothing is uploaded', async () => {
  const job = await project.job(inputs, { ...on, env: { DOCKER_BUILD_RECORD_RETENTION_DAYS: 'a week' } })
  expect([job.main.exitCode, exportsOf(job)]).toEqual([0, []])
  expect(notices(job)).toEqual([expect.objectContaining({ message: expect.stringContaining('a week') as string })])
}, 60_000)
