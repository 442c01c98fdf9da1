import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onBranch, pullRequest, push } from '../../testbed/events.mjs'
import { inputVariables } from '../../testbed/job-environment.mjs'
import { holds, prepareJob, removeJobs, runJob } from '../../testbed/runner.mjs'

const action = join(import.meta.dirname, 'fixtures/action')
let workspace: string

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'workspace-'))
})
afterAll(async () => {
  await removeJobs()
  await rm(workspace, { recursive: true })
})

describe('a job', () => {
  it('gives main and post what a runner gives them and collects what they leave', async () => {
    const job = await runJob({ action, workspace, inputs: { say: 'hello', 'With Space-and-dash': 'yes' }, event: push('dev') })
    expect(job.main.exitCode).toBe(0)
    expect(job.outputs).toEqual({
      plain: 'a=b',
      long: 'first\nsecond',
      said: 'hello',
      dashes: 'yes',
      version: expect.stringMatching(/^24\./)
    })
    expect(job.exported).toEqual({ LATER: 'yes' })
    expect(job.summary).toBe('# Summary\n')
    expect(job.main.annotations).toEqual([
      { level: 'warning', message: 'one\ntwo', title: 'A: title', file: 'Dockerfile', line: 3 }
    ])
    expect(job.main.groups).toEqual(['On stderr'])
    expect(job.main.shown).toContain('the token is ***')
    expect(job.main.log).toContain('on refs/heads/dev by push')
    expect(job.post?.log).toBe('post knows 42')
    expect(job.leftProcesses).toEqual([])
  })

  it('is cancelled with SIGINT first, and its post step runs', async () => {
    const job = await prepareJob({ action, workspace, inputs: { wait: '100' } })
    const main = job.startMain()
    await main.waitForLine(/^waiting$/)
    const { exitCode, seconds, log } = await main.cancelLikeRunner()
    expect({ exitCode, interrupted: log.includes('interrupted') }).toEqual({ exitCode: 3, interrupted: true })
    expect(seconds).toBeLessThan(7)
    expect((await job.finish()).post?.log).toBe('post knows 42')
  })

  it('is ended when it takes too long', async () => {
    const job = await runJob({ action, workspace, inputs: { wait: '60000' }, timeoutSeconds: 1 })
    expect(job.main).toMatchObject({ exitCode: null, signal: 'SIGKILL' })
  })

  it('tells what ended before an awaited line', async () => {
    const job = await prepareJob({ action, workspace })
    await expect(job.startMain().waitForLine(/never/)).rejects.toThrow('ended without a line /never/')
    await job.finish()
  })
})

describe('the environment', () => {
  it('has every declared input, defaults evaluated, and undeclared ones', () => {
    const declared = {
      inputs: { a: { default: 'x' }, 'b c': {}, 'd-e': { default: '${{ github.token }}' }, f: { default: false } }
    }
    expect(inputVariables(declared, { A: '', other: '1' }, { token: 't' })).toEqual({
      INPUT_A: '',
      INPUT_B_C: '',
      'INPUT_D-E': 't',
      INPUT_F: 'false',
      INPUT_OTHER: '1'
    })
    expect(() => inputVariables({ inputs: { a: { default: '${{ secrets.x }}' } } }, {}, {})).toThrow('secrets.x')
  })

  it('of a job without a cache service names none', async () => {
    const { env } = await prepareJob({ action, workspace, cacheService: 'off', env: { CI: undefined, MORE: '1' } })
    expect(env).not.toHaveProperty('ACTIONS_RESULTS_URL')
    expect(env).not.toHaveProperty('CI')
    expect(env).toMatchObject({ MORE: '1', GITHUB_REPOSITORY: 'acme/app' })
  })

  it.each([
    ['always()', true, true],
    ['success()', false, false],
    ['failure() || success()', false, true],
    ['!cancelled() && success()', true, true]
  ])('post-if %s after success=%s is %s', (condition, success, expected) => {
    expect(holds(condition, success)).toBe(expected)
  })
})

describe('events', () => {
  it.each([
    [push('main'), 'refs/heads/main', ['refs/heads/main:3']],
    [push('dev'), 'refs/heads/dev', ['refs/heads/dev:3', 'refs/heads/main:1']],
    [pullRequest({ base: 'dev' }), 'refs/pull/7/merge', ['refs/pull/7/merge:3', 'refs/heads/dev:1', 'refs/heads/main:1']],
    [pullRequest({ target: true }), 'refs/heads/main', ['refs/heads/main:1']],
    [onBranch('schedule'), 'refs/heads/main', ['refs/heads/main:3']]
  ])('%#: ref and cache scopes', (event, ref, scopes) => {
    expect(event.ref).toBe(ref)
    expect(event.scopes.map(one => `${one.scope}:${one.permission}`)).toEqual(scopes)
  })
})
