import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { baseImageRef, pushBaseImage } from '../../testbed/base-images.mjs'
import { buildx, docker, freshMachine } from '../../testbed/builder.mjs'
import { adminOf } from '../../testbed/cache-admin.mjs'
import { serveCache } from '../../testbed/cache-service.mjs'
import { makeJobToken } from '../../testbed/job-token.mjs'
import { startProxy } from '../../testbed/proxy.mjs'
import { deleteAllTags, fetchManifest, listTags } from '../../testbed/registry.mjs'
import { theTestBed } from '../../testbed/where.mjs'

let context: string
let service: Awaited<ReturnType<typeof serveCache>>
let proxy: Awaited<ReturnType<typeof startProxy>>

beforeAll(async () => {
  service = await serveCache()
  proxy = await startProxy(theTestBed().registry)
  context = await mkdtemp(join(tmpdir(), 'testbed-e2e-'))
  await writeFile(
    join(context, 'Dockerfile'),
    `FROM ${baseImageRef('alpine:3.20')} AS deps\nRUN head -c 3000000 /dev/urandom >/data\nFROM deps AS app\nCOPY Dockerfile /\nRUN sha256sum /data\n`
  )
})
afterAll(async () => {
  await service.stop()
  await proxy.stop()
  await deleteAllTags('testbed-e2e')
  await rm(context, { recursive: true })
})
beforeEach(() => freshMachine())

/** Lines that steps wrote: none when all came from the cache. */
const linesOfSteps = (log: string) => [...log.matchAll(/^#\d+ [\d.]+ /gm)].length

it('BuildKit keeps its cache in the cache service, also after the builder is emptied', async () => {
  const token = makeJobToken([{ scope: 'refs/heads/main', permission: 3 }])
  const env = { ACTIONS_RESULTS_URL: service.url, ACTIONS_CACHE_SERVICE_V2: 'True', ACTIONS_RUNTIME_TOKEN: token }
  const output = ['--output', 'type=oci,dest=/dev/null']
  const first = await buildx(['build', '--cache-to', 'type=gha,scope=e2e,mode=max', ...output, context], { env })
  expect(linesOfSteps(first)).toBeGreaterThan(0)
  const entries = await adminOf(service.url).entries()
  expect(entries.map(one => one.key.split('-')[0]).sort()).toContain('index')
  expect(entries.every(one => one.complete)).toBe(true)
  await freshMachine()
  const second = await buildx(['build', '--cache-from', 'type=gha,scope=e2e', ...output, context], { env })
  expect(linesOfSteps(second)).toBe(0)
})

it('BuildKit keeps its cache in the registry, through a counting proxy', async () => {
  const ref = `type=registry,ref=${proxy.host}/testbed-e2e:cache`
  await buildx(['build', '--cache-to', `${ref},mode=max`, '--output', 'type=cacheonly', context])
  expect(await listTags('testbed-e2e')).toEqual(['cache'])
  expect((await fetchManifest('testbed-e2e', 'cache'))?.manifest.layers.length).toBeGreaterThan(1)
  expect(proxy.traffic.counts.bytesIn).toBeGreaterThan(3_000_000)
  await freshMachine()
  expect(linesOfSteps(await buildx(['build', '--cache-from', ref, '--output', 'type=cacheonly', context]))).toBe(0)
})

it('a base image moves', async () => {
  const name = 'testbed-e2e/base:1'
  const first = await pushBaseImage({ name, files: { 'etc/version': '1' } })
  expect((await pushBaseImage({ name, files: { 'etc/version': '1' } })).digest).toBe(first.digest)
  const moved = await pushBaseImage({ name, files: { 'etc/version': '2' } })
  expect([moved.ref === first.ref, moved.digest === first.digest]).toEqual([true, false])
  await writeFile(join(context, 'moved.Dockerfile'), `FROM ${moved.ref}\nRUN echo version $(cat /etc/version)\n`)
  expect(await buildx(['build', '--file', join(context, 'moved.Dockerfile'), '--output', 'type=cacheonly', context])).toContain(
    'version 2'
  )
  await deleteAllTags('testbed-e2e/base')
})

it('an emptied engine has nothing left', async () => {
  expect(await docker(['image', 'ls', '--all', '--quiet'])).toBe('')
  expect(await docker(['buildx', 'du'])).not.toMatch(/[1-9][\d.]*[kMG]B/)
})
