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
const indexes = newBuildKitEntries(environment, stopwatch)

test('what is written is read; a newer one has the next number', async () => {
  expect(await indexes.read('index-a-1-00', 5)).toBeUndefined()
  await indexes.write('index-a-1-00', '{"records":[1]}', 5)
  await indexes.write('index-a-1-00', '{"records":"ä"}', 5)
  expect(await indexes.read('index-a-1-00', 5)).toBe('{"records":"ä"}')
  const keys = (await adminOf(service.url).entries()).map(({ key }) => key)
  expect(keys.sort()).toEqual(['index-a-1-00#1', 'index-a-1-00#2'])
})

test('the newest is the one with the highest number', async () => {
  for (let number = 1; number <= 11; number++) await indexes.write('index-c-1-00', `{"records":[${number}]}`, 5)
  expect(await indexes.read('index-c-1-00', 5)).toBe('{"records":[11]}')
})

test('only version 2 of the service, with a token', () => {
  expect(indexes.available).toBe(true)
  for (const name of Object.keys(environment)) {
    expect(newBuildKitEntries({ ...environment, [name]: '' }, stopwatch).available).toBe(false)
  }
})

test('a token that only reads is refused, and the error says by whom', async () => {
  const scopes = push().scopes.map(scope => ({ ...scope, permission: 1 }))
  const reading = newBuildKitEntries({ ...environment, ACTIONS_RUNTIME_TOKEN: makeJobToken(scopes) }, stopwatch)
  await expect(reading.write('index-b-1-00', '{}', 5)).rejects.toThrow(/reserve|no writable scopes/)
})
