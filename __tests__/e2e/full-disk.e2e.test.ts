// Disks that are full: the build passes, the summary says what was lost and why, and the next job is as it should be.
import { execFile } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { newProject } from './project'
import type { Project } from './project'
import { stepsRun } from './steps'
import { troublesOf } from './trouble'

const run = promisify(execFile)
const describeAsRoot = process.getuid?.() === 0 && process.platform === 'linux' ? describe : describe.skip

describeAsRoot('a full disk', () => {
  let project: Project
  let disk: string
  const mountDisk = async (size: string) => {
    disk = `${project.directory}-disk`
    await mkdir(disk)
    await run('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk])
  }
  afterEach(async () => {
    await run('umount', [disk])
    await rm(disk, { recursive: true })
    await project.remove()
  })

  it('with the local directory', async () => {
    project = await newProject()
    await mountDisk('200k')
    const inputs = { 'cache-backends': 'local', 'cache-dir': `${disk}/cache` }
    const job = await project.job(inputs, { cacheService: 'off', sameDirectory: true })
    expect([job.main.exitCode, job.post?.exitCode]).toEqual([0, 0])
    // What fails first depends on what still fits: the words of BuildKit differ, the stages that are lost do not.
    const troubles = troublesOf(job)
    expect(troubles.every(trouble => trouble.endsWith(': not saved to the local directory'))).toBe(true)
    const lost = troubles.flatMap(trouble => trouble.match(/`[a-z-]+`/g) ?? [])
    expect([...lost].sort()).toEqual(['`base`', '`builder`', '`node-deps`', '`python-deps`', '`runtime`'])
  }, 60_000)

  it('with the runner’s temporary files: uploads to GitHub’s cache, and cache mounts both ways', async () => {
    const megabytes = (path: string) => `head -c 3000000 /dev/urandom >${path}`
    project = await newProject({
      Dockerfile: `FROM busybox AS base\nARG EDITION\nRUN --mount=type=cache,target=/kept ls /kept; ${megabytes('/kept/file')}\nRUN ${megabytes('/layer')}\n`
    })
    await mountDisk('2m')
    const inputs = { 'cache-backends': 'gha' }
    const full = { env: { RUNNER_TEMP: disk } }
    const first = await project.job(inputs, full)
    expect([first.main.exitCode, first.post?.exitCode]).toEqual([0, 0])
    expect(troublesOf(first)).toEqual(['`base`: not saved to GitHub’s cache', 'Cache mount `/kept` could not be saved'])
    expect(first.summary.split('The disk is full').length).toBe(3)
    const second = await project.job(inputs)
    expect([second.main.exitCode, second.outputs['cache-hit'], troublesOf(second)]).toEqual([0, 'false', []])
    const edited = await project.job({ ...inputs, 'build-args': 'EDITION=2' }, full)
    expect(edited.main.exitCode).toBe(0)
    expect(troublesOf(edited)).toEqual([
      'Cache mount `/kept` could not be restored',
      '`base`: not saved to GitHub’s cache',
      'Cache mount `/kept` could not be saved'
    ])
    expect(edited.summary.split('The disk is full').length).toBe(4)
    const again = await project.job(inputs)
    expect([again.outputs['cache-hit'], stepsRun(again), troublesOf(again)]).toEqual(['true', [], []])
  }, 120_000)
})
