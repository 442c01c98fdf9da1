import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { emptyRecord, parseRecord } from '../../src/fingerprint/record'
import type { ActionsCache } from '../../src/actions-cache'
import type { Caches } from '../../src/run/caches'
import type { ExportOutcome } from '../../src/run/export-build'
import type { Preparation } from '../../src/run/prepare'
import { announceRefs, saveRecords } from '../../src/run/recording'
import { newTestHost } from '../helpers/host'
import { diamond, dockerfileOf, planOf, refOf } from '../helpers/plans'
import { inputsWith } from '../inputs/fixture'

const plan = planOf(diamond, { backends: ['gha'] })
const deps = refOf(plan, 'deps', 'gha')
const preparation = { plan, dockerfile: dockerfileOf(diamond), inputs: inputsWith(), jobId: 'job' } as unknown as Preparation
const saved: ExportOutcome = {
  stage: 'deps',
  ref: deps,
  exported: 'yes',
  seconds: 1,
  ranSteps: [],
  digest: 'sha256:d',
  detail: ''
}

/** A service that takes records and gives none. */
async function withoutReading(ownRecordFailed: boolean) {
  const texts: string[] = []
  const actionsCache: ActionsCache = {
    available: true,
    restore: () => Promise.reject(new Error('503')),
    find: () => Promise.resolve(undefined),
    save: async path => void texts.push(await readFile(path, 'utf8'))
  }
  const host = await newTestHost({ actionsCache })
  const recordPlace = {
    onlyExplains: false,
    written: {},
    names: [basename(host.folder)],
    repository: 'acme/app',
    directory: host.folder
  }
  const record = { ...emptyRecord('acme/app', 'key') }
  const caches = {
    askedAt: 0,
    found: [],
    record,
    absent: [],
    recordPlace,
    recordsFailed: true,
    ownRecordFailed,
    readOnly: []
  } as unknown as Caches
  const kept = () => Object.entries(parseRecord(texts.at(-1) ?? '', 'acme/app')?.refs ?? {})
  return { host, caches, kept }
}

test('a record that could not be read is not taken for one that knows of nothing', async () => {
  const { host, caches, kept } = await withoutReading(true)
  const all = plan.stages.flatMap(({ writes }) => writes.map(({ name }) => name)).toSorted()
  await announceRefs(host, preparation, caches, [deps])
  expect(
    kept()
      .map(([name, { id, unsure }]) => [name, id, unsure !== undefined])
      .toSorted()
  ).toEqual(all.map(name => [name, '', true]))
  await saveRecords(host, preparation, caches, [saved])
  expect(
    kept()
      .map(([name, { id, unsure }]) => [name, id, unsure !== undefined])
      .toSorted()
  ).toEqual(all.map(name => (name === deps.name ? [name, 'sha256:d', false] : [name, '', true])))
  await host.remove()
})

test('one that was read is known to be whole, also where the newest cannot be had, and others could not be read at first', async () => {
  const { host, caches, kept } = await withoutReading(false)
  await saveRecords(host, preparation, caches, [saved])
  expect(kept().map(([name, { id, unsure }]) => [name, id, unsure])).toEqual([[deps.name, 'sha256:d', undefined]])
  await host.remove()
})
