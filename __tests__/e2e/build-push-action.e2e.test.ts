// The cases of docker/build-push-action's own CI (its .github/workflows/ci.yml, one job each) that need nothing from foreign networks: the same inputs and
// the same checks, Dockerfiles of the same kind on base images made here. Where it differs on purpose, the case says so.
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pushBaseImage } from '../../testbed/base-images.mjs'
import { docker } from '../../testbed/builder.mjs'
import { serveGit } from '../../testbed/git-server.mjs'
import { fetchManifest } from '../../testbed/registry.mjs'
import { startRelay } from '../../testbed/relay.mjs'
import { runJob } from '../../testbed/runner.mjs'
import { theTestBed } from '../../testbed/where.mjs'
import { builds, valuesOf } from './docker-calls'
import { newProject } from './project'
import type { Inputs, Job, Project, RunOptions } from './project'

const bed = theTestBed()
const platforms = 'linux/amd64,linux/arm64'
let project: Project
let git: Awaited<ReturnType<typeof serveGit>>
let relay: Awaited<ReturnType<typeof startRelay>>
let many: string
let sha: string

const files = (base: string) => ({
  'test/Dockerfile': 'FROM busybox\nRUN echo "Hello world!"\n',
  'test/addhost.Dockerfile': 'FROM busybox\nRUN cat /etc/hosts\n',
  'test/cgroup.Dockerfile': 'FROM busybox\nRUN cat /proc/self/cgroup\n',
  'test/lint.Dockerfile':
    'frOM busybox as base\ncOpy lint.Dockerfile .\n\nfrom scratch\nMAINTAINER moby@example.com\nCOPy --from=base \\\n  /lint.Dockerfile \\\n  /\n\nCMD [ "echo", "Hello, Norway!" ]\nCMD [ "echo", "Hello, Sweden!" ]\nENTRYPOINT my-program start\n',
  'test/multi.Dockerfile': `FROM --platform=$BUILDPLATFORM ${base} AS build\nARG TARGETPLATFORM\nARG BUILDPLATFORM\nRUN echo "I am running on $BUILDPLATFORM, building for $TARGETPLATFORM" > /log\n\nFROM ${base}\nCOPY --from=build /log /log\n`,
  'test/named-context-base.Dockerfile': 'FROM busybox\nRUN echo "Hello debian!"\n',
  'test/named-context.Dockerfile': 'FROM alpine\nRUN cat /etc/*release\n',
  'test/nocachefilter.Dockerfile':
    'FROM busybox AS base\nRUN echo "Hello world!" > /hello\n\nFROM busybox AS build\nCOPY --from=base /hello /hello\nRUN uname -a\n\nFROM build\n',
  'test/proxy.Dockerfile':
    'FROM busybox\nARG HTTP_PROXY\nARG HTTPS_PROXY\nRUN env | grep HTTP_PROXY=\nRUN env | grep HTTPS_PROXY=\n',
  'test/secret.Dockerfile': 'FROM busybox\nRUN --mount=type=secret,id=MYSECRET echo "MYSECRET=$(cat /run/secrets/MYSECRET)"\n',
  'test/shmsize.Dockerfile': 'FROM busybox\nRUN mount | grep /dev/shm\n',
  'test/ulimit.Dockerfile': 'FROM busybox\nRUN ulimit -a\n',
  'test/secret.txt': 'bar',
  'test/go/Dockerfile':
    'FROM busybox AS base\nWORKDIR /src\n\nFROM base AS build\nRUN --mount=type=bind,target=/src --mount=type=cache,target=/root/.cache/go-build cp main.go /usr/bin/app\n\nFROM scratch AS binary\nCOPY --from=build /usr/bin/app /bin/app\n\nFROM busybox AS image\nCOPY --from=build /usr/bin/app /bin/app\nEXPOSE 8080\nENTRYPOINT ["/bin/app"]\n',
  'test/go/main.go': 'package main\n'
})

beforeAll(async () => {
  relay = await startRelay()
  git = await serveGit()
}, 60_000)
beforeEach(async () => {
  project = await newProject({})
  many = (await pushBaseImage({ name: `e2e/many-${project.id}:1`, platforms: platforms.split(',') })).ref
  const all = files(many)
  for (const [path, text] of Object.entries(all)) await project.write(path, text)
  sha = await git.commit('acme/app', {
    ...all,
    'test/Dockerfile': `FROM ${project.base}\nRUN echo "Hello world!"\n`,
    'multi/Dockerfile': `FROM ${many}\nRUN echo "Hello world!"\n`
  })
}, 60_000)
afterEach(() => project.remove(), 60_000)
afterAll(async () => {
  await git.stop()
  await relay.stop()
})

const test = { context: './test', file: './test/Dockerfile', tags: '', 'cache-backends': 'auto' }
/** As with a builder of docker/setup-buildx-action: one that is not docker's own. */
const container = () => ({ driver: 'remote', endpoint: relay.endpoint })
const tag = (version = 'latest') => `${project.image}:${version}`
const both = () => `${tag()}\n${tag('1.0.0')}`
const inGit = (more: Record<string, string> = {}): RunOptions => ({
  env: { GITHUB_SERVER_URL: git.url, GITHUB_SHA: sha, ...more }
})

async function succeeds(inputs: Inputs, options?: RunOptions): Promise<Job> {
  const job = await project.job({ ...test, ...inputs }, options)
  if (job.main.exitCode !== 0) throw new Error(job.main.shown)
  return job
}

const manifestOf = async (version = 'latest') => (await fetchManifest(project.repository, version))?.manifest
const hasImage = async (name: string) => expect(JSON.parse(await docker(['image', 'inspect', name]))).toHaveLength(1)
async function pushed(job: Job, version = '1.0.0') {
  expect(job.outputs['digest']).toMatch(/^sha256:/)
  expect((await fetchManifest(project.repository, version))?.digest).toBe(job.outputs['digest'])
}

it('minimal', async () => {
  await succeeds({ context: '', file: './test/Dockerfile' }, inGit())
}, 60_000)

it.each([
  ['git-context', {}],
  ['git-context-query', { BUILDX_SEND_GIT_QUERY_AS_INPUT: 'true' }]
])(
  '%s',
  async (_, env) => {
    const job = await succeeds({ context: '', file: './multi/Dockerfile', platforms, push: 'true', tags: both() }, inGit(env))
    await pushed(job)
    expect((await manifestOf('1.0.0'))?.manifests.length).toBeGreaterThanOrEqual(2)
  },
  60_000
)

it('git-context-secret', async () => {
  const secrets = 'GIT_AUTH_TOKEN=a-token\n"MYSECRET=aaaaaaaa\nbbbbbbb\nccccccccc"\nFOO=bar\n"EMPTYLINE=aaaa\n\nbbbb\nccc"\n'
  const job = await succeeds({ context: '', file: './multi/Dockerfile', platforms, push: 'true', tags: both(), secrets }, inGit())
  await pushed(job)
}, 60_000)

it('path-context', async () => {
  await pushed(await succeeds({ push: 'true', tags: both(), ...container() }))
}, 60_000)

it('example', async () => {
  const labels = 'org.opencontainers.image.title=app\norg.opencontainers.image.created=2026-11-20T17:00:00.000Z'
  await succeeds({ load: 'true', tags: both(), labels })
  await hasImage(tag())
  await pushed(await succeeds({ push: 'true', tags: both(), labels }))
}, 60_000)

it('error', async () => {
  const job = await project.job(test, { env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' } })
  expect(job.main.exitCode).toBe(1)
}, 60_000)

it('error-buildx', async () => {
  const job = await project.job({
    ...test,
    platforms: 'linux/386,linux/amd64,linux/arm/v6',
    push: 'true',
    tags: 'localhost:5/name/app:latest'
  })
  expect(job.main.exitCode).toBe(1)
}, 60_000)

it('docker-driver', async () => {
  await pushed(await succeeds({ push: 'true', tags: tag() }), 'latest')
}, 60_000)

it('export-docker', async () => {
  await succeeds({ load: 'true', tags: 'myimage:latest' })
  await hasImage('myimage:latest')
}, 60_000)

// Theirs leave `INVALID_SECRET=` out with a warning; here it is refused.
it.each([
  ['secret', { secrets: 'MYSECRET=foo' }, {}, 'foo'],
  ['secret-files', { 'secret-files': 'MYSECRET=./test/secret.txt' }, {}, 'bar'],
  ['secret-envs', { 'secret-envs': 'MYSECRET=ENV_SECRET' }, { ENV_SECRET: 'baz' }, 'baz']
])(
  '%s',
  async (input, given, env, value) => {
    const job = await succeeds({ context: '.', file: './test/secret.Dockerfile', ...given }, { env })
    expect(job.main.log).toContain(`MYSECRET=${value}`)
    const refused = await project.job({ ...test, [input === 'secret' ? 'secrets' : input]: 'MYSECRET=foo\nINVALID_SECRET=' })
    expect([refused.main.exitCode, refused.calls]).toEqual([1, []])
  },
  60_000
)

it.each([
  ['network', { file: '', network: 'host', allow: '' }, /Hello world/],
  ['shm-size', { file: './test/shmsize.Dockerfile', 'shm-size': '2g' }, /size=2097152k/],
  ['ulimit', { file: './test/ulimit.Dockerfile', ulimit: 'nofile=1024:1024\nnproc=3' }, /1024/],
  ['cgroup-parent', { file: './test/cgroup.Dockerfile', 'cgroup-parent': 'foo' }, /DONE/],
  [
    'add-hosts',
    { file: './test/addhost.Dockerfile', 'add-hosts': 'docker:10.180.0.1\nfoo:10.0.0.1' },
    /10\.180\.0\.1\s+docker[\s\S]*10\.0\.0\.1\s+foo/
  ]
])(
  '%s',
  async (_, inputs: Inputs, said) => {
    const job = await succeeds({ tags: 'name/app:latest', ...inputs })
    expect(job.main.log).toMatch(said)
  },
  60_000
)

it('no-cache-filters', async () => {
  const inputs = {
    file: './test/nocachefilter.Dockerfile',
    'no-cache-filters': 'build',
    tags: 'name/app:latest',
    'cache-from': 'type=gha,scope=nocachefilter',
    'cache-to': 'type=gha,scope=nocachefilter,mode=max'
  }
  await succeeds(inputs)
  const again = await succeeds(inputs)
  expect(again.outputs['cached-stages']).toContain('base')
  expect(again.outputs['rebuilt-stages']).toContain('build')
}, 60_000)

it('attests-compat', async () => {
  await succeeds({ context: './test/go', file: './test/go/Dockerfile', outputs: 'type=cacheonly' })
}, 60_000)

it.each(['mode=max', ''])(
  'provenance: image, %j',
  async provenance => {
    const outputs = `type=image,name=${tag()},push=true`
    await succeeds({ context: './test/go', file: './test/go/Dockerfile', target: 'image', outputs, provenance })
    const attestations = (await manifestOf())?.manifests.filter(
      ({ platform }: { platform: { os: string } }) => platform.os === 'unknown'
    )
    expect(attestations).toHaveLength(1)
  },
  60_000
)

it.each(['mode=max', ''])(
  'provenance: binary, %j',
  async provenance => {
    const out = await mkdtemp(join(tmpdir(), 'buildx-build-'))
    await succeeds({ context: './test/go', file: './test/go/Dockerfile', target: 'binary', outputs: out, provenance })
    expect(await readFile(join(out, 'bin/app'), 'utf8')).toBe('package main\n')
    if (provenance !== '') {
      const said = JSON.parse(await readFile(join(out, 'provenance.json'), 'utf8')) as unknown
      expect(JSON.stringify(said)).toContain('https://github.com/acme/app/actions/runs/1001/attempts/1')
    }
    await rm(out, { recursive: true })
  },
  60_000
)

it('multi', async () => {
  const job = await succeeds({ file: './test/multi.Dockerfile', platforms, push: 'true', tags: both() })
  await pushed(job)
  const found = (await manifestOf('1.0.0'))?.manifests.map(
    ({ platform }: { platform: { architecture: string } }) => platform.architecture
  )
  expect(found).toEqual(expect.arrayContaining(['amd64', 'arm64']))
}, 60_000)

it.each([
  ['docker', 'true', 'false'],
  ['docker', 'false', 'true'],
  ['docker', 'false', 'false'],
  ['remote', 'true', 'false'],
  ['remote', 'false', 'true'],
  ['remote', 'false', 'false']
])(
  'digest: driver %s, load %s, push %s',
  async (driver, load, push) => {
    const job = await succeeds({ file: '', load, push, tags: tag(), ...(driver === 'remote' ? container() : { driver }) })
    const { digest = '', imageid = '' } = job.outputs
    // Theirs wants none of a container that neither loads nor pushes; ours is behind docker's engine, which keeps what it builds.
    if (push === 'true') await pushed(job, 'latest')
    if (driver === 'docker' || load === 'true' || push === 'true') expect(imageid).toMatch(/^sha256:/)
    if (load === 'true') await hasImage(imageid)
    if (driver === 'remote' && load === 'false' && push === 'false') expect([digest, imageid]).toEqual(['', ''])
  },
  60_000
)

it('registry-cache', async () => {
  const inputs = {
    file: './test/multi.Dockerfile',
    platforms,
    push: 'true',
    tags: both(),
    'cache-from': `type=registry,ref=${project.image}`,
    'cache-to': 'type=inline'
  }
  await pushed(await succeeds(inputs))
  expect((await succeeds(inputs)).outputs['cache-hit']).toBe('true')
}, 60_000)

it('github-cache', async () => {
  const cache = { 'cache-from': 'type=gha,scope=ci-', 'cache-to': 'type=gha,scope=ci-' }
  await pushed(await succeeds({ file: './test/multi.Dockerfile', platforms, push: 'true', tags: both(), ...cache }))
}, 60_000)

it('local-cache', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'local-cache-'))
  const cache = { 'cache-from': `type=local,src=${folder}/old`, 'cache-to': `type=local,dest=${folder}/new` }
  await pushed(await succeeds({ file: './test/multi.Dockerfile', platforms, push: 'true', tags: both(), ...cache }))
  expect(await readFile(join(folder, 'new/index.json'), 'utf8')).toContain('digest')
  await rm(folder, { recursive: true })
}, 60_000)

const ownEngine = bed.engine === 'own' ? it : it.skip
ownEngine(
  'standalone',
  async () => {
    const bin = await mkdtemp(join(tmpdir(), 'standalone-'))
    await symlink(join(bed.env['DOCKER_CONFIG'] ?? '', 'cli-plugins/docker-buildx'), join(bin, 'buildx'))
    const path = `${bin}:/usr/bin:/bin`
    const job = await runJob({
      action: process.env['ACTION_UNDER_TEST'] ?? resolve('.'),
      workspace: project.directory,
      inputs: { context: './test', file: './test/Dockerfile', 'cache-backends': 'local', 'cache-dir': project.cacheDir },
      env: { PATH: path }
    })
    expect([job.main.exitCode, job.post?.exitCode]).toEqual([0, 0])
    expect(job.main.log).toContain('Hello world!')
    await rm(bin, { recursive: true })
  },
  60_000
)

it('named-context-pin', async () => {
  const contexts = 'alpine=docker-image://alpine:3.20'
  const job = await succeeds({ file: './test/named-context.Dockerfile', 'build-contexts': contexts })
  expect(job.main.log).toContain('ID=alpine')
}, 60_000)

it('named-context-docker', async () => {
  await succeeds({ file: './test/named-context-base.Dockerfile', load: 'true', tags: 'my-base-image:local' })
  const contexts = 'base=docker-image://my-base-image:local'
  await project.write('test/named-context.Dockerfile', 'FROM base\nRUN echo from-base\n')
  const job = await succeeds({ file: './test/named-context.Dockerfile', 'build-contexts': contexts }, { sameMachine: true })
  expect(job.main.log).toContain('from-base')
}, 60_000)

it('named-context-container', async () => {
  await succeeds({ file: './test/named-context-base.Dockerfile', push: 'true', tags: tag('base'), ...container() })
  const contexts = `alpine=docker-image://${tag('base')}`
  await project.write('test/named-context.Dockerfile', 'FROM alpine\nRUN echo from-alpine\n')
  const job = await succeeds({ file: './test/named-context.Dockerfile', 'build-contexts': contexts, ...container() })
  expect(job.main.log).toContain('from-alpine')
}, 60_000)

/** A configuration of docker with the test bed's plugins. */
async function configWith(text: string): Promise<string> {
  const config = await mkdtemp(join(tmpdir(), 'docker-config-'))
  await mkdir(join(config, 'cli-plugins'))
  const plugins = bed.env['DOCKER_CONFIG']
  if (plugins) await symlink(join(plugins, 'cli-plugins/docker-buildx'), join(config, 'cli-plugins/docker-buildx'))
  await writeFile(join(config, 'config.json'), text)
  return config
}

it('docker-config-malformed', async () => {
  const config = await configWith('foo_bar\n')
  await succeeds({ file: '' }, { env: { DOCKER_CONFIG: config } })
  await rm(config, { recursive: true })
}, 60_000)

it('proxy-docker-config', async () => {
  const proxy = 'http://127.0.0.1:3128'
  const config = await configWith(JSON.stringify({ proxies: { default: { httpProxy: proxy, httpsProxy: proxy } } }))
  // The proxy is nowhere: base images come from this machine.
  const job = await succeeds({ file: './test/proxy.Dockerfile' }, { env: { DOCKER_CONFIG: config } })
  expect(job.main.log.match(/^#\d+ [\d.]+ HTTPS?_PROXY=http:\/\/127\.0\.0\.1:3128$/gm)).toHaveLength(2)
  await rm(config, { recursive: true })
}, 60_000)

it('annotations', async () => {
  const annotations = 'index:com.example.key=value\nindex:com.example.key2=value2\nmanifest:com.example.key3=value3'
  await succeeds({ push: 'true', tags: tag(), annotations, provenance: 'mode=min' })
  expect((await manifestOf())?.annotations).toEqual({ 'com.example.key': 'value', 'com.example.key2': 'value2' })
}, 60_000)

it('multi-output', async () => {
  const tar = join(project.directory, 'oci.tar')
  await succeeds({
    outputs: `type=image,name=${tag()},push=true\ntype=docker,name=app:local\ntype=oci,dest=${tar}`,
    ...container()
  })
  expect(await manifestOf()).toBeDefined()
  expect((await readFile(tar)).length).toBeGreaterThan(1000)
  await hasImage('app:local')
}, 60_000)

it('load-and-push', async () => {
  await succeeds({ load: 'true', push: 'true', tags: tag(), ...container() })
  expect(await manifestOf()).toBeDefined()
  await hasImage(tag())
}, 60_000)

it('summary-disable', async () => {
  const job = await succeeds({ context: '', file: './test/Dockerfile' }, inGit({ DOCKER_BUILD_SUMMARY: 'false' }))
  expect(job.summary).toBe('')
}, 60_000)

it('checks', async () => {
  const job = await succeeds({ file: './test/lint.Dockerfile', advice: 'warning' })
  expect(job.main.annotations.map(({ message }) => message).join('\n')).toMatch(
    /^MaintainerDeprecated: [\s\S]*^ConsistentInstructionCasing: /m
  )
}, 60_000)

it('annotations-disabled', async () => {
  const job = await succeeds(
    { file: './test/lint.Dockerfile', advice: 'warning' },
    { env: { DOCKER_BUILD_CHECKS_ANNOTATIONS: 'false' } }
  )
  expect(job.main.annotations).toEqual([])
}, 60_000)

it('call-check', async () => {
  const job = await project.job({ ...test, file: './test/lint.Dockerfile', call: 'check' })
  expect(job.main.exitCode).toBe(1)
}, 60_000)

it('no-default-attestations', async () => {
  const job = await succeeds({ context: '', file: './test/Dockerfile' }, inGit({ BUILDX_NO_DEFAULT_ATTESTATIONS: '1' }))
  expect(builds(job.calls).flatMap(call => valuesOf(call, '--attest'))).toEqual([])
}, 60_000)
