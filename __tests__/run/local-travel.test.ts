import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LocalSave } from '../../src/handover'
import type { ActionsCache } from '../../src/host'
import type { FoundRef } from '../../src/plan/coverage'
import { candidateRefs, findLocal } from '../../src/run/local-candidates'
import { promoteLocalCache, stageLocalCache } from '../../src/run/local-cache'
import { restoreImports } from '../../src/run/local-restore'
import { saveLocalCache } from '../../src/run/local-save'
import { newTestHost } from '../helpers/host'
import type { TestHost } from '../helpers/host'
import { contentOf, exportTo } from '../helpers/local-layouts'
import type { Content } from '../helpers/local-layouts'
import { diamond, foundWith, planOf, refOf } from '../helpers/plans'

const plan = planOf(diamond, { backends: ['registry', 'local'] })
const stages = ['base', 'deps', 'tools', 'final']
const tag = (stage: string) => refOf(plan, stage, 'local').name
const web = { base: ['os'], deps: ['os', 'pip'], tools: ['os', 'gcc'], final: ['os', 'pip', 'gcc', 'app'] }

let folder: string
let service: Service
let hosts: TestHost[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'local-travel-'))
  service = newService(join(folder, 'service'))
})
afterEach(async () => {
  await Promise.all(hosts.map(host => host.remove()))
  hosts = []
  await rm(folder, { recursive: true })
})

interface Service extends ActionsCache {
  /** Keys in the order they were saved. */
  readonly keys: string[]
  /** Keys that were asked for, as prefixes are. */
  readonly asked: string[]
  readonly contents: string
  /** Message of the error to throw for a key. */
  fault: (what: 'restore' | 'save', key: string) => string | undefined
}

/** A cache service of which keys and faults are ours; that the client's own is used right is for the end-to-end tests. */
function newService(contents: string): Service {
  const keys: string[] = []
  const asked: string[] = []
  const one: Service = {
    available: true,
    keys,
    asked,
    contents,
    fault: () => undefined,
    find: () => Promise.resolve(undefined),
    async restore(path, key) {
      asked.push(key)
      const fault = one.fault('restore', key)
      if (fault !== undefined) throw new Error(fault)
      const found = keys.findLast(saved => saved.startsWith(key))
      if (found !== undefined) await cp(join(contents, encodeURIComponent(found)), path, { recursive: true })
      return found
    },
    async save(path, key) {
      const fault = one.fault('save', key)
      if (fault !== undefined) throw new Error(fault)
      await mkdir(contents, { recursive: true })
      await cp(path, join(contents, encodeURIComponent(key)), { recursive: true })
      keys.push(key)
    }
  }
  return one
}

/** One job on a machine of its own: what it finds, and what it saves of what it exports. */
async function newJob({ directory = join(folder, 'cache'), fresh = true } = {}) {
  if (fresh) await rm(directory, { recursive: true, force: true })
  const host = await newTestHost({ actionsCache: service })
  hosts.push(host)
  const staging = join(folder, 'staging')
  let gone: readonly string[] = []
  return {
    host,
    directory,
    async restore(others: readonly FoundRef[] = []) {
      const candidates = await findLocal(host, plan, { directory, names: ['local-all'], mayRepair: true })
      const found = [...others, ...candidateRefs(plan, candidates)]
      const request = {
        plan,
        directory,
        candidates,
        rebuilt: new Set<string>(),
        staging,
        beforeStaging: () => undefined,
        mayRepair: true
      }
      const restored = await restoreImports(host, found, request)
      gone = restored.gone
      return {
        stays: candidates.stays,
        found: restored.found.filter(({ ref }) => ref.backend === 'local').map(({ ref }) => ref.stage),
        troubles: [...candidates.troubles, ...restored.troubles].map(({ code, stage, detail }) => [
          stage ?? code,
          detail.replace(/#\w+-\w+/, '')
        ]),
        content: await content(directory)
      }
    },
    async save(written: Readonly<Record<string, readonly string[]>>, among: readonly string[] = stages) {
      await stageLocalCache(host.files, directory, staging)
      await exportTo(
        staging,
        Object.fromEntries(Object.entries(written).map(([stage, layers]) => [tag(stage), layers.map(layer)]))
      )
      await promoteLocalCache(host.files, staging, directory, new Set(Object.keys(written).map(tag)), () => true)
      const save: LocalSave = {
        directory,
        names: ['local-all'],
        gone,
        stages: among.map(stage => ({ stage, entries: `layers-${stage}`, ...(stage in written ? { written: tag(stage) } : {}) }))
      }
      const before = service.keys.length
      const { failures } = await saveLocalCache(host, save)
      return { made: names(service.keys.slice(before)), failures }
    }
  }
}

const names = (keys: readonly string[]) => keys.map(key => key.split('#')[0]).sort()

/** A layer's text, which is more than its ref's list of steps. */
const layer = (name: string) => name.padEnd(5000, '.')

/** What the directory holds, by stage. */
async function content(directory: string): Promise<Content> {
  const all = await contentOf(directory).catch(() => ({}))
  return Object.fromEntries(
    Object.entries(all).map(([name, layers]) => [
      stages.find(stage => tag(stage) === name) ?? name,
      layers.map(text => text.replace(/\.+$/, ''))
    ])
  )
}

async function saved(what: Content) {
  return (await newJob()).save(what)
}

test('the first job saves an entry for each stage and an index; the next fetches what its import needs', async () => {
  expect(await saved(web)).toEqual({
    made: ['layers-base', 'layers-deps', 'layers-final', 'layers-tools', 'local-all'],
    failures: []
  })
  service.asked.length = 0
  const restored = await (await newJob()).restore()
  expect(restored).toEqual({ stays: false, found: stages, troubles: [], content: { final: web.final } })
  expect(names(service.asked)).toEqual(['layers-base', 'layers-deps', 'layers-final', 'layers-tools', 'local-all'])
  // Nothing is left beside the directory but what locks are for.
  expect(await readdir(folder)).toEqual(['cache', 'cache.entries', 'service'])
  expect(await readdir(join(folder, 'cache.entries'))).toEqual([])
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
  service.asked.length = 0
  const { found, content: now } = await (await newJob()).restore([foundWith(refOf(plan, 'final', 'registry'), 'a b')])
  expect([found, now, names(service.asked)]).toEqual([stages, {}, ['local-all']])
})

test('a directory that was there has what it needs: nobody is asked, and it stays', async () => {
  await saved(web)
  service.asked.length = 0
  const { stays, found } = await (await newJob({ fresh: false })).restore()
  expect([stays, found, service.asked]).toEqual([true, stages, []])
})

test('a directory of another image is no help, and what an earlier step of the job made does not stay', async () => {
  await saved(web)
  await rm(join(folder, 'cache'), { recursive: true })
  await exportTo(join(folder, 'cache'), { 'cache-base_OF_other': ['o'] })
  const job = await newJob({ fresh: false })
  expect(await job.restore()).toMatchObject({ stays: true, found: stages })
  const first = await newJob()
  expect(await first.restore()).toMatchObject({ stays: false })
  await first.save({ tools: ['os', 'gcc2'] })
  expect(await first.restore()).toMatchObject({ stays: false, found: stages })
})

describe('what is lost', () => {
  const entryOf = (stage: string) => service.keys.find(key => key.startsWith(`layers-${stage}#`)) ?? ''
  const harms = [
    { how: 'gone', harm: (stage: string) => void service.keys.splice(service.keys.indexOf(entryOf(stage)), 1), why: 'gone' },
    {
      how: 'of other content',
      async harm(stage: string) {
        const at = join(service.contents, encodeURIComponent(entryOf(stage)))
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
        const at = join(service.contents, encodeURIComponent(entryOf(stage)))
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
    const name = (await readdir(join(folder, 'cache/blobs/sha256'))).find(one => one === digestOf('gcc')) ?? ''
    await writeFile(join(folder, 'cache/blobs/sha256', name), layer('GCC'))
    const job = await newJob({ fresh: false })
    const { found, troubles } = await job.restore()
    expect([found, troubles.map(([stage]) => stage)]).toEqual([['base', 'deps'], ['tools']])
    await job.save({ tools: ['os', 'gcc'], final: web.final })
    expect(await content(folder + '/cache')).toMatchObject(web)
  })

  test('an index that is damaged is none', async () => {
    await saved(web)
    const key = service.keys.find(one => one.startsWith('local-all')) ?? ''
    await writeFile(join(service.contents, encodeURIComponent(key)), '{')
    expect(await (await newJob()).restore()).toMatchObject({ found: [], troubles: [], content: {} })
  })
})

describe('the service', () => {
  test('gives no index', async () => {
    await saved(web)
    service.fault = () => 'down'
    expect(await (await newJob()).restore()).toMatchObject({ found: [], troubles: [['restore-failed', 'down']] })
  })

  test('hangs: it is asked for no more than were asked for already', async () => {
    await saved({ base: ['1'], deps: ['1', '2'], tools: ['3'], final: ['1', '2', '3', '4'] })
    service.fault = (_, key) => (key.startsWith('layers') ? 'not done within 15 s' : undefined)
    service.asked.length = 0
    const { found, troubles } = await (await newJob()).restore()
    expect([found, troubles]).toEqual([[], [['restore-failed', 'not done within 15 s']]])
    expect(service.asked.length).toBeLessThanOrEqual(5)
  })

  test('does not take an entry: what needs it stays as it was saved before', async () => {
    await saved(web)
    const job = await newJob()
    await job.restore()
    service.fault = (what, key) => (what === 'save' && key.startsWith('layers-tools') ? 'no room' : undefined)
    expect(await job.save({ tools: ['os', 'gcc2'], final: ['os', 'pip', 'gcc2', 'app2'] })).toEqual({
      made: ['layers-final'],
      failures: ['no room']
    })
    service.fault = () => undefined
    expect(await (await newJob()).restore()).toMatchObject({ troubles: [], content: { final: web.final } })
  })

  test('does not give the index at the end: nothing is overwritten', async () => {
    await saved(web)
    const job = await newJob()
    await job.restore()
    service.fault = what => (what === 'restore' ? 'down' : undefined)
    await expect(job.save({ tools: ['os', 'gcc2'] })).rejects.toThrow('down')
    expect(service.keys).toHaveLength(5)
  })
})

test('what another job saved meanwhile stays', async () => {
  await saved(web)
  const [one, two] = [await newJob({ directory: join(folder, 'one') }), await newJob({ directory: join(folder, 'two') })]
  await one.restore()
  await two.restore()
  await one.save({ deps: ['os', 'pip2'] })
  await two.save({ tools: ['os', 'gcc2'] })
  const { content: now } = await (await newJob()).restore()
  expect(now).toEqual({ deps: ['os', 'pip2'], tools: ['os', 'gcc2'], final: web.final })
})

test('a blob of the directory that is damaged is fetched again where an earlier step of the job made the directory', async () => {
  await saved(web)
  const job = await newJob()
  await job.restore()
  await writeFile(join(folder, 'cache/blobs/sha256', digestOf('gcc')), layer('GCC'))
  expect(await job.restore()).toMatchObject({ found: stages, troubles: [], content: { final: web.final } })
})

test('a stage that left the Dockerfile leaves the index', async () => {
  await saved(web)
  const job = await newJob()
  await job.restore()
  await job.save({ final: ['os', 'pip', 'app'] }, ['base', 'deps', 'final'])
  service.asked.length = 0
  expect(await (await newJob()).restore()).toMatchObject({ found: ['base', 'deps', 'final'] })
  expect(names(service.asked)).not.toContain('layers-tools')
})

/** Name of a layer's file. */
function digestOf(name: string): string {
  return createHash('sha256').update(layer(name)).digest('hex')
}
