import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { startRelay } from '../../testbed/relay.mjs'
import { theTestBed } from '../../testbed/where.mjs'
import { builds, valuesOf } from './docker-calls'
import { newProject } from './project'
import type { Inputs, Project } from './project'
import { stagesRun, stepsRun } from './steps'
import { troublesOf } from './trouble'

let project: Project
let relay: Awaited<ReturnType<typeof startRelay>>
beforeAll(async () => {
  relay = await startRelay()
})
afterAll(() => relay.stop())
beforeEach(async () => {
  project = await newProject()
})
afterEach(() => project.remove())

/** A job, and what the docker command says in the job's own configuration before main and after post. */
async function jobWith(inputs: Inputs, before: readonly string[] = []) {
  const prepared = await project.prepare(inputs)
  const docker = async (args: readonly string[]) => (await promisify(execFile)('docker', args, { env: prepared.env })).stdout
  if (before.length > 0) await docker(before)
  await prepared.startMain().done
  const job = await prepared.finish()
  // Builders, and their nodes: `mine` and `mine0`.
  const names = new Set((await docker(['buildx', 'ls', '--format', '{{.Name}}'])).split('\n').filter(Boolean))
  return { job, left: [...names].filter(name => name !== 'default' && !(name.endsWith('0') && names.has(name.slice(0, -1)))) }
}

describe.each(['registry', 'gha', 'local'])('driver: remote, %s', backend => {
  it('is made for the job, used for every build, and removed afterwards', async () => {
    const inputs = { 'cache-backends': backend, driver: 'remote', endpoint: relay.endpoint }
    const { job: cold, left } = await jobWith(inputs)
    expect([cold.main.exitCode, cold.post?.exitCode, troublesOf(cold), left]).toEqual([0, 0, [], []])
    expect(cold.outputs['builder']).toMatch(/^stage-cache-/)
    expect(builds(cold.calls).flatMap(call => valuesOf(call, '--builder'))).toEqual(
      builds(cold.calls).map(() => cold.outputs['builder'])
    )
    await project.edit('src/app.js')
    const { job: edited } = await jobWith(inputs)
    expect(stagesRun(edited)).toEqual(['builder', 'runtime'])
    const { job: warm } = await jobWith(inputs)
    expect([warm.outputs['cache-hit'], stepsRun(warm), builds(warm.calls).length, warm.leftProcesses]).toEqual([
      'true',
      [],
      1,
      []
    ])
  })
})

it('cleanup: false leaves the builder to later steps', async () => {
  const { job, left } = await jobWith({ driver: 'remote', endpoint: relay.endpoint, cleanup: 'false' })
  expect([job.main.exitCode, left]).toEqual([0, [job.outputs['builder']]])
})

it('input name: a builder of that name is made and removed; one that is there is used and left alone', async () => {
  const inputs = { driver: 'remote', endpoint: relay.endpoint, name: 'Team.builder' }
  const made = await jobWith(inputs)
  expect([made.job.main.exitCode, made.job.outputs['builder'], made.left]).toEqual([0, 'team.builder', []])
  const before = ['buildx', 'create', '--name', 'team.builder', '--driver', 'remote', relay.endpoint]
  const used = await jobWith(inputs, before)
  expect([used.job.main.exitCode, used.job.outputs['builder'], used.left]).toEqual([0, 'team.builder', ['team.builder']])
  expect(used.job.calls.filter(([, command]) => command === 'create' || command === 'rm')).toEqual([before])
}, 60_000)

it('a builder that an earlier step made is used and left alone', async () => {
  const before = ['buildx', 'create', '--name', 'mine', '--driver', 'remote', relay.endpoint]
  const { job, left } = await jobWith({ builder: 'mine' }, before)
  expect([job.main.exitCode, job.outputs['builder'], left]).toEqual([0, 'mine', ['mine']])
})

it('a builder that is not there', async () => {
  const { job } = await jobWith({ builder: 'gone' })
  expect(job.main.exitCode).toBe(1)
  expect(job.main.annotations.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^builder: gone cannot be used: .*no builder "gone" found/)
  ])
  expect(job.summary).toMatch(/^❌ \*\*Nothing was built\*\*\n\n- `builder`: gone cannot be used/)
  expect(builds(job.calls)).toEqual([])
})

// Elsewhere the image of BuildKit can be pulled.
const withoutImages = theTestBed().engine === 'own' ? it : it.skip
withoutImages('a builder that cannot be made leaves nothing behind', async () => {
  const { job, left } = await jobWith({ driver: 'docker-container', 'driver-opts': 'image=127.0.0.1:9/buildkit:none' })
  expect([job.main.exitCode, job.post?.exitCode, left]).toEqual([1, 0, []])
  expect(job.main.annotations.map(({ message }) => message)).toEqual([
    expect.stringMatching(/docker buildx create --driver=docker-container failed: .*127\.0\.0\.1:9/s)
  ])
  expect(builds(job.calls)).toEqual([])
})
