import { newSavedTexts } from '../../src/io/saved-texts'
import { newPatience } from '../../src/io/patience'
import { newStopwatch } from '../../src/io/stopwatch'
import type { ActionsCache } from '../../src/actions-cache'
import type { Files } from '../../src/host'
import { adminOf } from '../../testbed/cache-admin.mjs'
import { serveCache } from '../../testbed/cache-service.mjs'
import { push } from '../../testbed/events.mjs'
import { makeJobToken } from '../../testbed/job-token.mjs'

const now = () => performance.now()
const service = await serveCache()
afterAll(() => service.stop())
afterEach(() => adminOf(service.url).setFaults([]))

const nobody = {} as unknown as ActionsCache & Files
const textsOf = (token = makeJobToken(push().scopes)) =>
  newSavedTexts(
    { ACTIONS_RUNTIME_TOKEN: token, ACTIONS_RESULTS_URL: service.url, ACTIONS_CACHE_SERVICE_V2: 'True' },
    newStopwatch(now),
    newPatience(now),
    nobody,
    nobody
  )

test('the newest text under a name is given, with its key, by two requests', async () => {
  const texts = textsOf()
  expect(texts.available).toBe(true)
  expect(await texts.newest('record-a', 5)).toBeUndefined()
  await texts.save('record-a', 'older', 5)
  const key = await texts.save('record-a', `größer${'.'.repeat(2_000_000)}`, 5)
  await texts.save('record-ab', 'of another name', 5)
  expect(key).toMatch(/^record-a#/)
  const before = (await adminOf(service.url).requests()).length
  expect(await textsOf().newest('record-a', 5)).toEqual({ key, text: `größer${'.'.repeat(2_000_000)}` })
  expect((await adminOf(service.url).requests()).length).toBe(before + 2)
  expect(await textsOf().newestKey('record-a', 5)).toBe(key)
  expect((await adminOf(service.url).entries()).find(entry => entry.key === key)?.bytes).toBeLessThan(10_000)
})

test('what is damaged is told from what is not there', async () => {
  const key = await textsOf().save('record-b', 'text', 5)
  await adminOf(service.url).damage(key)
  expect(await textsOf().newest('record-b', 5)).toEqual({ key, text: '' })
})

test('a token that only reads is refused', async () => {
  const scopes = push().scopes.map(scope => ({ ...scope, permission: 1 }))
  await expect(textsOf(makeJobToken(scopes)).save('record-c', 'text', 5)).rejects.toThrow()
})

test('a service that hangs is not waited for longer than the limit', async () => {
  const texts = textsOf()
  await adminOf(service.url).setFaults([{ path: 'GetCacheEntryDownloadURL', hang: true }])
  const started = now()
  await expect(texts.newest('record-d', 1)).rejects.toThrow('no answer within 1 s')
  expect(now() - started).toBeLessThan(5000)
})

test('a fault that passes costs a second', async () => {
  const texts = textsOf()
  const key = await texts.save('record-e', 'text', 5)
  for (const path of ['GetCacheEntryDownloadURL', '/blobs/']) {
    await adminOf(service.url).setFaults([{ path, status: 503, times: 1 }])
    expect(await texts.newest('record-e', 5)).toEqual({ key, text: 'text' })
  }
  await adminOf(service.url).setFaults([{ path: 'FinalizeCacheEntryUpload', status: 400, times: 1 }])
  const next = await texts.save('record-e', 'newer', 5)
  expect(await texts.newest('record-e', 5)).toEqual({ key: next, text: 'newer' })
})
