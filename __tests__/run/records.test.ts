import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, basename } from 'node:path'
import type { ActionsCache } from '../../src/actions-cache'
import { emptyRecord } from '../../src/fingerprint/record'
import type { CacheRef } from '../../src/plan/cache-plan'
import type { FoundRef } from '../../src/plan/coverage'
import type { CacheRecord, RecordedStage } from '../../src/fingerprint/record'
import { joinedGhaRefs, settledRefs, stillUnsure, unsureRefs } from '../../src/run/gha-refs'
import { recordedRefs, restoreRecords, savedAt, saveRecord } from '../../src/run/records'
import type { RecordPlace } from '../../src/run/records'
import { newTestHost } from '../helpers/host'
import type { TestHost } from '../helpers/host'
import { diamond, main, onBranch, own, planOf, refOf } from '../helpers/plans'

/** Keeps files as the cache service does: under their path and key, the newest whose key begins as asked for. */
function memoryCache(failing: (key: string) => string | undefined = () => undefined) {
  const entries: { path: string; key: string; text: string }[] = []
  const cache: ActionsCache = {
    available: true,
    async restore(path, key) {
      const error = failing(key)
      if (error) throw new Error(error)
      const entry = entries.findLast(candidate => candidate.path === path && candidate.key.startsWith(key))
      if (!entry) return undefined
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, entry.text)
      return entry.key
    },
    find: (path, key) =>
      Promise.resolve(entries.findLast(candidate => candidate.path === path && candidate.key.startsWith(key))?.key),
    async save(path, key) {
      const error = failing(key)
      if (error) throw new Error(error)
      if (entries.some(candidate => candidate.key === key)) throw new Error('already exists')
      entries.push({ path, key, text: await readFile(path, 'utf8') })
    }
  }
  return { cache, entries }
}

const hosts: TestHost[] = []
afterEach(() => Promise.all(hosts.splice(0).map(host => host.remove())))

async function hostWith(actionsCache: ActionsCache): Promise<TestHost> {
  const host = await newTestHost({ actionsCache })
  hosts.push(host)
  return host
}

const plan = planOf(diamond, { backends: ['registry', 'gha'], scopes: onBranch })
const name = (stage: string, scope = own) => refOf(plan, stage, 'gha', scope).name
const record = (refs: CacheRecord['refs']): CacheRecord => ({ ...emptyRecord('acme/app', 'key'), refs })
const withRefs = (refs: CacheRecord['refs']) => (newest: CacheRecord) => ({ ...newest, refs: { ...newest.refs, ...refs } })
const foundIn = async (host: TestHost, place: RecordPlace) =>
  recordedRefs(plan, (await restoreRecords(host, place)).records).found
const entry = (id: string, held = {}) => ({ id, at: '2026-11-20T00:00:00.000Z', held })
const placeIn = (host: TestHost, names = ['record-own', 'record-main']): RecordPlace => ({
  onlyExplains: false,
  written: {},
  // Records lie under one path on a machine: each test has names of its own.
  names: names.map(text => `${basename(host.folder)}-${text}`),
  repository: 'acme/app',
  directory: host.folder
})

test('nothing was recorded: nothing is known, and that is no trouble', async () => {
  const host = await hostWith(memoryCache().cache)
  expect(await restoreRecords(host, placeIn(host))).toEqual({ records: [undefined, undefined] })
})

test('what one job recorded the next one finds, each scope by itself', async () => {
  const host = await hostWith(memoryCache().cache)
  const place = placeIn(host)
  await saveRecord(
    host,
    placeIn(host, ['record-main']),
    record({}),
    withRefs({
      [name('base', main)]: entry('b1'),
      [name('final', main)]: entry('f1', { [name('base', main)]: 'b1' })
    })
  )
  await saveRecord(host, place, record({}), withRefs({ [name('base')]: entry('b2') }))
  const restored = await restoreRecords(host, place)
  expect(restored.records[0]?.refs).toEqual({ [name('base')]: entry('b2') })
  expect(recordedRefs(plan, restored.records).found.map(({ ref, id, held }) => [ref.backend, ref.name, id, held])).toEqual([
    ['gha', name('base'), 'b2', {}],
    ['gha', name('base', main), 'b1', {}],
    ['gha', name('final', main), 'f1', { [name('base', main)]: 'b1' }]
  ])
})

test('refs that a job was going to write are known to be unsure; one that was never there before is not found', () => {
  const refs = unsureRefs(
    ['base', 'final', 'deps'].map(stage => refOf(plan, stage, stage === 'deps' ? 'registry' : 'gha')),
    { [name('base')]: entry('b1'), [name('tools')]: entry('t1') },
    entry('').at,
    'job'
  )
  const unsureSince = `${entry('').at} job`
  expect(refs).toEqual({
    [name('base')]: { ...entry('b1'), unsure: unsureSince },
    [name('final')]: { ...entry(''), unsure: unsureSince }
  })
  const { found, unsure } = recordedRefs(plan, [record({ [name('tools')]: entry('t1'), ...refs })])
  expect(found.map(({ id }) => id).toSorted()).toEqual(['b1', 't1'])
  expect(unsure.map(ref => ref.name).toSorted()).toEqual([name('base'), name('final')])
})

describe('what was unsure and was looked into', () => {
  const exportedAt = Date.parse(entry('').at)
  const announcedAt = Date.parse('2026-11-20T12:00:00.000Z')
  const unsure = { ...entry('f1'), unsure: `${new Date(announcedAt).toISOString()} job` }
  const final = { ref: refOf(plan, 'final', 'gha'), id: 'sha256:f', blobs: new Set(['1', '3']), exportedAt }
  const settled = (now: CacheRecord['refs'], found: FoundRef = final, secondsLater = 60, absent: readonly CacheRef[] = []) =>
    settledRefs(
      {
        askedAt: announcedAt + secondsLater * 1000,
        record: record({ [name('base')]: entry('b1'), [name('final')]: unsure }),
        found: [
          { ref: refOf(plan, 'base', 'gha'), id: 'b1', blobs: new Set(['1']) },
          { ref: refOf(plan, 'tools', 'gha'), id: 't1', blobs: new Set(['2']) },
          found
        ].filter(({ ref }) => !absent.includes(ref)),
        absent
      },
      now
    )

  test('is sure from then on, with what its layers say it holds', () => {
    expect(settled({ [name('final')]: unsure })).toEqual({ [name('final')]: entry('sha256:f', { [name('base')]: 'b1' }) })
  })

  test('is what it was, where nobody wrote it in the time that an export may take', () => {
    const before = { ...final, id: 'f1', held: { x: 'y' }, joined: { older: ['deps'] } }
    expect(settled({ [name('final')]: unsure }, before, 901)).toEqual({
      [name('final')]: { ...entry('f1', { x: 'y' }), joined: { older: ['deps'] } }
    })
    // The job that announced it may still be uploading.
    expect(settled({ [name('final')]: unsure }, before, 899)).toEqual({})
  })

  test('is not there, where nobody wrote it in that time and it is in no list', () => {
    expect(settled({ [name('final')]: unsure }, final, 901, [final.ref])).toEqual({ [name('final')]: entry('') })
    expect(settled({ [name('final')]: unsure }, final, 899, [final.ref])).toEqual({})
    expect(settled({ [name('final')]: { ...unsure, unsure: 'another' } }, final, 901, [final.ref])).toEqual({})
  })

  test.each([
    ['this job or another is going to write it', { ...unsure, unsure: 'another' }],
    ['it was written', entry('f2')]
  ])('stays as it is recorded by now: %s', (_, now) => expect(settled({ [name('final')]: now })).toEqual({}))
})

test('a ref that a job wrote stays unsure where another is going to write it as well', () => {
  const [mine, others] = ['me', 'other'].map(job => ({ ...entry('b1'), unsure: `${entry('').at} ${job}` }))
  const written = { [name('base')]: entry('b2') }
  expect(stillUnsure(written, {}, 'me')).toEqual(written)
  expect(stillUnsure(written, { [name('base')]: mine ?? entry('') }, 'me')).toEqual(written)
  expect(stillUnsure(written, { [name('base')]: others ?? entry('') }, 'me')).toEqual({
    [name('base')]: { ...entry('b2'), unsure: others?.unsure }
  })
})

test('a joined ref holds what the one before held, also where that was known by its list alone', () => {
  const [base, deps, final] = ['base', 'deps', 'final'].map(stage => refOf(plan, stage, 'gha')) as [CacheRef, CacheRef, CacheRef]
  const replaces = { ref: final, id: 'f1', blobs: new Set(['1', '3']) }
  const found = [replaces, { ref: base, id: 'b1', blobs: new Set(['1']) }]
  const join = { ref: final, digest: 'f2', replaces, broughtIn: [], saved: [deps], begun: [], note: { older: ['deps'] } }
  const { [final.name]: joined } = joinedGhaRefs({ found }, [join], new Map([[deps, { id: 'd2' }]]), entry('').at)
  expect([joined?.id, joined?.held]).toEqual(['f2', { [base.name]: 'b1', [deps.name]: 'd2' }])
})

test('of two refs that a joined one took in, the newest tells what it holds: it was brought in first', () => {
  const [base, deps, tools, final] = ['base', 'deps', 'tools', 'final'].map(stage => refOf(plan, stage, 'gha')) as [
    CacheRef,
    CacheRef,
    CacheRef,
    CacheRef
  ]
  const broughtIn = [
    { ref: deps, id: 'd5', held: { [base.name]: 'b5' } },
    { ref: tools, id: 't3', held: { [base.name]: 'b3' } }
  ]
  const join = { ref: final, digest: 'f2', broughtIn, saved: [], begun: [], note: { older: [] } }
  const { [final.name]: joined } = joinedGhaRefs({ found: [] }, [join], new Map(), entry('').at)
  expect(joined?.held).toEqual({ [base.name]: 'b5', [deps.name]: 'd5', [tools.name]: 't3' })
})

test('the newest record counts, and each has a key of its own', async () => {
  const { cache, entries } = memoryCache()
  const host = await hostWith(cache)
  for (const id of ['1', '2', '3']) await saveRecord(host, placeIn(host), record({}), withRefs({ [name('base')]: entry(id) }))
  expect(entries.map(({ key }) => /record-own#[0-9a-f-]{36}$/.test(key))).toEqual([true, true, true])
  expect((await foundIn(host, placeIn(host)))[0]?.id).toBe('3')
})

test('what another job recorded meanwhile stays', async () => {
  const host = await hostWith(memoryCache().cache)
  const before = record({ [name('base')]: entry('1') })
  await saveRecord(host, placeIn(host), before, withRefs({ [name('tools')]: entry('other') }))
  await saveRecord(host, placeIn(host), before, withRefs({ [name('base')]: entry('2') }))
  const { records } = await restoreRecords(host, placeIn(host))
  expect(records[0]?.refs).toEqual({ [name('base')]: entry('2'), [name('tools')]: entry('other') })
})

test('what this job wrote itself is not fetched again, and what another job wrote after it is', async () => {
  const { cache } = memoryCache()
  let fetched = 0
  const restore: ActionsCache['restore'] = (...given) => {
    fetched++
    return cache.restore(...given)
  }
  const host = await hostWith({ ...cache, restore })
  const place = placeIn(host)
  await saveRecord(host, place, record({}), withRefs({ [name('base')]: entry('b1') }))
  expect(fetched).toBe(1)
  await saveRecord(host, place, record({}), withRefs({ [name('deps')]: entry('d1') }))
  expect(fetched).toBe(1)
  await saveRecord(host, { ...place, written: {} }, record({}), withRefs({ [name('tools')]: entry('t1') }))
  await saveRecord(host, place, record({}), withRefs({ [name('final')]: entry('f1') }))
  expect(fetched).toBe(3)
  const refs = (await restoreRecords(host, place)).records[0]?.refs ?? {}
  expect(Object.values(refs).map(({ id }) => id)).toEqual(['b1', 'd1', 't1', 'f1'])
})

test('a file that lies there from another job does not count: the service has no such record', async () => {
  const host = await hostWith(memoryCache().cache)
  const elsewhere = await hostWith(memoryCache().cache)
  await saveRecord(elsewhere, placeIn(host), record({}), withRefs({ [name('base')]: entry('1') }))
  expect(await foundIn(host, placeIn(host))).toEqual([])
})

test.each([
  { description: 'another repository', text: JSON.stringify({ ...record({ x: entry('1') }), repository: 'evil/app' }) },
  { description: 'no record', text: '{' },
  { description: 'null', text: 'null' }
])('a record of $description is none, but known to be there, and the next one takes its place', async ({ text }) => {
  const { cache, entries } = memoryCache()
  const host = await hostWith(cache)
  await saveRecord(host, placeIn(host), record({}), withRefs({}))
  for (const saved of entries) saved.text = text
  expect(await restoreRecords(host, placeIn(host))).toEqual({ records: [undefined, undefined], unreadable: true })
  await saveRecord(host, placeIn(host), record({}), withRefs({ [name('base')]: entry('new') }))
  expect((await foundIn(host, placeIn(host))).map(({ id }) => id)).toEqual(['new'])
})

test('a service that fails is a trouble, what the other scopes say counts', async () => {
  const { cache } = memoryCache(key => (key.includes('record-own') ? 'the service is down' : undefined))
  const host = await hostWith(cache)
  await saveRecord(host, placeIn(host, ['record-main']), record({}), withRefs({ [name('base', main)]: entry('b1') }))
  const restored = await restoreRecords(host, placeIn(host))
  expect([restored.failure, restored.ownFailed]).toEqual(['the service is down', true])
  expect(recordedRefs(plan, restored.records).found.map(({ id }) => id)).toEqual(['b1'])
  await expect(saveRecord(host, placeIn(host), record({}), withRefs({}))).rejects.toThrow('the service is down')
})

describe('when a ref was saved', () => {
  const found = (backend: 'registry' | 'gha' | 'local', exportedAt?: number) => ({
    ref: refOf(planOf(diamond, { backends: [backend] }), 'deps', backend),
    id: 'sha256:a',
    ...(exportedAt === undefined ? {} : { exportedAt })
  })
  const made = { id: '', base: { line: 1, from: '', variables: [] }, parts: [] }
  const withStage = (key: string, saved: RecordedStage['saved']): CacheRecord => ({
    ...emptyRecord('acme/app', 'key'),
    stages: { [key]: { 'linux/amd64': { made, images: {}, seconds: [], saved } } }
  })
  const at = '2026-11-20T00:00:00.000Z'
  const later = '2026-11-21T00:00:00.000Z'

  test.each<[string, Parameters<typeof savedAt>[1], readonly CacheRecord[], number | undefined]>([
    ['gha: as found', found('gha', 5), [withStage('deps', { registry: { id: 'sha256:a', at } })], 5],
    ['registry: nothing recorded', found('registry'), [emptyRecord('acme/app', 'key')], undefined],
    ['registry: of a stage in it', found('registry'), [withStage('deps', { registry: { id: 'sha256:a', at } })], Date.parse(at)],
    ['registry: another content', found('registry'), [withStage('deps', { registry: { id: 'sha256:b', at } })], undefined],
    ['registry: not known when', found('registry'), [withStage('deps', { registry: { id: 'sha256:a', at: '' } })], undefined],
    [
      'registry: the last of two',
      found('registry'),
      [at, later].map(time => withStage('deps', { registry: { id: 'sha256:a', at: time } })),
      Date.parse(later)
    ],
    [
      'registry: nothing recorded, pushed anew',
      { ...found('registry'), renewedAt: Date.parse(later) },
      [withStage('deps', { registry: { id: 'sha256:b', at } })],
      Date.parse(later)
    ],
    ['local: never', found('local'), [withStage('deps', { local: { id: 'sha256:a', at } })], undefined]
  ])('%s', (_, ref, records, expected) => expect(savedAt(records, ref)).toBe(expected))
})
