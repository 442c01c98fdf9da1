// A cache that cannot be read or written: the build passes, within stated bounds, and the summary says once what was lost.
import { freshMachine } from '../../testbed/builder.mjs'
import { startProxy } from '../../testbed/proxy.mjs'
import type { Fault } from '../../testbed/proxy.mjs'
import { theTestBed } from '../../testbed/where.mjs'
import { newProject } from './project'
import type { Job, Project } from './project'
import { outputOfSteps } from './steps'
import { troublesOf } from './trouble'

const stages = ['base', 'python-deps', 'node-deps', 'builder', 'runtime']
const notLookedUp = (place: string) => `Could not look up what is saved in ${place}`
const notSaved = (place: string) => `${stages.map(stage => `\`${stage}\``).join(', ')}: not saved to ${place}`
const inGha = [notLookedUp('GitHub’s cache'), notSaved('GitHub’s cache')]
const inRegistry = [notLookedUp('the registry'), notSaved('the registry')]
const notRestored = 'Could not restore the local directory'

// Seconds that a job without trouble may take here, and what is allowed on top: for a service to answer, for a registry to answer,
// for an export to a backend that did not, and for the four times that BuildKit tries an upload.
const usual = 60
const service = 15
const registry = 10
const doubtful = 30
const uploads = 40

const oneStage = { Dockerfile: 'FROM busybox AS base\nRUN echo "ran base"\n' }
const throttled = { status: 429, headers: { 'retry-after': '300' } }

interface Case {
  readonly backend: 'registry' | 'gha' | 'local'
  readonly fault: Fault
  readonly files?: Readonly<Record<string, string>>
  readonly said: readonly string[]
  readonly seconds: number
  readonly afterwards?: number
}

describe('trouble that takes time', () => {
  const cases: readonly Case[] = [
    { backend: 'gha', fault: { status: 500 }, said: inGha, seconds: usual + service },
    { backend: 'gha', fault: { status: 429 }, said: inGha, seconds: usual + doubtful },
    { backend: 'gha', fault: { hang: true }, said: inGha, seconds: usual + service + doubtful },
    { backend: 'local', fault: { status: 500 }, said: [notRestored], seconds: usual + service, afterwards: service },
    { backend: 'local', fault: { hang: true }, said: [notRestored], seconds: usual + service, afterwards: service },
    { backend: 'registry', fault: { status: 500 }, said: inRegistry, seconds: usual + uploads },
    { backend: 'registry', fault: { hang: true }, said: inRegistry, seconds: usual + registry + doubtful },
    // Each request takes 5 s: slow is no trouble.
    { backend: 'registry', fault: { delayMs: 5000 }, files: oneStage, said: [], seconds: usual + 75 },
    // Throttled: for longer than anybody waits, and for a moment.
    { backend: 'registry', fault: { ...throttled, on: 'write' }, said: [notSaved('the registry')], seconds: usual + uploads },
    {
      backend: 'gha',
      fault: { status: 429, headers: { 'retry-after': '2' }, on: 'write', times: 4 },
      said: [],
      seconds: usual + service
    },
    // The connection breaks within a blob, once.
    { backend: 'registry', fault: { on: 'write', resetAfterBytes: 400, times: 1 }, said: [], seconds: usual + registry },
    {
      backend: 'gha',
      fault: { on: 'write', path: '/blobs/', resetAfterBytes: 400, times: 1 },
      said: [],
      seconds: usual + service
    }
  ]
  let jobs: readonly Job[]
  const projects: Project[] = []
  // At the same time, since most of it is waiting.
  beforeAll(async () => {
    await freshMachine()
    jobs = await Promise.all(cases.map(one => troubledJob(one, projects)))
  })
  afterAll(async () => {
    for (const project of projects) await project.remove()
  })

  it.each(cases.map((one, index) => ({ ...one, index })))(
    '$backend: $fault',
    ({ index, said, seconds, afterwards = 0, backend, files }) => {
      const job = jobs[index] as Job
      expectBuilt(job, seconds, files ? ['base'] : stages)
      expect(troublesOf(job)).toEqual(said)
      expect(job.post?.seconds).toBeLessThan(5 + afterwards)
      if (backend === 'local') expectNotKept(job)
    }
  )
})

async function troubledJob({ backend, fault, files }: Case, projects: Project[]): Promise<Job> {
  const project = await newProject(files)
  projects.push(project)
  const proxy = await startProxy(theTestBed().registry, { faults: [fault] })
  await project.cacheService.setFaults([fault])
  const image = { 'cache-image': `${proxy.host}/${project.repository}/cache` }
  const job = await project.job({ 'cache-backends': backend, ...(backend === 'registry' ? image : {}) }, { sameMachine: true })
  await proxy.stop()
  return job
}

describe('the cache service', () => {
  let project: Project
  beforeAll(async () => {
    project = await newProject()
  })
  afterAll(() => project.remove())
  const nowhere = { cacheUrl: 'http://127.0.0.1:9/' }

  it('gha: nobody listens there', async () => {
    const job = await project.job({ 'cache-backends': 'gha' }, nowhere)
    expectBuilt(job)
    expect(troublesOf(job)).toEqual(inGha)
  })

  it('local: nobody listens there', async () => {
    const job = await project.job({ 'cache-backends': 'local' }, nowhere)
    expectBuilt(job)
    expect(troublesOf(job)).toEqual([notRestored])
    expectNotKept(job)
  })

  it('one that hangs costs its seconds once, however many cache mounts ask for theirs', async () => {
    const mounts = ['/one', '/two', '/three']
    const steps = mounts.map(mount => `RUN --mount=type=cache,target=${mount} echo kept >${mount}/kept\n`)
    const asking = await newProject({ Dockerfile: `FROM busybox AS base\n${steps.join('')}` })
    await asking.cacheService.setFaults([{ hang: true }])
    const job = await asking.job({ 'cache-backends': 'registry' })
    await asking.remove()
    expect([job.main.exitCode, job.main.seconds < service + 30]).toEqual([0, true])
    for (const mount of mounts) {
      expect(job.main.log).toContain(`- Cache mount ${mount} could not be restored.`)
      expect(job.main.log).toContain(`- Cache mount ${mount} could not be saved.`)
    }
  }, 120_000)

  it.each(['gha', 'local'])('%s: the token only reads', async backend => {
    const job = await project.job({ 'cache-backends': backend }, { cacheService: 'read-only' })
    expectBuilt(job)
    expect(troublesOf(job)).toEqual(['This job may not write to GitHub’s cache'])
    expect(job.post?.annotations).toEqual([])
    expect(await project.cacheService.entries()).toEqual([])
  })

  it('gha: there is none', async () => {
    const job = await project.job({ 'cache-backends': 'gha' }, { cacheService: 'off' })
    expectBuilt(job)
    expect(troublesOf(job)).toEqual(['This job has no cache service of GitHub'])
    expect(job.main.annotations.map(({ level, message }) => [level, message])).toEqual([
      [
        'warning',
        'This job has no cache service of GitHub. Use cache-backends: registry with cache-image, or a runner that offers the service.'
      ]
    ])
  })

  it.each(['gha', 'local'])('%s: a token that only reads serves to use what others saved', async backend => {
    const saved = await newProject()
    await saved.job({ 'cache-backends': backend })
    const job = await saved.job({ 'cache-backends': backend }, { cacheService: 'read-only' })
    await saved.remove()
    expect([job.outputs['cache-hit'], troublesOf(job)]).toEqual(['true', []])
  })
})

describe('the registry', () => {
  let project: Project
  let proxy: Awaited<ReturnType<typeof startProxy>>
  beforeAll(async () => {
    project = await newProject()
    proxy = await startProxy(theTestBed().registry)
  })
  afterAll(async () => {
    await proxy.stop()
    await project.remove()
  })
  const inputs = () => ({ 'cache-backends': 'registry', 'cache-image': `${proxy.host}/${project.repository}/cache` })
  const refused = 'This job may not write to the registry'

  it('is down', async () => {
    const down = await startProxy(theTestBed().registry)
    await down.stop()
    const job = await project.job({ 'cache-backends': 'registry', 'cache-image': `${down.host}/${project.repository}/cache` })
    expectBuilt(job)
    expect(troublesOf(job)).toEqual(inRegistry)
  })

  it.each([
    { on: 'write', status: 401, said: [refused] },
    { on: 'write', status: 403, said: [refused] },
    { status: 401, said: [notLookedUp('the registry'), refused] },
    { status: 403, said: [notLookedUp('the registry'), refused] }
  ] as const)('answers $status, on: $on', async ({ said, ...fault }) => {
    proxy.traffic.setFaults([fault])
    const job = await project.job(inputs())
    expectBuilt(job)
    expect(troublesOf(job)).toEqual(said)
    expect(job.stages.flatMap(({ refs }) => refs.map(({ exported }) => exported))).toEqual(stages.map(() => 'not-allowed'))
  })
})

/** The build passed although every step had to run, and took no longer than it may. */
function expectBuilt(job: Job, seconds = usual, built: readonly string[] = stages) {
  expect([job.main.exitCode, job.post?.exitCode, job.leftProcesses]).toEqual([0, 0, []])
  expect(outputOfSteps(job).toSorted()).toEqual(built.map(stage => `ran ${stage}`).sort())
  expect(job.outputs).toMatchObject({ 'cache-hit': 'false', 'cache-hit-rate': '0.00' })
  expect(job.main.seconds).toBeLessThan(seconds)
}

/** Built and exported, but not carried to the next job; post says so in a summary of its own. */
function expectNotKept(job: Job) {
  expect(job.outputs['exported-stages']).toBe(stages.join(','))
  expect(job.summary).toContain('**Could not save the local directory**')
  expect(job.post?.annotations.map(({ level }) => level)).toEqual(['warning'])
}
