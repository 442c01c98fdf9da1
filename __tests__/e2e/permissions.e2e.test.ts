// Who may write: forks, strangers' code under the repository's own rights, and what cache-write says.
import { readdir } from 'node:fs/promises'
import { onBranch, pullRequest, push } from '../../testbed/events.mjs'
import { startProxy } from '../../testbed/proxy.mjs'
import { listTags } from '../../testbed/registry.mjs'
import { theTestBed } from '../../testbed/where.mjs'
import { newProject } from './project'
import type { Job, Project } from './project'
import { stepsRun } from './steps'
import { troublesOf } from './trouble'

const dockerfile = 'FROM busybox AS base\nRUN echo "ran base"\nFROM base AS app\nRUN echo "ran app"\n'
const all = { 'cache-backends': 'registry, gha, local' }
const refused = (place: string) => `This job may not write to ${place}`

let project: Project
beforeEach(async () => {
  project = await newProject({ Dockerfile: dockerfile })
})
afterEach(() => project.remove())

const exported = (job: Job) => job.stages.map(({ refs }) => refs.map(ref => ref.exported).join())

it('a pull request from a fork: nothing is tried in the registry, GitHub’s cache is written', async () => {
  const proxy = await startProxy(theTestBed().registry)
  const job = await project.job(
    { 'cache-backends': 'registry, gha', 'cache-image': `${proxy.host}/${project.repository}` },
    { event: pullRequest({ fork: true }) }
  )
  await proxy.stop()
  expect(job.main.exitCode).toBe(0)
  expect(proxy.traffic.counts.writes).toBe(0)
  expect(exported(job)).toEqual(['not-allowed,yes', 'not-allowed,yes'])
  expect(job.main.log).toContain('Nothing is saved in the registry: a pull request from a fork may only read it.')
  expect(troublesOf(job)).toEqual([refused('the registry')])
  expect(job.summary).toContain('Pull requests from forks may only read packages: nothing is wrong')
})

it('a pull request from a fork with a token that writes, and cache-write: true', async () => {
  const job = await project.job(
    { 'cache-backends': 'registry', 'cache-write': 'true' },
    { event: pullRequest({ fork: true, number: 9 }) }
  )
  expect([troublesOf(job), await listTags(project.repository)]).toEqual([[], ['cache-app_PR_9', 'cache-base_PR_9']])
})

describe('a stranger’s code in a job with the repository’s own rights', () => {
  const target = pullRequest({ fork: true, target: true, number: 5 })
  const followed = {
    ...onBranch('workflow_run'),
    payload: {
      repository: { default_branch: 'main' },
      workflow_run: {
        event: 'pull_request',
        head_branch: 'main',
        head_repository: { full_name: 'stranger/app' },
        pull_requests: []
      }
    }
  }

  it.each([
    { event: target, suffix: '_PR_5' },
    { event: followed, suffix: '_BRANCH_stranger_3amain' }
  ])('$event.name: reads the default branch’s cache, writes its own', async ({ event, suffix }) => {
    const inputs = { 'cache-backends': 'registry' }
    await project.job(inputs)
    await project.write('Dockerfile', dockerfile.replace('ran app', 'ran evil'))
    const job = await project.job(inputs, { event })
    expect([job.main.exitCode, troublesOf(job), stepsRun(job)]).toEqual([0, [], ['app 1/1']])
    expect(await listTags(project.repository)).toEqual(['cache-app', `cache-app${suffix}`, 'cache-base'])
    await project.write('Dockerfile', dockerfile)
    expect(stepsRun(await project.job(inputs))).toEqual([])
  })

  it('pull_request_target with cache-scope: shared: nothing is written anywhere', async () => {
    const job = await project.job({ ...all, 'cache-scope': 'shared' }, { event: target })
    expect([job.main.exitCode, exported(job)]).toEqual([0, Array(2).fill('not-allowed,not-allowed,not-allowed')])
    expect(troublesOf(job)).toEqual(['the registry', 'GitHub’s cache', 'the local directory'].map(refused))
    await expectNothingSaved()
  })
})

describe('cache-write', () => {
  it('false: writes nothing, and reads', async () => {
    const job = await project.job({ ...all, 'cache-write': 'false' })
    expect([job.main.exitCode, troublesOf(job), job.outputs['exported-stages']]).toEqual([0, [], ''])
    expect(job.main.log).toContain('Nothing is saved: cache-write: false.')
    await expectNothingSaved()
    await project.job({ 'cache-backends': 'gha' })
    const before = (await project.cacheService.entries()).length
    expect(stepsRun(await project.job({ 'cache-backends': 'gha', 'cache-write': 'false' }))).toEqual([])
    expect((await project.cacheService.entries()).length).toBe(before)
  })

  it('true: a token that only reads is tried, and the refusal reported once', async () => {
    const job = await project.job(
      { 'cache-backends': 'gha', 'cache-write': 'true' },
      { event: push(), cacheService: 'read-only' }
    )
    expect([job.main.exitCode, troublesOf(job)]).toEqual([0, [refused('GitHub’s cache')]])
    expect(job.summary).toContain('no writable scopes')
  })

  it('ACTIONS_CACHE_MODE: read', async () => {
    const job = await project.job({ 'cache-backends': 'gha' }, { env: { ACTIONS_CACHE_MODE: 'read' } })
    expect([job.main.exitCode, troublesOf(job)]).toEqual([0, [refused('GitHub’s cache')]])
    expect(job.summary).toContain('cache-mode')
  })
})

async function expectNothingSaved() {
  expect(await listTags(project.repository)).toEqual([])
  expect(await project.cacheService.entries()).toEqual([])
  expect(await readdir(project.cacheDir).catch(() => [])).toEqual([])
}
