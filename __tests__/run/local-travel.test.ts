import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { exportTo } from '../helpers/local-layouts'
import { foundWith, refOf } from '../helpers/plans'
import { names, plan, prepareTravel, stages, web } from './travel'

const { folder, newJob, saved, service } = prepareTravel()

test('the first job saves an entry for each stage and an index; the next fetches what its import needs', async () => {
  expect(await saved(web)).toEqual({
    made: ['layers-base', 'layers-deps', 'layers-final', 'layers-tools', 'local-all'],
    failures: []
  })
  service().asked.length = 0
  const restored = await (await newJob()).restore()
  expect(restored).toEqual({ stays: false, found: stages, troubles: [], content: { final: web.final } })
  expect(names(service().asked)).toEqual(['layers-base', 'layers-deps', 'layers-final', 'layers-tools', 'local-all'])
  // Nothing is left beside the directory but what locks are for.
  expect(await readdir(folder())).toEqual(['cache', 'cache.entries', 'service'])
  expect(await readdir(join(folder(), 'cache.entries'))).toEqual([])
})

test('a job that wrote what there was saves nothing', async () => {
  await saved(web)
  const job = await newJob()
  await job.restore()
  expect(await job.save({ final: web.final })).toEqual({ made: [], failures: [] })
})

test('a stage that an earlier job got done is fetched for itself', async () => {
  await saved(web)
  const edited = await newJob()
  await edited.restore()
  expect(await edited.save({ deps: ['os', 'pip2'] })).toEqual({ made: ['layers-deps', 'local-all'], failures: [] })
  const { content: now } = await (await newJob()).restore()
  expect(now).toEqual({ deps: ['os', 'pip2'], final: web.final })
})

test('what a registry serves is not fetched', async () => {
  await saved(web)
  service().asked.length = 0
  const { found, content: now } = await (await newJob()).restore([foundWith(refOf(plan, 'final', 'registry'), 'a b')])
  expect([found, now, names(service().asked)]).toEqual([stages, {}, ['local-all']])
})

test('a directory that was there has what it needs: nobody is asked, and it stays', async () => {
  await saved(web)
  service().asked.length = 0
  const { stays, found } = await (await newJob({ fresh: false })).restore()
  expect([stays, found, service().asked]).toEqual([true, stages, []])
})

test('a directory of another image is no help, and what an earlier step of the job made does not stay', async () => {
  await saved(web)
  await rm(join(folder(), 'cache'), { recursive: true })
  await exportTo(join(folder(), 'cache'), { 'cache-base_OF_other': ['o'] })
  const job = await newJob({ fresh: false })
  expect(await job.restore()).toMatchObject({ stays: true, found: stages })
  const first = await newJob()
  expect(await first.restore()).toMatchObject({ stays: false })
  await first.save({ tools: ['os', 'gcc2'] })
  expect(await first.restore()).toMatchObject({ stays: false, found: stages })
})

test('what another job saved meanwhile stays', async () => {
  await saved(web)
  const one = await newJob()
  await one.restore()
  const two = await newJob()
  await two.restore()
  await one.save({ deps: ['os', 'pip2'] })
  await two.save({ tools: ['os', 'gcc2'] })
  const { content: now } = await (await newJob()).restore()
  expect(now).toEqual({ deps: ['os', 'pip2'], tools: ['os', 'gcc2'], final: web.final })
})

test('a stage that left the Dockerfile leaves the index', async () => {
  await saved(web)
  const job = await newJob()
  await job.restore()
  await job.save({ final: ['os', 'pip', 'app'] }, ['base', 'deps', 'final'])
  service().asked.length = 0
  expect(await (await newJob()).restore()).toMatchObject({ found: ['base', 'deps', 'final'] })
  expect(names(service().asked)).not.toContain('layers-tools')
})
