import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, readdir, readlink, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { archiveDifferences } from '../../src/io/archive-differences'

const { apply, baseOf, make } = archiveDifferences

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'differences-'))
  await mkdir(join(folder, 'tree/deep'), { recursive: true })
})
afterEach(() => rm(folder, { recursive: true }))

const at = (name: string) => join(folder, name)
const packInto = (name: string, order = 'name') =>
  execFileSync('tar', ['--format=gnu', '-S', `--sort=${order}`, '-cf', at(name), '-C', at('tree'), '.'])

async function packages(): Promise<void> {
  for (let number = 0; number < 60; number++) await writeFile(at(`tree/package-${number}`), randomBytes(number * 3000))
  await writeFile(at('tree/large'), randomBytes(3_000_000))
  await writeFile(at(`tree/deep/${'long '.repeat(40)}`), 'x'.repeat(700_000))
  await writeFile(at('tree/holes'), '')
  await truncate(at('tree/holes'), 5_000_000)
}

it('a package changed, one gone, one new, a byte amid a large file: the difference is these, and the archive comes back byte by byte', async () => {
  await packages()
  packInto('base')
  await writeFile(at('tree/package-9'), randomBytes(40_000))
  await rm(at('tree/package-30'))
  await writeFile(at('tree/deep/new'), randomBytes(50_000))
  const large = await readFile(at('tree/large'))
  large[1_500_000] = (large[1_500_000] ?? 0) + 1
  await writeFile(at('tree/large'), large)
  // As another file system lists them.
  packInto('archive', 'inode')
  const bytes = await make({ path: at('base'), name: 'the base' }, at('archive'), at('difference'), 2_000_000)
  expect(bytes).toBe((await stat(at('difference'))).size)
  expect(bytes).toBeLessThan(90_000 + 700_000)
  expect(await baseOf(at('difference'))).toBe('the base')
  await apply(at('base'), at('difference'), at('again'))
  expect((await readFile(at('again'))).equals(await readFile(at('archive')))).toBe(true)
})

it('is not made where it would have more bytes than it may', async () => {
  await packages()
  packInto('base')
  await writeFile(at('tree/large'), randomBytes(3_000_000))
  packInto('archive')
  const base = { path: at('base'), name: 'base' }
  expect(await make(base, at('archive'), at('difference'), 2_900_000)).toBeUndefined()
  expect(await make(base, at('archive'), at('difference'), 3_100_000)).toBeGreaterThan(3_000_000)
})

it('what is damaged is never put together', async () => {
  await packages()
  packInto('base')
  await writeFile(at('tree/package-9'), randomBytes(40_000))
  packInto('archive')
  await make({ path: at('base'), name: 'base' }, at('archive'), at('difference'), 2_000_000)
  const harm = async (name: string, offset: number) => {
    const bytes = await readFile(at(name))
    bytes[offset] = (bytes[offset] ?? 0) ^ 1
    await writeFile(at(`${name}-harmed`), bytes)
    return at(`${name}-harmed`)
  }
  const { size } = await stat(at('difference'))
  await expect(apply(await harm('base', 100_000), at('difference'), at('again'))).rejects.toThrow('is another than was saved')
  await expect(apply(at('base'), await harm('difference', size - 5), at('again'))).rejects.toThrow('is another than was saved')
  await truncate(at('difference'), size - 5)
  await expect(apply(at('base'), at('difference'), at('again'))).rejects.toThrow('ends before')
  await truncate(at('difference'), 20)
  await expect(apply(at('base'), at('difference'), at('again'))).rejects.toThrow('the difference is damaged')
  await expect(baseOf(at('base'))).rejects.toThrow('the difference is damaged')
})

it('any two files', async () => {
  const content = fc
    .array(fc.tuple(fc.nat(40), fc.nat(30_000)), { maxLength: 12 })
    .map(parts =>
      Buffer.concat(parts.map(([seed, length]) => Buffer.alloc(length, `${seed} is repeated `.repeat((seed % 7) + 1))))
    )
  await fc.assert(
    fc.asyncProperty(content, content, async (before, after) => {
      await writeFile(at('base'), before)
      await writeFile(at('archive'), after)
      await make({ path: at('base'), name: 'base' }, at('archive'), at('difference'), 1e9)
      await apply(at('base'), at('difference'), at('again'))
      expect((await readFile(at('again'))).equals(after)).toBe(true)
    }),
    { numRuns: 100 }
  )
})

it('no file stays open where another cannot be opened', async () => {
  await writeFile(at('base'), randomBytes(1000))
  await writeFile(at('next'), randomBytes(1000))
  await expect(apply(at('base'), at('missing'), at('out'))).rejects.toThrow('ENOENT')
  await expect(make({ path: at('base'), name: 'b' }, at('next'), at('missing/out'), 10_000)).rejects.toThrow('ENOENT')
  const descriptors = await readdir('/proc/self/fd')
  const open = await Promise.all(descriptors.map(name => readlink(`/proc/self/fd/${name}`).catch(() => '')))
  expect(open.filter(path => path.startsWith(folder))).toEqual([])
})
