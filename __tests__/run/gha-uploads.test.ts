import { foundByConfig } from '../../src/plan/coverage'
import { createHash, randomBytes } from 'node:crypto'
import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
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
  uploads = newGhaUploads(host, 2)
})
afterEach(() => host.remove())

const sha256 = (content: Buffer | string) => `sha256:${createHash('sha256').update(content).digest('hex')}`
const refOf = (stage: string): CacheRef => ({ backend: 'gha', name: `cache-${stage}`, place: '', stage }) as CacheRef
const [base, own, small] = [randomBytes(3_000_000), randomBytes(5_000_000), randomBytes(100)]

/** Does what BuildKit does: what is in the directory already it does not write. Gives the names of layers that were. */
function exporting(layers: readonly Buffer[], found: string[] = [], records: readonly object[] = []) {
  return async (directory: string): Promise<boolean> => {
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
    const config = JSON.stringify({ layers: layers.map((layer, at) => ({ blob: sha256(layer), parent: at - 1 })), records })
    const entries = await Promise.all(layers.map(put))
    const manifest = {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'application/vnd.buildkit.cacheconfig.v0', ...(await put(config)) },
      layers: entries.map(entry => ({ ...entry, annotations: { 'containerd.io/uncompressed': 'sha256:u' } }))
    }
    const { digest, size } = await put(JSON.stringify(manifest))
    await writeFile(
      join(directory, 'index.json'),
      JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType: 'm', digest, size }] })
    )
    return true
  }
}

const atOnce = { completion: Promise.resolve([]), announced: Promise.resolve(), onLayersWritten: () => undefined }
const save = (stage: string, write: (directory: string) => Promise<boolean>, imported: readonly CacheRef[] = [], more = {}) =>
  uploads.save({ ref: refOf(stage), imported, write, ...atOnce, ...more, deadline: Date.now() + 20_000 })
const keys = async () => (await admin.entries()).map(({ key }) => key.replace(/-[0-9a-f]{8}(?=#)/, '')).toSorted()
const layerKey = (content: Buffer) => `buildkit-blob-1-${sha256(content)}`
const put = async () => (await admin.requests()).filter(line => /CreateCacheEntry/.test(line)).length

it('layers and then the list are saved, each layer once; what is there need not be written', async () => {
  const [first, second]: [string[], string[]] = [[], []]
  const { promise: written, resolve: onLayersWritten } = Promise.withResolvers<undefined>()
  await Promise.all([
    save('one', exporting([base, own], first), undefined, { onLayersWritten }),
    written.then(() => save('two', exporting([base, own, small], second)))
  ])
  expect(await keys()).toEqual([...[base, own, small].map(layerKey), 'index-cache-one-1#1', 'index-cache-two-1#1'].toSorted())
  expect([first, second.toSorted()]).toEqual([[], [base, own].map(sha256).toSorted()])
  const entry = (await admin.entries()).find(({ key }) => key === layerKey(own))
  expect(entry?.bytes).toBe(own.length)

  uploads = newGhaUploads(host, 2)
  const again: string[] = []
  await save('three', exporting([base, own, small], again), [refOf('two')])
  expect(again.toSorted()).toEqual([base, own, small].map(sha256).toSorted())
})

it('what two exports write at the same time is uploaded once', async () => {
  const found: string[] = []
  let begun = 0
  const { promise: both, resolve } = Promise.withResolvers<undefined>()
  const together = (layers: readonly Buffer[]) => async (directory: string) => {
    if (++begun === 2) resolve(undefined)
    await both
    return exporting(layers, found)(directory)
  }
  await Promise.all([save('one', together([base, own])), save('two', together([base, own, small]))])
  const layers = (await keys()).filter(key => key.startsWith('buildkit-blob'))
  expect([found, await put(), layers]).toEqual([[], 5, [base, own, small].map(layerKey).toSorted()])
})

it('what an earlier list names and is gone is written and saved again', async () => {
  await save('one', exporting([base, own]))
  await admin.evict(layerKey(own))
  uploads = newGhaUploads(host, 2)
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
  await save('one', () => Promise.resolve(false))
  expect(await put()).toBe(0)
})

it('a service that does not answer is asked again by the upload, whose error it is', async () => {
  await admin.setFaults([{ status: 500, times: 1 }])
  await save('one', exporting([base]))
  expect(await keys()).toContain('index-cache-one-1#1')
  await admin.setFaults([{ status: 500 }])
  await expect(save('two', exporting([own]))).rejects.toThrow('answered 500')
  await admin.setFaults([])
})

describe('a list is completed from the imported one', () => {
  const createdAt = '2026-01-01T00:00:00Z'
  const lacking = [
    { digest: sha256('file') },
    { digest: sha256('copied'), inputs: [[{ link: 0 }]] },
    { digest: sha256('step'), inputs: [[{ link: 1 }]], layers: [{ layer: 0, createdAt }] }
  ]
  const completion = (layer: Buffer) => {
    const layers = [{ blob: sha256(layer), parent: -1, annotations: { size: 3, mediaType: 'm', diffID: 'd' } }]
    return {
      manifest: '',
      config: JSON.stringify({
        layers,
        records: [
          { digest: sha256('file') },
          { digest: sha256('copied'), inputs: [[{ link: 0 }]], layers: [{ layer: 0, createdAt }] }
        ]
      })
    }
  }
  /** Saves a list that lacks a layer; which of the layers it names then. */
  async function named(stage: string, lacks: Buffer, imported: readonly CacheRef[] = []) {
    await uploads.save({
      ref: refOf(stage),
      imported,
      write: exporting([small], [], lacking),
      ...atOnce,
      completion: Promise.resolve([completion(lacks)]),
      deadline: Date.now() + 20_000
    })
    const key = (await admin.entries()).find(entry => entry.key.startsWith(`index-cache-${stage}`))?.key ?? ''
    const text = (await host.buildkitEntries.read(key.replace(/#.*/, ''), 5)) ?? ''
    return [base, own, small].filter(layer => text.includes(sha256(layer)))
  }

  it('only where the layers of that are there', async () => {
    await save('before', exporting([base]))
    expect(await named('there', base, [refOf('before')])).toEqual([base, small])
    expect(await named('gone', own, [refOf('before')])).toEqual([small])
  })

  it('not with one whose upload failed', async () => {
    await admin.setFaults([{ path: '^/blobs/', status: 403 }])
    await expect(save('one', exporting([own]))).rejects.toThrow()
    await admin.setFaults([])
    expect(await named('target', own)).toEqual([small])
  })
})

it('where all the time went by waiting for a service that refuses, that is what is said', async () => {
  await admin.setFaults([{ status: 429 }])
  const request = { ref: refOf('one'), imported: [], write: exporting([own]), ...atOnce, deadline: Date.now() + 1000 }
  await expect(uploads.save(request)).rejects.toThrow('answered 429')
  await admin.setFaults([])
})

it('where the service has answered since, a refusal is not what is said', async () => {
  await admin.setFaults([{ status: 500 }])
  await expect(save('one', exporting([own]))).rejects.toThrow('answered 500')
  await admin.setFaults([])
  const deadline = Date.now() + 1000
  const write = async (directory: string) => {
    await sleep(deadline - Date.now() + 100)
    return exporting([small])(directory)
  }
  await expect(uploads.save({ ref: refOf('two'), imported: [], write, ...atOnce, deadline })).rejects.toThrow(
    'the time for saving it was over'
  )
})

it('the list is not written before it is recorded that it is going to be', async () => {
  const { promise: announced, resolve: announce } = Promise.withResolvers<undefined>()
  const saving = uploads.save({
    ref: refOf('announced'),
    imported: [],
    write: exporting([base]),
    ...atOnce,
    announced,
    deadline: Date.now() + 20_000
  })
  while ((await put()) < 1) await new Promise(resolve => setTimeout(resolve, 20))
  await new Promise(resolve => setTimeout(resolve, 300))
  expect((await keys()).filter(key => key.startsWith('index-cache-announced'))).toEqual([])
  announce(undefined)
  const saved = await saving
  const key = (await admin.entries()).find(entry => entry.key.startsWith('index-cache-announced'))?.key ?? ''
  const list = (await host.buildkitEntries.read(key.replace(/#.*/, ''), 5)) ?? ''
  const found = foundByConfig(refOf('announced'), list)
  expect(saved).toEqual({ id: found?.id, layers: new Map([...(found?.blobs ?? [])].map(layer => [layer, 3_000_000])) })
})
