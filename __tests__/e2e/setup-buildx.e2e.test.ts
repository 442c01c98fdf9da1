import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serveGit } from '../../testbed/git-server.mjs'
import { listen } from '../../testbed/listen.mjs'
import { theTestBed } from '../../testbed/where.mjs'
import { builds } from './docker-calls'
import { newProject } from './project'
import type { Inputs, Project } from './project'

// Where docker is installed, buildx stands in a directory of the system too.
const bed = theTestBed()
const ownEngine = bed.engine === 'own' ? describe : describe.skip

let project: Project
let configs: string[]
beforeEach(async () => {
  project = await newProject()
  configs = []
})
afterEach(async () => {
  for (const config of configs) await rm(config, { recursive: true })
  await project.remove()
})

/** A machine of its own as far as docker's plugins go. */
async function dockerConfig(plugin: 'buildx' | 'none'): Promise<string> {
  const config = await mkdtemp(join(tmpdir(), 'docker-config-'))
  configs.push(config)
  await mkdir(join(config, 'cli-plugins'))
  if (plugin === 'buildx') await writeProgram(join(config, 'cli-plugins/docker-buildx'), wrapper('0.1.0'))
  return config
}

/** The buildx of the test bed, which says that it is of another version. */
function wrapper(version: string): string {
  const real = join(bed.env['DOCKER_CONFIG'] ?? '', 'cli-plugins/docker-buildx')
  return `#!/bin/sh\nif [ "$*" = 'buildx version' ]; then echo 'github.com/docker/buildx v${version} 0000000'; exit; fi\nexec '${real}' "$@"\n`
}

async function writeProgram(path: string, text: string): Promise<void> {
  await writeFile(path, text)
  await chmod(path, 0o755)
}

const installed = (config: string) => readFile(join(config, 'cli-plugins/docker-buildx'), 'utf8')

/** Releases as a mirror has them, and what was asked for. */
async function serveReleases() {
  const asked: string[] = []
  const platform = `linux-${{ x64: 'amd64' }[process.arch as string] ?? process.arch}`
  const files: Record<string, string> = {
    '/buildx-releases.json': JSON.stringify({ latest: { tag_name: 'v0.36.1' }, edge: { tag_name: 'v0.37.0-rc1' } }),
    [`/download/v0.36.1/buildx-v0.36.1.${platform}`]: wrapper('0.36.1'),
    [`/download/v0.37.0-rc1/buildx-v0.37.0-rc1.${platform}`]: wrapper('0.37.0-rc1')
  }
  const server = await listen(async ({ url = '' }, response) => {
    asked.push(url)
    const text = files[url]
    response.writeHead(text === undefined ? 404 : 200).end(text)
  })
  return { url: `http://127.0.0.1:${server.port}/`, asked, stop: server.stop }
}

ownEngine('buildx-version', () => {
  let releases: Awaited<ReturnType<typeof serveReleases>>
  beforeEach(async () => {
    releases = await serveReleases()
  })
  afterEach(() => releases.stop())

  const job = async (inputs: Inputs, config: string, more: Record<string, string> = {}) =>
    project.job(
      { 'cache-backends': 'local', ...inputs },
      { env: { DOCKER_CONFIG: config, DOCKER_BUILDX_MIRROR: releases.url, ...more } }
    )

  it.each([
    ['v0.36.1', '0.36.1', 1],
    ['latest', '0.36.1', 2],
    ['edge', '0.37.0-rc1', 2]
  ])('%s is fetched, installed and used', async (asked, version, requests) => {
    const config = await dockerConfig('buildx')
    const built = await job({ 'buildx-version': asked }, config)
    expect([built.main.exitCode, releases.asked.length, await installed(config)]).toEqual([0, requests, wrapper(version)])
    expect(built.outputs['exported-stages']).not.toBe('')
  })

  it('what is there is not fetched again, nor what is in the tool cache', async () => {
    const config = await dockerConfig('buildx')
    const tools = await mkdtemp(join(tmpdir(), 'tools-'))
    configs.push(tools)
    await job({ 'buildx-version': '0.36.1' }, config, { RUNNER_TOOL_CACHE: tools })
    const there = await job({ 'buildx-version': '0.36.1' }, config, { RUNNER_TOOL_CACHE: tools })
    const other = await dockerConfig('buildx')
    const cached = await job({ 'buildx-version': '0.36.1' }, other, { RUNNER_TOOL_CACHE: tools })
    expect([there.main.exitCode, cached.main.exitCode, releases.asked.length]).toEqual([0, 0, 1])
    expect(await installed(other)).toBe(wrapper('0.36.1'))
  })

  it('one that cannot be had stops the job', async () => {
    const built = await job({ 'buildx-version': 'v0.99.0' }, await dockerConfig('buildx'))
    expect([built.main.exitCode, builds(built.calls)]).toEqual([1, []])
    expect(built.main.annotations.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^buildx-version: v0\.99\.0 cannot be had: http:\/\/127\.0\.0\.1:\d+\/download\/v0\.99\.0\/.*: 404/)
    ])
  })

  it('is built from a repository', async () => {
    const git = await serveGit()
    try {
      const Dockerfile = 'FROM scratch AS binaries\nCOPY buildx /\nFROM binaries\n'
      await git.commit('docker/buildx', { Dockerfile, buildx: wrapper('0.0.1-dev') })
      const config = await dockerConfig('buildx')
      const built = await job({ 'buildx-version': `${git.url}/docker/buildx.git#main` }, config)
      expect([built.main.exitCode, await installed(config)]).toEqual([0, wrapper('0.0.1-dev')])
    } finally {
      await git.stop()
    }
  })

  /** Another machine of the same kind: its plugin directory is at the same place, and nothing is in it. */
  async function emptied(config: string, tools: string): Promise<void> {
    await writeProgram(join(config, 'cli-plugins/docker-buildx'), wrapper('0.1.0'))
    await rm(tools, { recursive: true })
    await mkdir(tools)
  }
  const kept = async () => (await project.cacheService.entries()).filter(({ key }) => key.includes('buildx'))

  it("what was fetched is in GitHub's cache for the next machine; cache-binary: false looks and saves nowhere, cache-write: false and cache-export: off look", async () => {
    const config = await dockerConfig('buildx')
    const tools = await mkdtemp(join(tmpdir(), 'tools-'))
    configs.push(tools)
    const asking = (inputs: Inputs = {}) => job({ 'buildx-version': '0.36.1', ...inputs }, config, { RUNNER_TOOL_CACHE: tools })
    const saveNothing: readonly Inputs[] = [{ 'cache-binary': 'false' }, { 'cache-write': 'false' }, { 'cache-export': 'off' }]
    for (const [times, inputs] of saveNothing.entries()) {
      await asking(inputs)
      expect([releases.asked.length, await kept()]).toEqual([times + 1, []])
      await emptied(config, tools)
    }
    const fetched = await asking()
    expect([fetched.post?.exitCode, releases.asked.length, (await kept()).length]).toEqual([0, 4, 1])
    expect(fetched.post?.log).toContain("buildx saved to GitHub's cache as stage-cache-build-buildx-dl-bin-0.36.1-linux-")
    await emptied(config, tools)
    const restored = await asking({ 'cache-write': 'false' })
    expect([restored.main.exitCode, releases.asked.length, await installed(config)]).toEqual([0, 4, wrapper('0.36.1')])
    expect(await readdir(join(config, 'cli-plugins'))).toEqual(['docker-buildx'])
    // From there it is in the tool cache, too.
    await writeProgram(join(config, 'cli-plugins/docker-buildx'), wrapper('0.1.0'))
    await project.cacheService.reset()
    expect([(await asking()).main.exitCode, releases.asked.length, await installed(config)]).toEqual([0, 4, wrapper('0.36.1')])
    await emptied(config, tools)
    await asking({ 'cache-binary': 'false' })
    expect(releases.asked.length).toBe(5)
  }, 90_000)

  it('what was built of a repository is kept by its commit', async () => {
    const git = await serveGit()
    try {
      const commit = async (version: string) => {
        const Dockerfile = 'FROM scratch AS binaries\nCOPY buildx /\nFROM binaries\n'
        return git.commit('docker/buildx', { Dockerfile, buildx: wrapper(version) })
      }
      const config = await dockerConfig('buildx')
      const tools = await mkdtemp(join(tmpdir(), 'tools-'))
      configs.push(tools)
      const asking = async () => {
        const version = `${git.url}/docker/buildx.git#main`
        const made = await job({ 'buildx-version': version }, config, { RUNNER_TOOL_CACHE: tools })
        const own = builds(made.calls).filter(call => call.includes('--target=binaries'))
        await rm(join(config, 'buildx'), { recursive: true, force: true })
        return [made.main.exitCode, own.length, await installed(config)]
      }
      await commit('0.0.1-dev')
      expect(await asking()).toEqual([0, 1, wrapper('0.0.1-dev')])
      await emptied(config, tools)
      expect(await asking()).toEqual([0, 0, wrapper('0.0.1-dev')])
      await commit('0.0.2-dev')
      await emptied(config, tools)
      expect(await asking()).toEqual([0, 1, wrapper('0.0.2-dev')])
    } finally {
      await git.stop()
    }
  }, 90_000)

  it('docker without buildx gets the newest', async () => {
    const config = await dockerConfig('none')
    const built = await job({}, config)
    expect([built.main.exitCode, await installed(config)]).toEqual([0, wrapper('0.36.1')])
    expect(built.outputs['exported-stages']).not.toBe('')
  })
})

ownEngine('fallback: no buildx, and none to be had', () => {
  const job = async (inputs: Inputs = {}) => {
    const config = await dockerConfig('none')
    // Nobody listens there.
    return project.job(inputs, { env: { DOCKER_CONFIG: config, DOCKER_BUILDX_MIRROR: 'http://127.0.0.1:2' } })
  }

  it('builds without BuildKit, says so once, and pushes', async () => {
    const built = await job({ push: 'true', labels: 'made=plain' })
    expect([built.main.exitCode, built.main.annotations.map(({ message }) => message)]).toEqual([
      0,
      [expect.stringMatching(/^Docker has no buildx here, so the image was built without BuildKit/)]
    ])
    expect(built.outputs['imageid']).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(built.outputs['digest']).toMatch(/^sha256:[0-9a-f]{64}$/)
    const pushed = await fetch(`http://${bed.registry}/v2/${project.repository}/manifests/${built.outputs['digest']}`, {
      headers: { accept: 'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json' }
    })
    expect(pushed.status).toBe(200)
    expect(built.summary).toMatch(/Built without caches of stages/)

    const again = await job({ push: 'true', labels: 'made=plain' })
    expect([again.main.exitCode, again.calls.filter(([command]) => command === 'pull').length]).toEqual([0, 1])
    expect(again.main.log).toContain('Using cache')
  })

  it('what only BuildKit can do is refused', async () => {
    const built = await job({ secrets: 'A=hush-hush', sbom: 'true' })
    expect(built.main.exitCode).toBe(1)
    expect(built.main.annotations.map(({ message }) => message)).toEqual([
      expect.stringMatching(/only BuildKit can do what sbom, secrets ask for/)
    ])
    expect(built.calls.filter(([command]) => command !== 'buildx')).toEqual([])
  })

  it('a build that fails', async () => {
    await project.write('Dockerfile', 'FROM busybox\nARG WORD\nRUN echo "$WORD" && exit 7\n')
    const built = await job({ 'build-args': 'WORD=arg-5ecret' })
    expect([built.main.exitCode, built.outputs['imageid']]).toEqual([1, ''])
    expect(built.summary).toMatch(/^❌ \*\*The build failed/)
  })

  it('fallback: false', async () => {
    const built = await job({ fallback: 'false' })
    expect([built.main.exitCode, built.main.annotations.map(({ message }) => message)]).toEqual([
      1,
      [expect.stringMatching(/^Docker has no buildx: buildx-version: latest cannot be had/)]
    ])
  })
})
