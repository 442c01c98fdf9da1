import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newBuildKitEntries } from '../../src/io/buildkit-entries'
import { newStopwatch } from '../../src/io/stopwatch'
import { adminOf } from '../../testbed/cache-admin.mjs'
import { serveCache } from '../../testbed/cache-service.mjs'
import { push } from '../../testbed/events.mjs'
import { makeJobToken } from '../../testbed/job-token.mjs'

const stopwatch = newStopwatch(() => performance.now())
const service = await serveCache()
afterAll(() => service.stop())

const environment = {
  ACTIONS_RUNTIME_TOKEN: makeJobToken(push().scopes),
  ACTIONS_RESULTS_URL: service.url,
  ACTIONS_CACHE_SERVICE_V2: 'True'
}
const entries = newBuildKitEntries(environment, stopwatch)

test('what is written is read; a newer one has the next number', async () => {
  expect(await entries.read('index-a-1-00', 5)).toBeUndefined()
  await entries.write('index-a-1-00', '{"records":[1]}', 5)
  await entries.write('index-a-1-00', '{"records":"ä"}', 5)
  expect(await entries.read('index-a-1-00', 5)).toBe('{"records":"ä"}')
  const keys = (await adminOf(service.url).entries()).map(({ key }) => key)
  expect(keys.sort()).toEqual(['index-a-1-00#1', 'index-a-1-00#2'])
})

test('the newest is the one with the highest number', async () => {
  for (let number = 1; number <= 11; number++) await entries.write('index-c-1-00', `{"records":[${number}]}`, 5)
  expect(await entries.read('index-c-1-00', 5)).toBe('{"records":[11]}')
})

test('a list that was read is written without another question, and never in the place of what another job wrote since', async () => {
  const asked = async () =>
    (await adminOf(service.url).requests()).filter(line => line.includes('GetCacheEntryDownloadURL')).length
  const [mine, others] = [newBuildKitEntries(environment, stopwatch), newBuildKitEntries(environment, stopwatch)]
  await mine.read('index-d-1-00', 5)
  const before = await asked()
  await mine.write('index-d-1-00', '{"records":[1]}', 5)
  expect(await asked()).toBe(before)
  await mine.read('index-d-1-00', 5)
  for (let number = 2; number <= 9; number++) await others.write('index-d-1-00', `{"records":[${number}]}`, 5)
  await mine.write('index-d-1-00', '{"records":[10]}', 5)
  expect(await mine.read('index-d-1-00', 5)).toBe('{"records":[10]}')
  const keys = (await adminOf(service.url).entries()).map(({ key }) => key).filter(key => key.startsWith('index-d-'))
  expect(keys.length).toBe(10)
})

test('only version 2 of the service, with a token', () => {
  expect(entries.available).toBe(true)
  for (const name of Object.keys(environment)) {
    expect(newBuildKitEntries({ ...environment, [name]: '' }, stopwatch).available).toBe(false)
  }
})

test('a token that only reads is refused, and the error says by whom', async () => {
  const scopes = push().scopes.map(scope => ({ ...scope, permission: 1 }))
  const reading = newBuildKitEntries({ ...environment, ACTIONS_RUNTIME_TOKEN: makeJobToken(scopes) }, stopwatch)
  await expect(reading.write('index-b-1-00', '{}', 5)).rejects.toThrow(/reserve|no writable scopes/)
})

describe('layers', () => {
  const call = async (name: string, body: object) =>
    (
      await fetch(new URL(`twirp/github.actions.results.api.v1.CacheService/${name}`, service.url), {
        method: 'POST',
        headers: { authorization: `Bearer ${environment.ACTIONS_RUNTIME_TOKEN}`, 'content-type': 'application/json' },
        body: JSON.stringify(body)
      })
    ).json() as Promise<{ readonly signed_upload_url: string; readonly matched_key?: string }>
  const version = createHash('sha256').update('|go-actionscache-1.0').digest('hex')
  let path: string
  beforeEach(async () => {
    path = join(await mkdtemp(join(tmpdir(), 'layer-')), 'layer')
    await writeFile(path, randomBytes(3_000_000))
  })

  test('are there once they are saved', async () => {
    expect(await entries.has('layer-a', 5)).toBe(false)
    await entries.save('layer-a', path, 5, 10)
    expect([await entries.has('layer-a', 5), await entries.has('layer', 5)]).toEqual([true, false])
  })

  test('another job that saves the same is waited for', async () => {
    const { signed_upload_url: url } = await call('CreateCacheEntry', { key: 'layer-b', version })
    let over = false
    const saving = entries.save('layer-b', path, 5, 15).then(() => (over = true))
    await new Promise(resolve => setTimeout(resolve, 1200))
    expect(over).toBe(false)
    await fetch(url, { method: 'PUT', headers: { 'x-ms-blob-type': 'BlockBlob' }, body: 'x' })
    await call('FinalizeCacheEntryUpload', { key: 'layer-b', version, size_bytes: '1' })
    expect(await saving).toBe(true)
  })

  test('one that another job never ended to save is saved beside it, under a key that BuildKit finds it by', async () => {
    for (const key of ['layer-c', 'layer-c#2']) await call('CreateCacheEntry', { key, version })
    expect(await entries.has('layer-c', 5)).toBe(false)
    await entries.save('layer-c', path, 1, 60)
    expect(await entries.has('layer-c', 5)).toBe(true)
    const found = await call('GetCacheEntryDownloadURL', { key: 'layer-c', restore_keys: ['layer-c'], version })
    expect(found.matched_key).toBe('layer-c#3')
    await entries.save('layer-c', path, 1, 60)
    expect((await adminOf(service.url).entries()).filter(({ key }) => key.startsWith('layer-c')).length).toBe(3)
  })

  test('what was uploaded is offered again to a service that is not well', async () => {
    await adminOf(service.url).setFaults([{ path: 'FinalizeCacheEntryUpload', status: 503, times: 2 }])
    await entries.save('layer-f', path, 5, 15)
    expect(await entries.has('layer-f', 5)).toBe(true)
    await adminOf(service.url).setFaults([])
  }, 15_000)

  test('a service that goes on being throttled is waited for once, not by each layer', async () => {
    const impatient = newBuildKitEntries(environment, stopwatch, 2)
    const admin = adminOf(service.url)
    const asked = async () => (await admin.requests()).filter(line => line.includes('CreateCacheEntry')).length
    await admin.setFaults([{ path: 'CreateCacheEntry', status: 429, headers: { 'retry-after': '1' } }])
    const before = await asked()
    await expect(impatient.save('layer-g', path, 5, 15)).rejects.toThrow('answered 429')
    const first = (await asked()) - before
    await expect(impatient.save('layer-h', path, 5, 15)).rejects.toThrow('answered 429')
    expect([first > 1, (await asked()) - before - first]).toEqual([true, 1])
    await admin.setFaults([])
    await impatient.save('layer-h', path, 5, 15)
    expect(await impatient.has('layer-h', 5)).toBe(true)
  })

  test('a service that is throttled is asked again', async () => {
    await adminOf(service.url).setFaults([{ status: 429, headers: { 'retry-after': '1' }, times: 2 }])
    await entries.save('layer-d', path, 5, 15)
    expect(await entries.has('layer-d', 5)).toBe(true)
    for (const [wait, seconds] of [
      ['60', 2],
      ['61', 600]
    ] as const) {
      await adminOf(service.url).setFaults([{ status: 429, headers: { 'retry-after': wait } }])
      await expect(entries.save('layer-e', path, 5, seconds)).rejects.toThrow('answered 429')
    }
    await adminOf(service.url).setFaults([])
  })
})
