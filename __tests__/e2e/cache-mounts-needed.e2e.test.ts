// Which cache mounts are filled: those of steps that are going to run, or may.
import { pushBaseImage } from '../../testbed/base-images.mjs'
import { fetched, inputs, install, mountKeys, newMountProject } from './mount-project'
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
