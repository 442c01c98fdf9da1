// What of the travelling directory is gone or damaged, and a service that does not do as asked.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { content, digestOf, layer, prepareTravel, stages, web } from './travel'

const { folder, newJob, saved, service } = prepareTravel()

describe('what is lost', () => {
  const entryOf = (stage: string) => service().keys.find(key => key.startsWith(`layers-${stage}#`)) ?? ''
  const harms = [
    { how: 'gone', harm: (stage: string) => void service().keys.splice(service().keys.indexOf(entryOf(stage)), 1), why: 'gone' },
    {
      how: 'of other content',
      async harm(stage: string) {
        const at = join(service().contents, encodeURIComponent(entryOf(stage)))
        for (const name of await readdir(at)) {
          const text = await readFile(join(at, name), 'utf8')
          await writeFile(join(at, name), text.toUpperCase())
        }
      },
      why: 'damaged'
    },
    {
      how: 'without its layer',
      async harm(stage: string) {
        const at = join(service().contents, encodeURIComponent(entryOf(stage)))
        await rm(join(at, digestOf('gcc')))
      },
      why: 'damaged'
    }
  ]
  test.each(harms)('an entry $how: its stage, and those made from it', async ({ harm, why }) => {
    await saved(web)
    await harm('tools')
    const job = await newJob()
    expect(await job.restore()).toEqual({
      stays: false,
      found: ['base', 'deps'],
      troubles: [['tools', `layers-tools is ${why}`]],
      content: { base: web.base, deps: web.deps }
    })
    // What comes out as it was is uploaded all the same: where it was it is not.
    expect(await job.save({ tools: ['os', 'gcc'], final: web.final })).toMatchObject({ failures: [] })
    expect(await (await newJob()).restore()).toMatchObject({ found: stages, troubles: [], content: { final: web.final } })
  })

  test('a blob in the directory', async () => {
    await saved(web)
    const name = (await readdir(join(folder(), 'cache/blobs/sha256'))).find(one => one === digestOf('gcc')) ?? ''
    await writeFile(join(folder(), 'cache/blobs/sha256', name), layer('GCC'))
    const job = await newJob({ fresh: false })
    const { found, troubles } = await job.restore()
    expect([found, troubles.map(([stage]) => stage)]).toEqual([['base', 'deps'], ['tools']])
    await job.save({ tools: ['os', 'gcc'], final: web.final })
    expect(await content(join(folder(), 'cache'))).toMatchObject(web)
  })

  test('an index that is damaged is none, and is replaced', async () => {
    await saved(web)
    const key = service().keys.find(one => one.startsWith('local-all')) ?? ''
    await writeFile(join(service().contents, encodeURIComponent(key)), '{')
    const job = await newJob()
    expect(await job.restore()).toMatchObject({
      found: [],
      troubles: [['restore-failed', 'local-all, which lists what was saved, is damaged; this job saves another']],
      content: {}
    })
    await job.save(web)
    expect(await (await newJob()).restore()).toMatchObject({ found: stages, troubles: [], content: { final: web.final } })
  })
})

describe('the service', () => {
  test('gives no index', async () => {
    await saved(web)
    service().fault = () => 'down'
    expect(await (await newJob()).restore()).toMatchObject({ found: [], troubles: [['restore-failed', 'down']] })
  })

  test('hangs: it is asked for no more than were asked for already', async () => {
    await saved({ base: ['1'], deps: ['1', '2'], tools: ['3'], final: ['1', '2', '3', '4'] })
    service().fault = (_, key) => (key.startsWith('layers') ? 'not done within 15 s' : undefined)
    service().asked.length = 0
    const { found, troubles } = await (await newJob()).restore()
    expect([found, troubles]).toEqual([[], [['restore-failed', 'not done within 15 s']]])
    expect(service().asked.length).toBeLessThanOrEqual(5)
  })

  test('is given the time that an entry of some kilobytes may take at most', async () => {
    const waits: string[] = []
    service().fault = (what, key, seconds) => {
      if (key.startsWith('layers')) waits.push(`${what} ${Math.round(seconds)} s`)
      return undefined
    }
    await saved(web)
    await (await newJob()).restore()
    expect(new Set(waits)).toEqual(new Set(['save 60 s', 'restore 60 s']))
  })

  test('does not take an entry: what needs it stays as it was saved before', async () => {
    await saved(web)
    const job = await newJob()
    await job.restore()
    service().fault = (what, key) => (what === 'save' && key.startsWith('layers-tools') ? 'no room' : undefined)
    expect(await job.save({ tools: ['os', 'gcc2'], final: ['os', 'pip', 'gcc2', 'app2'] })).toEqual({
      made: ['layers-final'],
      failures: ['no room']
    })
    service().fault = () => undefined
    expect(await (await newJob()).restore()).toMatchObject({ troubles: [], content: { final: web.final } })
  })

  test('does not give the index at the end: nothing is overwritten', async () => {
    await saved(web)
    const job = await newJob()
    await job.restore()
    service().fault = what => (what === 'restore' ? 'down' : undefined)
    await expect(job.save({ tools: ['os', 'gcc2'] })).rejects.toThrow('down')
    expect(service().keys).toHaveLength(5)
  })
})

test('a blob of the directory that is damaged is fetched again where an earlier step of the job made the directory', async () => {
  await saved(web)
  const job = await newJob()
  await job.restore()
  await writeFile(join(folder(), 'cache/blobs/sha256', digestOf('gcc')), layer('GCC'))
  expect(await job.restore()).toMatchObject({ found: stages, troubles: [], content: { final: web.final } })
})
