// A cache that cannot be read or written: the build passes, within stated bounds, and the summary says once what was lost.
import { startProxy } from '../../testbed/proxy.mjs'
import { theTestBed } from '../../testbed/where.mjs'
import { newProject } from './project'
import type { Job, Project, RunOptions } from './project'
import { outputOfSteps } from './steps'
import { troublesOf } from './trouble'

const all = '`base`, `python-deps`, `node-deps`, `builder`, `runtime`'
const notLookedUp = (place: string) => `Could not look up what is saved in ${place}`
const notSaved = (place: string) => `${all}: built, but not saved to ${place}`
const gha = [notLookedUp('GitHub’s cache'), notSaved('GitHub’s cache')]
const registry = [notLookedUp('the registry'), notSaved('the registry')]
const notRestored = 'Could not restore the local directory'
const notKept = 'Could not save the local directory'

// Where the project's steps take 2 s: what the trouble itself may cost.
const quick = 20
const answerOfService = 15
const answerOfRegistry = 10
const exportInDoubt = 30

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
afterEach(async () => {
  await project.cacheService.setFaults([])
  proxy.traffic.setFaults([])
})

const nowhere: RunOptions = { cacheUrl: 'http://127.0.0.1:9/' }

describe.each([
  { trouble: 'answers 500', fault: { status: 500 }, options: {}, gha: answerOfService, local: answerOfService },
  { trouble: 'answers 429', fault: { status: 429 }, options: {}, gha: exportInDoubt, local: 0 },
  { trouble: 'hangs', fault: { hang: true }, options: {}, gha: answerOfService + exportInDoubt, local: answerOfService },
  { trouble: 'refuses connections', fault: undefined, options: nowhere, gha: 0, local: 0 }
])('the cache service $trouble', ({ fault, options, ...bounds }) => {
  it('gha', async () => {
    await project.cacheService.setFaults(fault ? [fault] : [])
    const job = await project.job({ 'cache-backends': 'gha' }, options)
    expectBuilt(job, quick + bounds.gha)
    expect(troublesOf(job)).toEqual(gha)
  }, 90_000)

  it('local: the directory is neither restored nor kept', async () => {
    await project.cacheService.setFaults(fault ? [fault] : [])
    const job = await project.job({ 'cache-backends': 'local' }, options)
    expectBuilt(job, quick + bounds.local)
    expect(job.post?.seconds).toBeLessThan(5 + bounds.local)
    expect(job.outputs['exported-stages']).toBe('base,python-deps,node-deps,builder,runtime')
    // The second is of post, which has a summary of its own on GitHub.
    expect(troublesOf(job)).toEqual([notRestored])
    expect(job.summary).toContain(`**${notKept}**`)
    expect(job.post?.annotations.map(({ level }) => level)).toEqual(['warning'])
  }, 90_000)
})

it.each(['gha', 'local'])(
  'a job whose token only reads: %s',
  async backend => {
    const job = await project.job({ 'cache-backends': backend }, { cacheService: 'read-only' })
    expectBuilt(job, quick)
    expect(troublesOf(job)).toEqual(['This job may not write to GitHub’s cache'])
    expect(job.post?.annotations).toEqual([])
    expect(await project.cacheService.entries()).toEqual([])
  },
  60_000
)

it('a job whose token only reads uses what others saved', async () => {
  const shared = await newProject()
  await shared.job({ 'cache-backends': 'gha' })
  const job = await shared.job({ 'cache-backends': 'gha' }, { cacheService: 'read-only' })
  expect([job.outputs['cache-hit'], troublesOf(job)]).toEqual(['true', []])
  await shared.remove()
}, 60_000)

it('a job that has no cache service, although gha is asked for', async () => {
  const job = await project.job({ 'cache-backends': 'gha' }, { cacheService: 'off' })
  expectBuilt(job, quick)
  expect(troublesOf(job)).toEqual(['This job has no cache service of GitHub'])
}, 60_000)

describe('the registry', () => {
  const inputs = () => ({ 'cache-backends': 'registry', 'cache-image': `${proxy.host}/${project.repository}/cache` })

  it('refuses connections', async () => {
    await proxy.refuse()
    const job = await project.job(inputs()).finally(() => proxy.accept())
    expectBuilt(job, quick)
    expect(troublesOf(job)).toEqual(registry)
  }, 60_000)

  // BuildKit tries an upload four times.
  it.each([
    { trouble: 'answers 500', fault: { status: 500 }, seconds: 40 },
    { trouble: 'hangs', fault: { hang: true }, seconds: answerOfRegistry + exportInDoubt }
  ])(
    '$trouble',
    async ({ fault, seconds }) => {
      proxy.traffic.setFaults([fault])
      const job = await project.job(inputs())
      expectBuilt(job, quick + seconds)
      expect(troublesOf(job)).toEqual(registry)
    },
    90_000
  )

  it.each([401, 403])(
    'answers %i to writes',
    async status => {
      proxy.traffic.setFaults([{ on: 'write', status }])
      const job = await project.job(inputs())
      expectBuilt(job, quick)
      expect(troublesOf(job)).toEqual(['This job may not write to the registry'])
      expect(job.stages.flatMap(({ refs }) => refs.map(({ exported }) => exported))).toEqual(Array(5).fill('not-allowed'))
    },
    60_000
  )

  it.each([401, 403])(
    'answers %i to all',
    async status => {
      proxy.traffic.setFaults([{ status }])
      const job = await project.job(inputs())
      expectBuilt(job, quick)
      expect(troublesOf(job)).toEqual([notLookedUp('the registry'), 'This job may not write to the registry'])
    },
    60_000
  )
})

/** The build passed although every step had to run, and took no longer than it may. */
function expectBuilt(job: Job, seconds: number) {
  expect([job.main.exitCode, job.post?.exitCode, job.leftProcesses]).toEqual([0, 0, []])
  expect(outputOfSteps(job).toSorted()).toEqual(
    ['base', 'builder', 'node-deps', 'python-deps', 'runtime'].map(stage => `ran ${stage}`)
  )
  expect(job.outputs).toMatchObject({ 'cache-hit': 'false', 'cache-hit-rate': '0.00' })
  expect(job.main.seconds).toBeLessThan(seconds)
}
