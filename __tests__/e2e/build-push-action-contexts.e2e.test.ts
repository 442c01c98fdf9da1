// docker/build-push-action's own cases: what is built, from git and from named contexts.
import { serveGit } from '../../testbed/git-server.mjs'
import { files, platforms, prepareCases } from './build-push-action'
import { builds, valuesOf } from './docker-calls'
import type { RunOptions } from './project'

const { project, tag, both, container, succeeds, manifestOf, pushed, many } = prepareCases()
let git: Awaited<ReturnType<typeof serveGit>>
let sha: string
beforeAll(async () => {
  git = await serveGit()
})
beforeEach(async () => {
  sha = await git.commit('acme/app', {
    ...files(many()),
    'test/Dockerfile': `FROM ${project().base}\nRUN echo "Hello world!"\n`,
    'multi/Dockerfile': `FROM ${many()}\nRUN echo "Hello world!"\n`
  })
})
afterAll(() => git.stop())

const inGit = (more: Record<string, string> = {}): RunOptions => ({
  env: { GITHUB_SERVER_URL: git.url, GITHUB_SHA: sha, ...more }
})

it('minimal', async () => {
  await succeeds({ context: '', file: './test/Dockerfile' }, inGit())
})

it.each([
  ['git-context', {}],
  ['git-context-query', { BUILDX_SEND_GIT_QUERY_AS_INPUT: 'true' }]
])('%s', async (_, env) => {
  const job = await succeeds({ context: '', file: './multi/Dockerfile', platforms, push: 'true', tags: both() }, inGit(env))
  await pushed(job)
  expect((await manifestOf('1.0.0'))?.manifests.length).toBeGreaterThanOrEqual(2)
})

it('git-context-secret', async () => {
  const secrets = 'GIT_AUTH_TOKEN=a-token\n"MYSECRET=aaaaaaaa\nbbbbbbb\nccccccccc"\nFOO=bar\n"EMPTYLINE=aaaa\n\nbbbb\nccc"\n'
  const job = await succeeds({ context: '', file: './multi/Dockerfile', platforms, push: 'true', tags: both(), secrets }, inGit())
  await pushed(job)
})

it('summary-disable', async () => {
  const job = await succeeds({ context: '', file: './test/Dockerfile' }, inGit({ DOCKER_BUILD_SUMMARY: 'false' }))
  expect(job.summary).toBe('')
})

it('no-default-attestations', async () => {
  const job = await succeeds({ context: '', file: './test/Dockerfile' }, inGit({ BUILDX_NO_DEFAULT_ATTESTATIONS: '1' }))
  expect(builds(job.calls).flatMap(call => valuesOf(call, '--attest'))).toEqual([])
})

it('path-context', async () => {
  await pushed(await succeeds({ push: 'true', tags: both(), ...container() }))
})

it('named-context-pin', async () => {
  const contexts = 'alpine=docker-image://alpine:3.20'
  const job = await succeeds({ file: './test/named-context.Dockerfile', 'build-contexts': contexts })
  expect(job.main.log).toContain('ID=alpine')
})

it('named-context-docker', async () => {
  await succeeds({ file: './test/named-context-base.Dockerfile', load: 'true', tags: 'my-base-image:local' })
  const contexts = 'base=docker-image://my-base-image:local'
  await project().write('test/named-context.Dockerfile', 'FROM base\nRUN echo from-base\n')
  const job = await succeeds({ file: './test/named-context.Dockerfile', 'build-contexts': contexts }, { sameMachine: true })
  expect(job.main.log).toContain('from-base')
})

it('named-context-container', async () => {
  await succeeds({ file: './test/named-context-base.Dockerfile', push: 'true', tags: tag('base'), ...container() })
  const contexts = `alpine=docker-image://${tag('base')}`
  await project().write('test/named-context.Dockerfile', 'FROM alpine\nRUN echo from-alpine\n')
  const job = await succeeds({ file: './test/named-context.Dockerfile', 'build-contexts': contexts, ...container() })
  expect(job.main.log).toContain('from-alpine')
})
