// A matrix of platforms: jobs at once, each pushing by digest, and one that makes an image of what they pushed.
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { freshMachine } from '../../testbed/builder.mjs'
import { fetchManifest, listTags } from '../../testbed/registry.mjs'
import { startRelay } from '../../testbed/relay.mjs'
import { runJob } from '../../testbed/runner.mjs'
import { builds } from './docker-calls'
import { newProject } from './project'
import type { Project } from './project'
import { troublesOf } from './trouble'

const platforms = ['linux/amd64', 'linux/arm64'] as const
/** Rounds of jobs at once: more with MATRIX_ROUNDS. */
const rounds = Number(process.env['MATRIX_ROUNDS'] ?? 2)

let project: Project
let relay: Awaited<ReturnType<typeof startRelay>>
beforeAll(async () => {
  relay = await startRelay()
  // No step of another platform can run here: files are copied. And none is the other's too, since both jobs have one engine here.
  project = await newProject({
    Dockerfile:
      'ARG TARGETARCH\nFROM scratch AS deps\nARG TARGETARCH\nCOPY list /$TARGETARCH\nFROM scratch AS tools\nARG TARGETARCH\nCOPY tool /$TARGETARCH/tool\nFROM deps AS app\nARG TARGETARCH\nCOPY --from=tools /$TARGETARCH /\nCOPY src /src\n',
    list: 'a',
    tool: 'b',
    'src/main': 'c'
  })
})
afterAll(async () => {
  await project.remove()
  await relay.stop()
})

const build = (platform: string) =>
  project.job(
    {
      'cache-backends': 'registry',
      // Docker's own builder cannot push by digest.
      driver: 'remote',
      endpoint: relay.endpoint,
      platforms: platform,
      tags: '',
      'cache-image': project.image,
      // Nothing under that name in the one engine both jobs have here: that is a race of its store's.
      outputs: `type=image,name=${project.image},push-by-digest=true,name-canonical=true,push=true,unpack=false,store=false`
    },
    { sameMachine: true }
  )

const merge = (inputs: Record<string, string>) =>
  runJob({
    action: resolve('merge'),
    workspace: project.directory,
    inputs: { tags: `${project.image}:latest,${project.image}:1`, ...inputs }
  })

async function matrix() {
  await freshMachine()
  return Promise.all(platforms.map(build))
}

it('jobs of different platforms at once lose no ref', async () => {
  for (let round = 0; round < rounds; round++) {
    await project.edit('src/main')
    const edited = await matrix()
    for (const job of edited) if (job.main.exitCode !== 0) throw new Error(`round ${round}: ${job.main.shown}`)
    expect(edited.map(job => [job.main.exitCode, troublesOf(job)])).toEqual(platforms.map(() => [0, []]))
    // One after the other, as each has a machine of its own: older BuildKits run steps again when builds run side by side.
    for (const platform of platforms) {
      await freshMachine()
      const warm = await build(platform)
      expect([platform, warm.outputs['cache-hit'], builds(warm.calls).length]).toEqual([platform, 'true', 1])
    }
  }
  expect((await listTags(project.repository)).filter(tag => tag.startsWith('cache-'))).toEqual(
    ['app', 'deps', 'tools'].flatMap(stage => [`cache-${stage}`, `cache-${stage}_ON_linux-arm64`]).sort()
  )
}, 600_000)

it('what they pushed becomes one image', async () => {
  const jobs = await matrix()
  const digests = jobs.map(job => job.outputs['digest'] ?? '')
  const merged = await merge({ digests: digests.join('\n'), platforms: platforms.join(','), annotations: 'made=here' })
  expect([merged.main.exitCode, merged.outputs['platforms']]).toEqual([0, platforms.join(',')])
  for (const tag of ['latest', '1']) {
    const found = await fetchManifest(project.repository, tag)
    expect([found?.digest, found?.manifest.annotations]).toEqual([merged.outputs['digest'], { made: 'here' }])
  }

  const directory = join(project.directory, 'digests')
  await mkdir(join(directory, 'digest-arm64'), { recursive: true })
  await writeFile(join(directory, digests[0]?.replace('sha256:', '') ?? ''), '')
  await writeFile(join(directory, 'digest-arm64', 'digest'), `${digests[1]}\n`)
  const fromFiles = await merge({ 'digests-path': 'digests', annotations: 'made=here' })
  expect([fromFiles.main.exitCode, fromFiles.outputs['digest']]).toEqual([0, merged.outputs['digest']])

  const incomplete = await merge({ tags: `${project.image}:half`, digests: digests[0] ?? '', platforms: platforms.join(',') })
  expect([incomplete.main.exitCode, incomplete.main.annotations.map(({ message }) => message)]).toEqual([
    1,
    [expect.stringMatching(/^platforms: nobody built linux\/arm64; there are linux\/amd64\. Nothing was pushed/)]
  ])
  expect(await listTags(project.repository)).not.toContain('half')
}, 120_000)
