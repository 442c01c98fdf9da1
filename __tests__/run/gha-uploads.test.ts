import { createHash, randomBytes } from 'node:crypto'
import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CacheRef } from '../../src/plan/cache-plan'
import { newGhaUploads } from '../../src/run/gha-uploads'
import type { GhaUploads } from '../../src/run/gha-uploads'
import { adminOf } from '../../testbed/cache-admin.mjs'
import { serveCache } from '../../testbed/cache-service.mjs'
import { push } from '../../testbed/events.mjs'
import { makeJobToken } from '../../testbed/job-token.mjs'
import { newTestHost } from '../helpers/host'
import type { TestHost } from '../helpers/host'

const service = await serveCache()
const admin = adminOf(service.url)
afterAll(() => service.stop())

let host: TestHost
let uploads: GhaUploads
beforeEach(async () => {
  await admin.reset()
  host = await newTestHost({
    env: {
      ACTIONS_RUNTIME_TOKEN: makeJobToken(push().scopes),
      ACTIONS_RESULTS_URL: service.url,
      ACTIONS_CACHE_SERVICE_V2: 'true'
    }
  })
  uploads = newGhaUploads(host)
})
afterEach(() => host.remove())

const sha256 = (content: Buffer | string) => `sha256:${createHash('sha256').update(content).digest('hex')}`
const refOf = (stage: string): CacheRef => ({ backend: 'gha', name: `cache-${stage}`, place: '', stage }) as CacheRef
const [base, own, small] = [randomBytes(3_000_000), randomBytes(5_000_000), randomBytes(100)]

/** Does what BuildKit does: what is in the directory already it does not write. Gives the names of layers that were. */
function exporting(layers: readonly Buffer[], found: string[] = []) {
  return async (directory: string): Promise<string> => {
    const put = async (content: Buffer | string) => {
      const path = join(directory, 'blobs/sha256', sha256(content).slice(7))
      const there = await stat(path).catch(() => undefined)
      if (!there) await writeFile(path, content)
      else {
        expect([there.size, there.blocks]).toEqual([content.length, 0])
        found.push(sha256(content))
      }
      return { digest: sha256(content), size: content.length }
    }
    const config = JSON.stringify({ layers: layers.map((layer, at) => ({ blob: sha256(layer), parent: at - 1 })), records: [] })
    const entries = await Promise.all(layers.map(put))
    const manifest = {
      config: { mediaType: 'application/vnd.buildkit.cacheconfig.v0', ...(await put(config)) },
      layers: entries.map(entry => ({ ...entry, annotations: { 'containerd.io/uncompressed': 'sha256:u' } }))
    }
    return (await put(JSON.stringify(manifest))).digest
  }
}

const save = (stage: string, write: (directory: string) => Promise<string | undefined>, imported?: CacheRef) =>
  uploads.save({ ref: refOf(stage), imported, write, completion: Promise.resolve(undefined), deadline: Date.now() + 20_000 })
const keys = async () => (await admin.entries()).map(({ key }) => key.replace(/-[0-9a-f]{8}(?=#)/, '')).toSorted()
const layerKey = (content: Buffer) => `buildkit-blob-1-${sha256(content)}`
const put = async () => (await admin.requests()).filter(line => /CreateCacheEntry/.test(line)).length

it('layers and then the list are saved, each layer once; what is there need not be written', async () => {
  const [first, second]: [string[], string[]] = [[], []]
  expect(
    await Promise.all([save('one', exporting([base, own], first)), save('two', exporting([base, own, small], second))])
  ).toEqual([true, true])
  expect(await keys()).toEqual([...[base, own, small].map(layerKey), 'index-cache-one-1#1', 'index-cache-two-1#1'].toSorted())
  expect([first, second]).toEqual([[], [sha256(base), sha256(own)]])
  const entry = (await admin.entries()).find(({ key }) => key === layerKey(own))
  expect(entry?.bytes).toBe(own.length)

  uploads = newGhaUploads(host)
  const again: string[] = []
  expect(await save('three', exporting([base, own, small], again), refOf('two'))).toBe(true)
  expect(again).toEqual([base, own, small].map(sha256))
})

it('what an earlier list names and is gone is written and saved again', async () => {
  await save('one', exporting([base, own]))
  await admin.evict(layerKey(own))
  uploads = newGhaUploads(host)
  const found: string[] = []
  await save('one', exporting([base, own], found))
  expect(found).toEqual([sha256(base)])
  expect(await keys()).toContain(layerKey(own))
})

it('a layer that cannot be saved keeps the lists of all that have it from being written', async () => {
  await admin.setFaults([{ path: '^/blobs/', status: 403 }])
  const both = await Promise.allSettled([save('one', exporting([base, own])), save('two', exporting([base, own, small]))])
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await admin.setFaults([])
  expect((await keys()).filter(key => key.startsWith('index'))).toEqual([])
})

it('an export that BuildKit did not write saves nothing', async () => {
  expect(await save('one', () => Promise.resolve(undefined))).toBe(false)
  expect(await put()).toBe(0)
})

it('a service that does not answer is an error before anything is exported', async () => {
  await admin.setFaults([{ status: 500 }])
  let exported = false
  const write = () => Promise.resolve(void (exported = true))
  await expect(save('one', write)).rejects.toThrow('answered 500')
  expect(exported).toBe(false)
  await admin.setFaults([])
})
