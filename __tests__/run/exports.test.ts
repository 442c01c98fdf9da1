import { access, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StageExport } from '../../src/plan/exports'
import { watchCancellation } from '../../src/run/cancellation'
import { newExporter } from '../../src/run/exports'
import type { ExporterOptions } from '../../src/run/exports'
import type { GhaUploads } from '../../src/run/gha-uploads'
import { newTestHost } from '../helpers/host'
import type { TestHost } from '../helpers/host'
import { diamond, planOf, refOf } from '../helpers/plans'
import { inputsWith } from '../inputs/fixture'

// Writes down which cache it was to write, has its layers written at once, and ends when there is a file that says so.
const docker = `
const { appendFileSync, existsSync } = require('node:fs')
const folder = process.env.HOME
const what = /cache-(deps|tools|base)/.exec(process.argv.find(arg => /^type=(registry|gha),/.test(arg)) ?? '')?.[1] ?? 'ahead'
appendFileSync(folder + '/begun', what + '\\n')
process.stderr.write(JSON.stringify({ statuses: [{ id: 'writing config sha256:1', vertex: 'v' }] }) + '\\n')
setInterval(() => existsSync(folder + '/end') && process.exit(existsSync(folder + '/fail') ? 1 : 0), 20)
`
const plan = planOf(diamond)

let host: TestHost
beforeEach(async () => {
  host = await newTestHost({ docker })
})
afterEach(() => host.remove())

const exporterOf = (options: Partial<ExporterOptions> = {}) =>
  newExporter(host, watchCancellation(host), {
    inputs: inputsWith(),
    builder: 'b',
    driver: 'docker-container',
    apart: false,
    importRef: () => undefined,
    beside: true,
    completedFrom: () => [],
    foundAs: () => undefined,
    ghaUploads: undefined,
    targetOf: stage => stage,
    writeBeginning: () => Promise.resolve('/beginning'),
    stageLocal: () => Promise.resolve(''),
    inTurn: false,
    record: () => Promise.resolve(),
    refusing: [],
    doubtful: [],
    ...options
  })
const wanted = (stage: string, more: Partial<StageExport> = {}): StageExport => ({
  stage,
  ref: refOf(plan, stage),
  cause: 'ran',
  after: [],
  uploads: ['base'],
  ...more
})
const begun = async () => (await readFile(join(host.folder, 'begun'), 'utf8').catch(() => '')).split('\n').filter(Boolean)
const untilBegun = async (count: number) => {
  while ((await begun()).length < count) await sleep(20)
}
const end = () => writeFile(join(host.folder, 'end'), '')

test('an export that shares layers with another begins when those are written, not when the other has ended', async () => {
  const exporter = exporterOf()
  exporter.add(wanted('deps'))
  exporter.add(wanted('tools'))
  await untilBegun(2)
  await expect(access(join(host.folder, 'end'))).rejects.toThrow()
  await end()
  expect((await exporter.finish(10)).map(({ stage, exported }) => `${stage} ${exported}`)).toEqual(['deps yes', 'tools yes'])
  expect(await begun()).toEqual(['deps', 'tools'])
})

test('one to GitHub’s cache begins when what it shares is where it finds it', async () => {
  const saving: { stage: string; written: () => void }[] = []
  const { promise: ended, resolve: endAll } = Promise.withResolvers<undefined>()
  const save: GhaUploads['save'] = ({ ref, onLayersWritten }) => {
    saving.push({ stage: ref.stage, written: onLayersWritten })
    return ended
  }
  const exporter = exporterOf({ ghaUploads: { save } })
  const gha = planOf(diamond, { backends: ['gha'] })
  const parts = { base: ['base'], deps: ['base', 'deps'], tools: ['tools'] }
  for (const [stage, uploads] of Object.entries(parts)) exporter.add(wanted(stage, { ref: refOf(gha, stage, 'gha'), uploads }))
  await sleep(100)
  expect(saving.map(({ stage }) => stage)).toEqual(['base', 'tools'])
  saving[0]?.written()
  await sleep(100)
  expect(saving.map(({ stage }) => stage)).toEqual(['base', 'tools', 'deps'])
  endAll(undefined)
  await exporter.finish(10)
})

test('a refresh ends before the next begins, and an export that fails holds up none', async () => {
  const exporter = exporterOf()
  const gha = planOf(diamond, { backends: ['gha'] })
  for (const stage of ['deps', 'tools'])
    exporter.add(wanted(stage, { ref: refOf(gha, stage, 'gha'), cause: 'refresh', uploads: [], alone: true }))
  await untilBegun(1)
  await sleep(300)
  expect(await begun()).toEqual(['deps'])
  await writeFile(join(host.folder, 'fail'), '')
  await end()
  expect((await exporter.finish(10)).map(({ exported }) => exported)).toEqual(['failed', 'failed'])
  expect(await begun()).toEqual(['deps', 'tools'])
})

describe('a beginning', () => {
  const { ref } = wanted('base')
  const beginning = wanted('base', {
    ref: { ...ref, name: ref.beginning },
    after: ['deps'],
    uploads: ['beginnings'],
    beginning: { stage: plan.target, steps: 1, lastLine: 9 }
  })

  test.each([
    { options: {}, first: ['ahead', 'deps'] },
    { options: { beside: false }, first: ['deps'] },
    { options: { inTurn: true }, first: ['deps'] }
  ])('waits for the others, and is compressed meanwhile where that may be: $options', async ({ options, first }) => {
    const exporter = exporterOf(options)
    exporter.add(wanted('deps'))
    exporter.add(beginning)
    await untilBegun(first.length)
    await sleep(200)
    expect((await begun()).toSorted()).toEqual(first)
    await end()
    const outcomes = await exporter.finish(10)
    expect(outcomes.map(({ exported, beginning: of }) => [exported, of])).toEqual([
      ['yes', undefined],
      ['yes', { steps: 1, of: 2 }]
    ])
    expect((await begun()).at(-1)).toBe('base')
    expect(host.said).toContainEqual(
      expect.stringMatching(/^info: Cache of the first of 2 steps of base → .*cache-base_BEGUN: saved in/)
    )
  })

  test('is not compressed for a backend that takes nothing', async () => {
    const exporter = exporterOf({ refusing: ['registry'] })
    exporter.add(wanted('deps'))
    exporter.add(beginning)
    expect((await exporter.finish(10)).map(({ exported }) => exported)).toEqual(['not-allowed', 'not-allowed'])
    expect(await begun()).toEqual([])
  })

  test('whose Dockerfile cannot be written is one that was not saved', async () => {
    const exporter = exporterOf({ writeBeginning: () => Promise.reject(new Error('ENOSPC')), beside: false })
    exporter.add(wanted('deps'))
    exporter.add(beginning)
    await untilBegun(1)
    await end()
    expect((await exporter.finish(10)).map(({ exported, detail }) => [exported, detail])).toEqual([
      ['yes', ''],
      ['failed', 'ENOSPC']
    ])
  })
})
