// cache-refresh-days: what nobody changed is exported again, in time, and at no more cost than telling the backend.
import { newProject } from './project'
import type { Job, Project } from './project'
import { stepsRun } from './steps'
import { troublesOf } from './trouble'

// No image, so that nothing else reads layers.
const inputs = { 'cache-backends': 'gha', outputs: 'type=cacheonly' }
const stages = 'base,python-deps,node-deps,builder,runtime'

let project: Project
beforeEach(async () => {
  project = await newProject()
})
afterEach(() => project.remove())

/** A job so many days later. */
const after = async (days: number, more = {}) => {
  await project.cacheService.resetCounts()
  const clock = `const now=Date.now;Date.now=()=>now()+${days}*864e5`
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(clock)}` }
  const job = await project.job({ ...inputs, ...more }, { env })
  expect([job.main.exitCode, stepsRun(job), troublesOf(job), job.outputs['cache-hit']]).toEqual([0, [], [], 'true'])
  return { exported: job.outputs['exported-stages'], calls: job.calls, traffic: await traffic() }
}

const builds = ({ calls }: Pick<Job, 'calls'>) => calls.filter(([, command]) => command === 'build').length

/** Entries by kind, and how often the content of a layer was read. */
const traffic = async () => {
  const entries = await project.cacheService.entries()
  const ids = (prefix: string) => entries.filter(({ key }) => key.startsWith(prefix)).map(({ id }) => id)
  const requests = await project.cacheService.requests()
  return {
    layers: ids('buildkit-blob-').length,
    indexes: ids('index-').length,
    layersRead: ids('buildkit-blob-').filter(id => requests.includes(`GET /blobs/${id}`)).length,
    requests: requests.length
  }
}

it('gha: exported again after three days, without a step, an upload or a download of layers', async () => {
  await project.job(inputs)
  const before = await after(2.9)
  expect(before.exported).toBe('')
  const refreshed = await after(3.1)
  expect(refreshed.exported).toBe(stages)
  expect(refreshed.traffic).toMatchObject({ layers: before.traffic.layers, indexes: before.traffic.indexes + 5 })
  expect(refreshed.traffic.layersRead).toBe(0)
  // The record has the new date, and the refs count as what they were: nothing is brought in.
  const next = await after(5)
  expect([next.exported, builds(next)]).toEqual(['', 1])
  expect((await after(30, { 'cache-refresh-days': '0' })).exported).toBe('')
})

it('registry: its manifests are written anew after three days, and nothing else', async () => {
  const registry = { 'cache-backends': 'registry' }
  await project.job({ ...inputs, ...registry })
  expect((await after(2.9, registry)).exported).toBe('')
  const refreshed = await after(3.1, registry)
  expect([refreshed.exported, builds(refreshed)]).toEqual([stages, 1])
  // Read from the manifests, and by the record what they were.
  const next = await after(5, registry)
  expect([next.exported, builds(next)]).toEqual(['', 1])
  expect((await after(6.2, registry)).exported).toBe(stages)
  await project.write('src/main.js', 'changed')
  const edited = await project.job({ ...inputs, ...registry })
  expect([edited.outputs['rebuilt-stages'], troublesOf(edited)]).toEqual(['builder,runtime', []])
  expect(edited.stages.find(({ name }) => name === 'builder')?.reason).toMatchObject({ message: 'src/main.js appeared' })
})
