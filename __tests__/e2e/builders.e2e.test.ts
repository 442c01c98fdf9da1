import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { makeCertificates } from '../../testbed/certificates.mjs'
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
  const used = await jobWith(inputs, ['buildx', 'create', '--name', 'team.builder', '--driver', 'remote', relay.endpoint])
  expect([used.job.main.exitCode, used.job.outputs['builder'], used.left]).toEqual([0, 'team.builder', ['team.builder']])
  expect(builds(used.job.calls)).not.toEqual([])
  expect(used.job.calls.filter(([, command]) => command === 'create' || command === 'rm')).toEqual([])
}, 60_000)

it('a builder that an earlier step made is used and left alone', async () => {
  const before = ['buildx', 'create', '--name', 'mine', '--driver', 'remote', relay.endpoint]
  const { job, left } = await jobWith({ builder: 'mine' }, before)
  expect([job.main.exitCode, job.outputs['builder'], left]).toEqual([0, 'mine', ['mine']])
})

describe('use', () => {
  /** A job, and the builder that docker uses by itself after main and after post. */
  async function jobUsing(inputs: Inputs, before: readonly (readonly string[])[] = [], between: readonly string[] = []) {
    const prepared = await project.prepare({ driver: 'remote', endpoint: relay.endpoint, ...inputs })
    const docker = async (args: readonly string[]) => (await promisify(execFile)('docker', args, { env: prepared.env })).stdout
    const current = async () => /^Name: *(\S+)/m.exec(await docker(['buildx', 'inspect']))?.[1]
    for (const args of before) await docker(args)
    await prepared.startMain().done
    const main = await current()
    if (between.length > 0) await docker(between)
    const job = await prepared.finish()
    return { job, main, post: await current() }
  }
  const createMine = ['buildx', 'create', '--use', '--name', 'mine', '--driver', 'remote']

  it('later steps get the builder, until it is removed', async () => {
    const { job, main, post } = await jobUsing({ use: 'true' })
    expect([job.main.exitCode, main, post]).toEqual([0, job.outputs['builder'], 'default'])
    expect(job.outputs['builder']).toMatch(/^stage-cache-/)
    expect(job.post?.annotations).toEqual([])
  })

  it('the one that was current is so again', async () => {
    const before = [[...createMine, relay.endpoint]]
    const { job, main, post } = await jobUsing({ use: 'true', name: 'ours' }, before)
    expect([job.post?.exitCode, main, post]).toEqual([0, 'ours', 'mine'])
  })

  it('a builder of that name that is there is made current, and no longer so afterwards', async () => {
    const there = ['buildx', 'create', '--name', 'ours', '--driver', 'remote', relay.endpoint]
    const { job, main, post } = await jobUsing({ use: 'true', name: 'ours' }, [there])
    expect([job.post?.exitCode, main, post]).toEqual([0, 'ours', 'default'])
  })

  it('what a later step chose stays', async () => {
    const { main, post } = await jobUsing({ use: 'true', name: 'ours' }, [], [...createMine, relay.endpoint])
    expect([main, post]).toEqual(['ours', 'mine'])
  })

  it('without it nothing changes, and cleanup: false leaves it', async () => {
    expect((await jobUsing({})).main).toBe('default')
    const { job, post } = await jobUsing({ use: 'true', cleanup: 'false' })
    expect(post).toBe(job.outputs['builder'])
  })
})

it('node-platforms; the outputs tell what the builder is', async () => {
  const inputs = { driver: 'remote', endpoint: relay.endpoint, name: 'ours', 'node-platforms': 'amd64,linux/riscv64' }
  const { job } = await jobWith(inputs)
  const { name, driver, platforms, nodes } = job.outputs
  expect([name, driver, platforms]).toEqual(['ours', 'remote', 'linux/amd64,linux/riscv64'])
  expect(JSON.parse(nodes ?? '')).toEqual([
    expect.objectContaining({ name: 'ours0', endpoint: relay.endpoint, status: 'running', platforms })
  ])
  const { job: own } = await jobWith({ driver: 'docker' }, ['buildx', 'create', '--use', '--driver', 'remote', relay.endpoint])
  expect([own.outputs['name'], own.outputs['driver'], own.outputs['platforms']]).toEqual([
    'default',
    'docker',
    expect.stringContaining('linux/')
  ])
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

withoutImages('an engine behind TLS that the environment names has a context for the time of the builder', async () => {
  const certificates = await makeCertificates()
  const engine = await startRelay({ tls: certificates, to: 'engine' })
  const directory = await mkdtemp(join(tmpdir(), 'docker-certs-'))
  try {
    await writeFile(join(directory, 'ca.pem'), certificates.ca)
    await writeFile(join(directory, 'cert.pem'), certificates.client.cert)
    await writeFile(join(directory, 'key.pem'), certificates.client.key)
    const env = { DOCKER_HOST: engine.endpoint, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: directory }
    const inputs = { driver: 'docker-container', 'driver-opts': 'image=127.0.0.1:9/buildkit:none' }
    const prepared = await project.prepare(inputs, { env })
    await prepared.startMain().done
    const job = await prepared.finish()
    const creates = job.calls
      .filter(call => call.includes('create'))
      .map(call => [call[0], call.at(-1)?.replace(/[-0-9a-f]{36}$/, '…')])
    expect(creates).toEqual([
      ['buildx', expect.stringContaining('--buildkitd-config=')],
      ['context', 'stage-cache-…'],
      ['buildx', 'stage-cache-…']
    ])
    // It got as far as asking that engine for the image.
    expect([job.main.exitCode, job.post?.exitCode, engine.connections() > 0]).toEqual([1, 0, true])
    expect(job.main.annotations.map(({ message }) => message)).toEqual([expect.stringContaining('127.0.0.1:9')])
    const { stdout } = await promisify(execFile)('docker', ['context', 'ls', '--quiet'], { env: prepared.env })
    expect(stdout.split('\n').filter(name => name.startsWith('stage-cache-'))).toEqual([])
  } finally {
    await engine.stop()
    await rm(directory, { recursive: true })
  }
})
