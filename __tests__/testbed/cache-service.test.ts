import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jest } from '@jest/globals'
import { CacheEntries } from '../../testbed/cache-entries.mjs'
import { adminOf } from '../../testbed/cache-admin.mjs'
import { serveCache } from '../../testbed/cache-service.mjs'
import { makeJobToken, READ, WRITE } from '../../testbed/job-token.mjs'

const main = { scope: 'refs/heads/main', permission: READ + WRITE }
const pull = { scope: 'refs/pull/7/merge', permission: READ + WRITE }
const mainToRead = { ...main, permission: READ }

let service: Awaited<ReturnType<typeof serveCache>>
let folder: string
let cache: typeof import('@actions/cache')
const before = { ...process.env }

beforeAll(async () => {
  // The client's debug lines.
  jest.spyOn(process.stdout, 'write').mockReturnValue(true)
  service = await serveCache()
  folder = await mkdtemp(join(tmpdir(), 'cache-client-'))
  Object.assign(process.env, {
    ACTIONS_RESULTS_URL: service.url,
    ACTIONS_CACHE_SERVICE_V2: 'True',
    RUNNER_TEMP: folder,
    GITHUB_WORKSPACE: folder,
    GITHUB_SERVER_URL: 'https://github.com'
  })
  delete process.env['ACTIONS_CACHE_MODE']
  cache = await import('@actions/cache')
})
afterAll(async () => {
  jest.restoreAllMocks()
  process.env = before
  await service.stop()
  await rm(folder, { recursive: true })
})
beforeEach(async () => {
  await adminOf(service.url).reset()
})

const actAs = (...scopes: (typeof main)[]) => {
  process.env['ACTIONS_RUNTIME_TOKEN'] = makeJobToken(scopes)
}

it('serves the real @actions/cache client', async () => {
  const file = join(folder, 'data')
  const content = randomBytes(5_000_000)
  await writeFile(file, content)
  actAs(main)
  expect(await cache.saveCache([file], 'k-1')).toBeGreaterThan(0)
  await rm(file)
  actAs(pull, mainToRead)
  expect(await cache.restoreCache([file], 'k-2', ['k-'])).toBe('k-1')
  expect((await readFile(file)).equals(content)).toBe(true)
  expect(await cache.saveCache([file], 'k-1')).toBeGreaterThan(0)
  expect(await cache.saveCache([file], 'k-1')).toBe(-1)
  expect((await adminOf(service.url).entries()).map(one => `${one.scope} ${one.key} ${one.complete}`)).toEqual([
    'refs/heads/main k-1 true',
    'refs/pull/7/merge k-1 true'
  ])
  expect((await adminOf(service.url).counts()).bytesOut).toBeGreaterThan(5_000_000)
})

it('takes nothing with a token that only reads, and says so as GitHub does', async () => {
  actAs(mainToRead)
  const answer = await call('CreateCacheEntry', { key: 'k', version: 'v' })
  expect(answer).toEqual({ status: 200, body: { ok: false, message: 'cache write denied: token has no writable scopes' } })
})

it('answers a second reservation with 409 and a bad token with 401', async () => {
  actAs(main)
  expect((await call('CreateCacheEntry', { key: 'k', version: 'v' })).body.ok).toBe(true)
  expect(await call('CreateCacheEntry', { key: 'k', version: 'v' })).toMatchObject({
    status: 409,
    body: { code: 'already_exists' }
  })
  process.env['ACTIONS_RUNTIME_TOKEN'] = makeJobToken([main], { lifetimeSeconds: -1 })
  expect((await call('CreateCacheEntry', { key: 'k', version: 'v' })).status).toBe(401)
})

it('does as the faults say', async () => {
  actAs(main)
  await adminOf(service.url).setFaults([{ on: 'write', status: 500 }])
  expect((await call('CreateCacheEntry', { key: 'k', version: 'v' })).status).toBe(500)
  expect((await call('GetCacheEntryDownloadURL', { key: 'k', version: 'v' })).body).toEqual({ ok: false })
})

it('finds entries by scope, exact key, then prefix, newest first', () => {
  const entries = new CacheEntries()
  const add = (key: string, scope = main, version = 'v') =>
    Object.assign(entries.reserve([scope], { key, version }), { complete: true })
  for (const key of ['a-1', 'a-2', 'ab', 'b']) add(key)
  add('a-3', main, 'other version')
  add('b-pull', pull)
  const find = (key: string, restoreKeys: string[] = []) =>
    entries.find([pull, mainToRead], { key, restoreKeys, version: 'v' })?.key
  expect(find('a-1')).toBe('a-1')
  expect(find('a-')).toBe('a-2')
  expect(find('x', ['y', 'a-'])).toBe('a-2')
  expect(find('b')).toBe('b-pull')
  expect(find('x')).toBeUndefined()
  entries.evict('a-2')
  expect(find('a-')).toBe('a-1')
})

async function call(method: string, message: object) {
  const response = await fetch(`${service.url}twirp/github.actions.results.api.v1.CacheService/${method}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${process.env['ACTIONS_RUNTIME_TOKEN']}` },
    body: JSON.stringify(message)
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
