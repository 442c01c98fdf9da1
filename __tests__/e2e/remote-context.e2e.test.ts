import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serveGit } from '../../testbed/git-server.mjs'
import { builds, valuesOf } from './docker-calls'
import { newProject } from './project'
import type { Inputs, Project } from './project'
import { stagesRun, stepsRun } from './steps'
import { troublesOf } from './trouble'

const token = 'ghs_0123456789'
let project: Project
let git: Awaited<ReturnType<typeof serveGit>>
let commit: string
beforeEach(async () => {
  project = await newProject({ 'unrelated.txt': 'the checkout holds no Dockerfile' })
  git = await serveGit({ token })
  commit = await git.commit('acme/app', sources('one'))
})
afterEach(async () => {
  await git.stop()
  await project.remove()
})

const sources = (text: string) => ({
  'app/Dockerfile': `FROM ${project.base} AS deps\nCOPY list.txt /\nRUN cp /list.txt /deps\nFROM ${project.base} AS tests\nRUN false\nFROM deps AS app\nCOPY src /src\nRUN cp /src/main /made\n`,
  'app/list.txt': 'a',
  'app/src/main': text
})

function job(inputs: Inputs, sha = commit, env: Record<string, string> = {}) {
  return project.job(
    { context: '{{defaultContext}}:app', 'github-token': token, 'cache-backends': 'registry', push: 'true', ...inputs },
    { env: { GITHUB_SERVER_URL: git.url, GITHUB_SHA: sha, ...env } }
  )
}

it('stages of the job’s own repository are cached without a checkout', async () => {
  const cold = await job({})
  expect([cold.main.exitCode, troublesOf(cold), cold.outputs['exported-stages']]).toEqual([0, [], 'deps,app'])
  expect(builds(cold.calls).map(call => call.at(-1))).toEqual(
    builds(cold.calls).map(() => `${git.url}/acme/app.git#${commit}:app`)
  )
  expect(cold.stages.map(({ name }) => name)).toEqual(['deps', 'app'])

  const warm = await job({})
  expect([warm.outputs['cache-hit'], stepsRun(warm)]).toEqual(['true', []])
  // The Dockerfile is asked for, then built.
  expect(builds(warm.calls).map(call => valuesOf(call, '--call'))).toEqual([['targets,format=json'], []])

  const edited = await job({}, await git.commit('acme/app', sources('two')))
  expect([edited.outputs['rebuilt-stages'], stagesRun(edited)]).toEqual(['app', ['app']])
  // Nothing of the token is in what others may read.
  for (const { main, summary, state } of [cold, warm, edited])
    expect(JSON.stringify([main.log.replaceAll(`::add-mask::${token}`, ''), summary, state])).not.toContain(token)
})

it('an empty context is the repository, `file` a path in it', async () => {
  const built = await job(
    { context: '', file: 'other/Containerfile' },
    await git.commit('acme/app', { 'other/Containerfile': `FROM ${project.base} AS only\nRUN true\n` })
  )
  expect([built.main.exitCode, built.outputs['rebuilt-stages']]).toEqual([0, 'only'])
})

it('a token that may not read it', async () => {
  const refused = await job({ 'github-token': 'ghs_other' })
  expect(refused.main.exitCode).toBe(1)
  expect(refused.main.annotations.map(({ message }) => message).join('\n')).toMatch(/stages of the Dockerfile are not known/)
  expect(refused.summary).toMatch(/^❌ \*\*The build failed/)
  expect([refused.main.shown, refused.summary].join('\n')).not.toContain('ghs_other')
})

it('a repository that cannot be reached', async () => {
  const lost = await project.job({ context: 'http://ada:PASSWORD@127.0.0.1:1/acme/app.git' })
  expect([lost.main.exitCode, lost.main.annotations.at(-1)?.message]).toEqual([
    1,
    expect.stringMatching(
      /^buildx failed with: ERROR: .*http:\/\/\*\*\*@127\.0\.0\.1:1\/acme\/app\.git.*fatal: .*connect.*: exit status 128$/
    )
  ])
  expect([lost.main.log, lost.summary].join('\n')).not.toContain('PASSWORD')
})

it('a stage that is not in it', async () => {
  const refused = await job({ target: 'apps' })
  expect([refused.main.exitCode, builds(refused.calls).length]).toEqual([1, 1])
  expect(refused.main.annotations.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^target: .*"apps".*did you mean "app"/)
  ])
})

it('a remote Dockerfile beside a context of files', async () => {
  const server = createServer((_, response) => response.end(`FROM ${project.base} AS web\nCOPY unrelated.txt /\nRUN true\n`))
  await new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  try {
    const file = `http://127.0.0.1:${(server.address() as AddressInfo).port}/web.Dockerfile`
    const cold = await job({ context: '.', file })
    expect([cold.main.exitCode, cold.outputs['rebuilt-stages'], cold.outputs['exported-stages']]).toEqual([0, 'web', 'web'])
    const warm = await job({ context: '.', file })
    expect(warm.outputs['cache-hit']).toBe('true')
  } finally {
    await new Promise(resolve => server.close(resolve))
  }
})
