import { randomBytes, randomUUID } from 'node:crypto'
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ActionsCache } from '../../src/actions-cache'
import { fetchMount } from '../../src/run/mount-fetching'
import { keepMount } from '../../src/run/mount-store'
import { newTestHost } from '../helpers/host'
import type { TestHost } from '../helpers/host'

let host: TestHost
/** Keys of what the service holds, oldest first. */
let keys: string[]
const mount = `mount-m${randomUUID().replaceAll('-', '')}`
const names = [`${mount}-own`, `${mount}-main`]
const blob = (key: string) => join(host.folder, 'service', key)

const service: ActionsCache = {
  available: true,
  find: (_, key) => Promise.resolve(keys.findLast(one => one.startsWith(key))),
  async restore(path, key, others) {
    const [found] = [key, ...others].flatMap(name => keys.findLast(one => one.startsWith(name)) ?? [])
    if (found !== undefined) await copyFile(blob(found), path)
    return found
  },
  async save(path, key) {
    await copyFile(path, blob(key))
    keys.push(key)
  }
}

beforeEach(async () => {
  keys = []
  host = await newTestHost({ actionsCache: service })
  await mkdir(join(host.folder, 'service'))
})
afterEach(() => host.remove())

const fetched = (mayKeep = true) => fetchMount(host, '', names, 30, mayKeep)
const leftOnDisk = async () => (await readdir(join(host.folder, 'temp'), { recursive: true })).toSorted()
const content = (path: string | undefined) => readFile(path ?? '')

async function keep(archive: Buffer, whole?: Parameters<typeof keepMount>[6], scopes = names): Promise<number> {
  const path = join(await host.files.makeTemporary('packed-'), 'archive.tar')
  await writeFile(path, archive)
  return keepMount(host, '', scopes, 'digest', path, Date.now() + 30_000, whole)
}

const first = randomBytes(6_000_000)
const second = Buffer.from(first)
second.write('changed', 3_000_000)
const third = Buffer.from(second)
third.write('again', 5_000_000)

test('what changed is saved, and differences are of what was saved whole', async () => {
  expect(await keep(first)).toBe(first.length)
  const one = await fetched()
  expect(await keep(second, one?.whole)).toBeLessThan(1_500_000)
  const two = await fetched()
  expect((await content(two?.path)).equals(second)).toBe(true)
  expect(two).toMatchObject({ bytes: second.length, digest: 'digest', whole: { key: keys[0] } })
  expect(await keep(third, two?.whole)).toBeLessThan(2_500_000)
  expect((await content((await fetched())?.path)).equals(third)).toBe(true)
  expect(keys.map(key => key.endsWith('.difference'))).toEqual([false, true, true])
})

test('where nothing may be kept, only what is unpacked stays on the disk', async () => {
  await keep(first)
  expect(await fetched(false)).not.toHaveProperty('whole')
  expect((await leftOnDisk()).filter(path => path.endsWith('.tar'))).toHaveLength(1)
})

test('where the disk has no room for it, either', async () => {
  await keep(first)
  const withRoom = (bytes: number) =>
    fetchMount({ ...host, files: { ...host.files, free: () => Promise.resolve(bytes) } }, '', names, 30, true)
  expect(await withRoom(4 * first.length)).toHaveProperty('whole')
  expect(await withRoom(4 * first.length - 1)).not.toHaveProperty('whole')
})

test.each<[string, () => Promise<unknown>]>([
  ['is gone', () => Promise.resolve(keys.splice(1, 1))],
  ['has other bytes', () => writeFile(blob(keys[1] ?? ''), third)]
])('where what was saved whole %s, the newest of the next scope is restored', async (_, harm) => {
  await keep(third, undefined, names.slice(1))
  await keep(first)
  await keep(second, (await fetched())?.whole)
  expect(await fetched()).toMatchObject({ scope: 0 })
  await harm()
  const other = await fetched()
  expect(other).toMatchObject({ scope: 1, bytes: third.length, whole: { key: keys[0] } })
  expect((await content(other?.path)).equals(third)).toBe(true)
  expect((await content(other?.whole?.path)).equals(third)).toBe(true)
})

test('saving has the time that making the difference left', async () => {
  await keep(first)
  const whole = (await fetched())?.whole
  let now = 0
  let given = 0
  const { archiveDifferences, clock, files } = host
  const slow: TestHost = {
    ...host,
    clock: { ...clock, now: () => now },
    archiveDifferences: {
      ...archiveDifferences,
      async make(...all) {
        now += 20_000
        return archiveDifferences.make(...all)
      }
    },
    actionsCache: { ...service, save: (_path, _key, seconds) => Promise.resolve(void (given = seconds)) }
  }
  const path = join(await files.makeTemporary('packed-'), 'archive.tar')
  await writeFile(path, second)
  await keepMount(slow, '', names, 'digest', path, 30_000, whole)
  expect(given).toBe(10)
})

test('of two jobs that save at once the last one is found', async () => {
  await keep(first)
  const [one, other] = [await fetched(), await fetched()]
  await keep(third, one?.whole)
  await keep(second, other?.whole)
  expect((await content((await fetched())?.path)).equals(second)).toBe(true)
})

test('what shares little is saved whole', async () => {
  await keep(first)
  const other = randomBytes(6_000_000)
  expect(await keep(other, (await fetched())?.whole)).toBe(other.length)
  expect((await content((await fetched())?.path)).equals(other)).toBe(true)
})

test.each<[string, () => Promise<unknown>, string]>([
  ['is gone', () => Promise.resolve(keys.shift()), 'the archive that it is the difference from is gone'],
  ['has other bytes', () => writeFile(blob(keys[0] ?? ''), third), 'the archive put together is another than was saved'],
  ['is cut off', () => writeFile(blob(keys[0] ?? ''), first.subarray(0, 100)), 'the archive ends before what is wanted of it']
])('where what was saved whole %s, nothing is restored or left on the disk', async (_, harm, said) => {
  await keep(first)
  await keep(second, (await fetched())?.whole)
  await rm(join(host.folder, 'temp'), { recursive: true })
  await harm()
  await expect(fetched()).rejects.toThrow(said)
  expect(await leftOnDisk()).toEqual([])
})

test('where nothing is saved, nothing is left on the disk', async () => {
  expect(await fetched()).toBeUndefined()
  expect(await leftOnDisk()).toEqual([])
})
