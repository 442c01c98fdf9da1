// Several platforms in one build: one import, what both have in common included, and every stage told for each platform.
import { readFile } from 'node:fs/promises'
import { fetchManifest, listTags } from '../../testbed/registry.mjs'
import { newProject } from './project'
import type { Inputs, Job, Project } from './project'
import { outputOfSteps } from './steps'

const platforms = ['linux/amd64', 'linux/arm64']
const inputs: Inputs = { 'cache-backends': 'registry', outputs: 'type=cacheonly', platforms: platforms.join() }

// Two stages copy the same text, and `web` is made for one platform and used on both.
const files = {
  Dockerfile: `FROM busybox AS base
RUN echo "ran base $(cat /etc/arch)"
FROM base AS deps
COPY one.txt .
RUN echo "ran deps $(cat /etc/arch)" && cat /etc/arch one.txt > /deps
FROM --platform=$BUILDPLATFORM busybox AS web
COPY two.txt .
RUN echo "ran web $(cat /etc/arch)" && cp two.txt /web
FROM base AS app
COPY --from=deps /deps /deps
COPY --from=web /web /web
COPY src.txt .
RUN echo "ran app $(cat /etc/arch)" && cat /deps /web src.txt > /app
`,
  'one.txt': 'the same text\n',
  'two.txt': 'the same text\n',
  'src.txt': 'source\n'
}

const ran = (job: Job) =>
  outputOfSteps(job)
    .filter(line => line.startsWith('ran '))
    .sort()
const statuses = (job: Job) => job.stages.map(({ name, platform, status }) => `${name} ${platform} ${status}`)
const allRan = ['app', 'base', 'deps'].flatMap(stage => platforms.map(platform => `ran ${stage} ${platform}`))
const imports = (job: Job) =>
  job.calls
    .filter(([, command]) => command === 'build')
    .map(call => call.filter(argument => argument.startsWith('--cache-from')).length)

describe('a builder of one node', () => {
  let project: Project
  let cold: Job
  beforeAll(async () => {
    project = await newProject(files, { platforms })
    cold = await project.job(inputs)
  }, 90_000)
  afterAll(() => project.remove())

  it('the first job runs each step on both, what is for the building platform once, and saves a ref for both', async () => {
    expect([cold.main.exitCode, cold.main.annotations]).toEqual([0, []])
    expect(ran(cold)).toEqual([...allRan, 'ran web linux/amd64'].sort())
    expect(statuses(cold)).toEqual(
      ['base', 'deps', 'web', 'app'].flatMap(stage => platforms.map(platform => `${stage} ${platform} miss`))
    )
    const tags = await listTags(project.repository)
    expect(tags.filter(tag => tag.endsWith('_ON_linux-amd64.linux-arm64')).sort()).toEqual(
      ['app', 'base', 'deps', 'web'].map(stage => `cache-${stage}_ON_linux-amd64.linux-arm64`)
    )
    expect(JSON.stringify(cold.stages[0]?.refs)).toContain('"exported":"yes"')
  })

  it('what is saved has one last record, so that BuildKit reads all of it', async () => {
    const manifest = await fetchManifest(project.repository, 'cache-app_ON_linux-amd64.linux-arm64')
    const { config } = manifest?.manifest as { config: { digest: string } }
    const [registry = ''] = project.image.split('/')
    const answer = await fetch(`http://${registry}/v2/${project.repository}/blobs/${config.digest}`)
    const { records } = (await answer.json()) as { records: { inputs?: { link: number }[][] }[] }
    const linked = new Set(records.flatMap(({ inputs: of = [] }) => of.flatMap(links => links.map(({ link }) => link))))
    expect(records.filter((record, index) => record.inputs && !linked.has(index))).toHaveLength(1)
  })

  it('nothing changed: nothing runs on either, by one import', async () => {
    for (let again = 0; again < 3; again++) {
      const warm = await project.job(inputs)
      expect([ran(warm), warm.outputs['cache-hit'], imports(warm)]).toEqual([[], 'true', [1]])
      expect(new Set(warm.stages.map(({ status }) => status))).toEqual(new Set(['hit']))
    }
  }, 90_000)

  it('an edit runs what reads it, on both, and the summary tells each platform why', async () => {
    await project.edit('one.txt')
    const edited = await project.job(inputs)
    expect(ran(edited)).toEqual(['app', 'deps'].flatMap(stage => platforms.map(platform => `ran ${stage} ${platform}`)).sort())
    expect(
      edited.stages.filter(({ status }) => status !== 'hit').map(stage => [stage.name, stage.platform, stage.reason?.code])
    ).toEqual([
      ['deps', 'linux/amd64', 'file-changed'],
      ['deps', 'linux/arm64', 'file-changed'],
      ['app', 'linux/amd64', 'parent-rebuilt'],
      ['app', 'linux/arm64', 'parent-rebuilt']
    ])
    for (const platform of platforms) {
      expect(edited.summary).toMatch(new RegExp(`\\| \`deps\` \\| \`${platform}\` \\| .*rebuilt \\|.*\`one.txt\` changed`))
      expect(edited.summary).toMatch(new RegExp(`\\| \`web\` \\| \`${platform}\` \\| .*hit \\|`))
    }
    expect(ran(await project.job(inputs))).toEqual([])
  }, 90_000)

  it('a step that fails on one platform alone: finished stages are saved, and the mended build runs what is left', async () => {
    const dockerfile = files.Dockerfile.replace(
      'RUN echo "ran app',
      'RUN test "$(cat /etc/arch)" != linux/arm64\nRUN echo "ran app'
    )
    await project.write('Dockerfile', dockerfile)
    await project.edit('two.txt')
    const failed = await project.job(inputs)
    expect(failed.main.exitCode).toBe(1)
    // The other platform may have gone on until then.
    expect(ran(failed)).toContain('ran web linux/amd64')
    expect(statuses(failed)).toContain('app linux/arm64 failed')
    expect(statuses(failed)).not.toContain('app linux/amd64 failed')
    await project.write('Dockerfile', files.Dockerfile)
    const mended = await project.job(inputs)
    expect([mended.main.exitCode, ran(mended)]).toEqual([0, platforms.map(platform => `ran app ${platform}`)])
    expect(ran(await project.job(inputs))).toEqual([])
  }, 120_000)
})

it('the local directory has a ref for both', async () => {
  const project = await newProject(files, { platforms })
  const local = { ...inputs, 'cache-backends': 'local' }
  const cold = await project.job(local)
  expect([cold.main.exitCode, cold.main.annotations]).toEqual([0, []])
  const index = JSON.parse(await readFile(`${project.cacheDir}/index.json`, 'utf8')) as {
    manifests: { annotations: Record<string, string> }[]
  }
  expect(index.manifests.map(({ annotations }) => annotations['org.opencontainers.image.ref.name']).sort()).toEqual(
    ['app', 'base', 'deps', 'web'].map(stage =>
      expect.stringMatching(`^cache-${stage}_.*_ON_linux-amd64.linux-arm64|^cache-${stage}_ON`)
    )
  )
  expect(ran(await project.job(local))).toEqual([])
  await project.edit('src.txt')
  expect(ran(await project.job(local))).toEqual(platforms.map(platform => `ran app ${platform}`))
  await project.remove()
}, 120_000)

it("GitHub's cache has a ref for both", async () => {
  const project = await newProject(files, { platforms })
  const gha = { ...inputs, 'cache-backends': 'gha' }
  const cold = await project.job(gha)
  expect([cold.main.exitCode, cold.main.annotations]).toEqual([0, []])
  for (let again = 0; again < 3; again++) expect(ran(await project.job(gha))).toEqual([])
  await project.edit('src.txt')
  expect(ran(await project.job(gha))).toEqual(platforms.map(platform => `ran app ${platform}`))
  expect(ran(await project.job(gha))).toEqual([])
  await project.remove()
}, 180_000)
