import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Files } from '../../src/host'
import { newFiles } from '../../src/io/files'
import { withLock } from '../../src/run/directory-lock'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'))
})
afterEach(() => rm(folder, { recursive: true }))

const lock = () => join(folder, '.lock')
const files = newFiles(tmpdir())
const pause = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds))

/** Work that notices when it is not alone. */
function alone() {
  let inside = 0
  let most = 0
  return {
    most: () => most,
    work: (milliseconds: number) => async () => {
      most = Math.max(most, ++inside)
      await pause(milliseconds)
      inside--
      return most
    }
  }
}

test('one at a time, and nothing is left behind', async () => {
  const { work, most } = alone()
  await Promise.all(Array.from({ length: 8 }, () => withLock(files, lock(), work(20))))
  expect(most()).toBe(1)
  expect(await readdir(folder)).toEqual([])
})

test('a failure of the work frees the lock and is passed on', async () => {
  await expect(withLock(files, lock(), () => Promise.reject(new Error('disk full')))).rejects.toThrow('disk full')
  expect(await readdir(folder)).toEqual([])
})

test('a lock left behind is taken over, by one of those who wait, however slow the disk is', async () => {
  for (const left of ['of a killed job', '']) {
    await writeFile(lock(), left)
    const { work, most } = alone()
    const started = performance.now()
    await Promise.all(Array.from({ length: 5 }, (_, index) => withLock(slow(index * 60), lock(), work(300), 1)))
    expect(most()).toBe(1)
    expect(performance.now() - started).toBeGreaterThan(1000)
    expect(await readdir(folder)).toEqual([])
  }
})

/** Files that take their time to remove. */
function slow(milliseconds: number): Files {
  return { ...files, remove: path => pause(milliseconds).then(() => files.remove(path)) }
}

test('so is one whose heir was killed as well', async () => {
  await writeFile(lock(), 'of a killed job')
  await writeFile(`${lock()}-claim`, '')
  await Promise.all(Array.from({ length: 3 }, () => withLock(files, lock(), () => pause(10), 0.3)))
  expect(await readdir(folder)).toEqual([])
})

test('a holder that is alive is waited for, however long it takes', async () => {
  const { work, most } = alone()
  // Longer than the others' patience, which its signs of life renew.
  await Promise.all([withLock(files, lock(), work(2500), 1), pause(50).then(() => withLock(files, lock(), work(10), 1))])
  expect(most()).toBe(1)
})

test('a lock that cannot be made is an error', async () => {
  await expect(withLock(files, join(folder, 'none/.lock'), () => Promise.resolve())).rejects.toThrow(/ENOENT/)
})
