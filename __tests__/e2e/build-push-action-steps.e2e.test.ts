// docker/build-push-action's own cases: what steps are given, how docker is set up, checks, and what fails.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { runJob } from '../../testbed/runner.mjs'
import { theTestBed } from '../../testbed/where.mjs'
import { prepareCases, test } from './build-push-action'
import type { Inputs } from './project'

const { project, succeeds } = prepareCases()
const bed = theTestBed()

it('error', async () => {
  const job = await project().job(test, { env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' } })
  expect(job.main.exitCode).toBe(1)
})

it('error-buildx', async () => {
  const job = await project().job({
    ...test,
    platforms: 'linux/386,linux/amd64,linux/arm/v6',
    push: 'true',
    tags: 'localhost:5/name/app:latest'
  })
  expect(job.main.exitCode).toBe(1)
})

// Theirs leave `INVALID_SECRET=` out with a warning; here it is refused.
it.each([
  ['secret', { secrets: 'MYSECRET=foo' }, {}, 'foo'],
  ['secret-files', { 'secret-files': 'MYSECRET=./test/secret.txt' }, {}, 'bar'],
  ['secret-envs', { 'secret-envs': 'MYSECRET=ENV_SECRET' }, { ENV_SECRET: 'baz' }, 'baz']
])('%s', async (input, given, env, value) => {
  const job = await succeeds({ context: '.', file: './test/secret.Dockerfile', ...given }, { env })
  expect(job.main.log).toContain(`MYSECRET=${value}`)
  const refused = await project().job({ ...test, [input === 'secret' ? 'secrets' : input]: 'MYSECRET=foo\nINVALID_SECRET=' })
  expect([refused.main.exitCode, refused.calls]).toEqual([1, []])
})

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
])('%s', async (_, inputs: Inputs, said) => {
  const job = await succeeds({ tags: 'name/app:latest', ...inputs })
  expect(job.main.log).toMatch(said)
})

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
})

const ownEngine = bed.engine === 'own' ? it : it.skip
ownEngine('standalone', async () => {
  const bin = await mkdtemp(join(tmpdir(), 'standalone-'))
  await symlink(join(bed.env['DOCKER_CONFIG'] ?? '', 'cli-plugins/docker-buildx'), join(bin, 'buildx'))
  const path = `${bin}:/usr/bin:/bin`
  const job = await runJob({
    action: process.env['ACTION_UNDER_TEST'] ?? resolve('.'),
    workspace: project().directory,
    inputs: { context: './test', file: './test/Dockerfile', 'cache-backends': 'local', 'cache-dir': project().cacheDir },
    env: { PATH: path }
  })
  expect([job.main.exitCode, job.post?.exitCode]).toEqual([0, 0])
  expect(job.main.log).toContain('Hello world!')
  await rm(bin, { recursive: true })
})

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
})

it('proxy-docker-config', async () => {
  const proxy = 'http://127.0.0.1:3128'
  const config = await configWith(JSON.stringify({ proxies: { default: { httpProxy: proxy, httpsProxy: proxy } } }))
  // The proxy is nowhere: base images come from this machine.
  const job = await succeeds({ file: './test/proxy.Dockerfile' }, { env: { DOCKER_CONFIG: config } })
  expect(job.main.log.match(/^#\d+ [\d.]+ HTTPS?_PROXY=http:\/\/127\.0\.0\.1:3128$/gm)).toHaveLength(2)
  await rm(config, { recursive: true })
})

it('checks', async () => {
  const job = await succeeds({ file: './test/lint.Dockerfile', advice: 'warning' })
  expect(job.main.annotations.map(({ message }) => message).join('\n')).toMatch(
    /^MaintainerDeprecated: [\s\S]*^ConsistentInstructionCasing: /m
  )
})

it('annotations-disabled', async () => {
  const job = await succeeds(
    { file: './test/lint.Dockerfile', advice: 'warning' },
    { env: { DOCKER_BUILD_CHECKS_ANNOTATIONS: 'false' } }
  )
  expect(job.main.annotations).toEqual([])
})

it('call-check', async () => {
  const job = await project().job({ ...test, file: './test/lint.Dockerfile', call: 'check' })
  expect(job.main.exitCode).toBe(1)
})
