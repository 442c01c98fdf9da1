// Which cache mounts are filled: those of steps that are going to run, or may.
import { pushBaseImage } from '../../testbed/base-images.mjs'
import { fetched, inputs, install, mountEntries, mountKeys, newMountProject } from './mount-project'
import { newProject } from './project'
import type { Project } from './project'
import { troublesOf } from './trouble'

let project: Project
afterEach(() => project.remove())

it('those of what stands on a base image that moved', async () => {
  project = await newProject({ Dockerfile: '', wanted: '' })
  const push = (content: string) => pushBaseImage({ name: `e2e/base-${project.id}-tool:1`, files: { 'etc/tool': content } })
  const { ref } = await push('one')
  await project.write('Dockerfile', `FROM ${ref} AS app\n${install('target=/kept', 'one two')}`)
  expect(fetched(await project.job(inputs))).toEqual(['fetched one', 'fetched two'])
  await project.cacheService.resetCounts()
  const unchanged = await project.job(inputs)
  expect([unchanged.outputs['cache-hit'], await mountKeys(project)]).toEqual(['true', []])
  await push('two')
  const moved = await project.job(inputs)
  expect([moved.outputs['cache-hit'], fetched(moved), troublesOf(moved)]).toEqual(['false', [], []])
  expect(moved.main.log).toMatch(/^Cache mount \/kept: restored, /mu)
}, 120_000)

it.each([
  ['nobody recorded what it was made from', { explain: 'false' }],
  ['the record was evicted', {}]
])(
  'those of a stage that may come from the cache, or not: %s',
  async (_, more) => {
    project = await newMountProject('target=/kept')
    const job = () => project.job({ ...inputs, ...more })
    expect(fetched(await job())).toEqual(['fetched one', 'fetched two'])
    await project.cacheService.evict('stage-cache-build-record')
    await project.write('wanted', 'one two three')
    const edited = await job()
    expect([fetched(edited), troublesOf(edited)]).toEqual([['fetched three'], []])
  },
  120_000
)

it('a step that hits keeps its mount out of it, beside one that runs', async () => {
  const dockerfile = (two: string) => `FROM busybox AS one
${install('id=one,target=/kept,uid=7', 'one')}FROM busybox AS two
RUN echo ${two}
${install('id=two,target=/kept,uid=7', 'two')}FROM busybox
COPY --from=one /bin/true /one
COPY --from=two /bin/true /two
`
  project = await newProject({ Dockerfile: dockerfile('1') })
  await project.job(inputs)
  await project.write('Dockerfile', dockerfile('2'))
  await project.cacheService.resetCounts()
  const job = await project.job(inputs)
  expect([fetched(job), job.outputs['rebuilt-stages'], troublesOf(job)]).toEqual([[], 'two', []])
  expect(job.main.log).toMatch(/^Cache mount one: not needed, then not used$/m)
  expect(job.main.log).toMatch(/^Cache mount two: restored, .* from .*, then unchanged$/m)
  expect(await mountEntries(project)).toHaveLength(2)
}, 120_000)
