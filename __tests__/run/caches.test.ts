import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { makeJobToken, READ, WRITE } from '../../testbed/job-token.mjs'
import { emptyRecord, renderRecord } from '../../src/fingerprint/record'
import type { Cancellation } from '../../src/run/cancellation'
import { findCaches, nothingSaved } from '../../src/run/caches'
import { expectBuild, historyOf } from '../../src/run/history'
import type { BuiltImage } from '../../src/run/image'
import { comparedWith, pastBuildOf } from '../../src/run/past-builds'
import type { Preparation } from '../../src/run/prepare'
import { explainResults } from '../../src/run/results'
import type { Results } from '../../src/run/results'
import { inputsWith } from '../inputs/fixture'
import { newTestHost } from '../helpers/host'
import { diamond, dockerfileOf, main, onBranch, planOf, refOf } from '../helpers/plans'

const cancellation = { orElse: <T>(work: Promise<T>) => work } as unknown as Cancellation
const record = emptyRecord('acme/app', 'key')

/** A build that reads nothing, after the cache service gave this record, and this list where BuildKit's is asked for. */
async function buildAfter(text: string | undefined, list?: string, { available = true, broken = '', failing = '' } = {}) {
  const asked: string[] = []
  const made = await newTestHost({
    env: { ACTIONS_RUNTIME_TOKEN: makeJobToken([{ scope: 'refs/heads/main', permission: READ + WRITE }]) },
    actionsCache: {
      available: true,
      async restore(path, key) {
        if (failing !== '' && key.includes(failing)) throw new Error('the service is down')
        if (text === undefined) return undefined
        await mkdir(dirname(path), { recursive: true })
        await writeFile(path, text)
        return `${key}1`
      },
      find: () => Promise.resolve(undefined),
      save: () => Promise.resolve()
    }
  })
  const read = (key: string) => {
    asked.push(key)
    return broken !== '' && key.includes(broken) ? Promise.reject(new Error('503')) : Promise.resolve(list)
  }
  const host = { ...made, buildkitEntries: { ...made.buildkitEntries, available, read } }
  const preparation = {
    inputs: inputsWith({}),
    context: { repository: 'acme/app', untrusted: false },
    dockerfile: dockerfileOf(diamond),
    plan: planOf(diamond, { backends: ['gha'], ...(failing === '' ? {} : { scopes: onBranch }) }),
    backends: {},
    // Records lie under one path on a machine.
    image: basename(made.folder),
    rebuilt: []
  } as unknown as Preparation
  const caches = await findCaches(host, cancellation, preparation, {
    staging: `${host.folder}/staging`,
    beforeStaging: () => undefined
  }).all
  await host.remove()
  const facts = { materials: undefined, images: new Map(), imported: [], failedImports: new Set<never>(), stale: [] }
  const results = preparation.plan.stages.map(({ stage }) => ({
    name: stage.name,
    index: stage.index,
    platform: 'linux/amd64',
    status: 'miss',
    steps: stage.steps.map((step, at) => ({ number: at + 1, command: '', line: step.lines.start, status: 'ran', seconds: 1 })),
    refs: []
  }))
  const explained = explainResults({
    preparation,
    caches,
    imports: { broughtIn: [] },
    built: { results, broughtIn: [], failedImports: new Set(), stale: [] },
    outcomes: [],
    joined: [],
    sizes: new Map(),
    history: historyOf(preparation, caches, facts),
    expectations: []
  } as unknown as Results)
  return {
    asked: asked.length,
    found: caches.found.map(({ ref, id, blobs = [], exportedAt }) => ({ name: ref.name, id, blobs: [...blobs], exportedAt })),
    nothing: nothingSaved(caches, preparation.plan),
    compared: comparedWith({ preparation, caches }),
    rate: pastBuildOf(
      host,
      preparation,
      caches,
      { run: { exitCode: 0, seconds: 1 }, results } as unknown as BuiltImage,
      undefined
    )?.rate,
    reasons: [...new Set(explained.map(({ reason }) => reason?.code))],
    expected: [...new Set(expectBuild(preparation, caches, { broughtIn: [] }, undefined).map(({ reason }) => reason?.code))]
  }
}

test.each([
  ['no record', undefined],
  ['a record without refs', renderRecord(record)]
])('%s: nothing was saved yet', async (_, text) => {
  expect(await buildAfter(text)).toMatchObject({ nothing: true, reasons: ['first-build'], expected: ['first-build'], rate: null })
})

test('where there is no record, but lists of what was saved are, it is no first build, and nothing is known of its causes', async () => {
  const { asked, nothing, reasons, expected } = await buildAfter(undefined, '{"layers":[],"records":[]}')
  expect([asked > 0, nothing, reasons, expected]).toEqual([true, false, ['unknown', 'parent-rebuilt'], [undefined]])
})

test('a service of another version is not asked for lists', async () => {
  expect(await buildAfter(undefined, '{"layers":[],"records":[]}', { available: false })).toMatchObject({
    asked: 0,
    nothing: true
  })
})

test('where there is a record, nobody asks for lists', async () => {
  expect(await buildAfter(renderRecord(record), '{"layers":[],"records":[]}')).toMatchObject({ asked: 0, nothing: true })
})

test('a list that cannot be read says nothing: what is recorded counts', async () => {
  const at = '2026-11-20T00:00:00.000Z'
  const name = (stage: string) => refOf(planOf(diamond, { backends: ['gha'] }), stage, 'gha').name
  const refs = {
    [name('deps')]: { id: 'a', at, held: {} },
    [name('base')]: { id: 'b', at, held: {}, unsure: 'mark' },
    [name('final')]: { id: '', at, held: {}, unsure: 'mark' }
  }
  const { found } = await buildAfter(renderRecord({ ...record, refs }), undefined, { broken: 'index-' })
  expect(found.map(({ name, id }) => `${name} ${id}`).toSorted()).toEqual([`${name('base')} b`, `${name('deps')} a`])
})

test('where the record of one scope cannot be read, those of the others count', async () => {
  const { name } = refOf(planOf(diamond, { backends: ['gha'], scopes: onBranch }), 'deps', 'gha', main)
  const refs = { [name]: { id: 'a', at: '2026-11-20T00:00:00.000Z', held: {} } }
  const { found, asked } = await buildAfter(renderRecord({ ...record, refs }), '{}', { failing: 'BRANCH' })
  expect([found.map(one => [one.name, one.id]), asked]).toEqual([[[name, 'a']], 0])
})

test('where it is not sure what a record says of one ref, all are asked for, and each that was found by itself may be brought in', async () => {
  const at = '2026-11-20T00:00:00.000Z'
  const [sure, unsure] = [
    { id: 'a', at, held: {} },
    { id: '', at, held: {}, unsure: 'mark' }
  ]
  const [deps, base] = ['deps', 'base'].map(stage => refOf(planOf(diamond, { backends: ['gha'] }), stage, 'gha').name)
  const refs = { [deps ?? '']: sure, [base ?? '']: unsure }
  const { found } = await buildAfter(renderRecord({ ...record, refs }), '{"layers":[{"blob":"sha256:1"}],"records":[]}')
  expect(found).toEqual(
    expect.arrayContaining([
      { name: deps, id: 'a', blobs: ['sha256:1'], exportedAt: Date.parse(at) },
      {
        name: base,
        id: expect.stringMatching(/^sha256:/) as string,
        blobs: ['sha256:1'],
        exportedAt: expect.any(Number) as number
      }
    ])
  )
})

test.each([
  ['damaged', '{'],
  ['of another version', JSON.stringify({ ...record, version: 2 })]
])('a record that is %s says that something was saved, and not what', async (_, text) => {
  const { nothing, reasons, expected, compared, rate } = await buildAfter(text)
  // No hit rate is to be judged by it, neither this one nor later ones.
  expect([compared.recordLost, rate]).toEqual([true, null])
  expect(nothing).toBe(false)
  expect(reasons).toEqual(['unknown', 'parent-rebuilt'])
  expect(expected).not.toContain('first-build')
})

test('a record of builds, of which nothing can be read from the cache, is what this one is compared with', async () => {
  const builds = [0.5, 0.7, 0.9].map(rate => ({ at: '', rate, seconds: 1 }))
  const { compared } = await buildAfter(renderRecord({ ...record, builds }))
  expect(compared).toMatchObject({ earlier: { usual: { builds: 3, seconds: 1 } }, maxImageGrowth: 20 })
  expect(compared).not.toHaveProperty('recordLost')
})
