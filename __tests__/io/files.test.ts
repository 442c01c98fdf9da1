import { createHash } from 'node:crypto'
import { chmod, link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newFiles } from '../../src/io/files'

let folder: string
let elsewhere: string
const files = () => newFiles(join(folder, 'temp'))
const at = (name: string) => join(folder, name)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'))
  // Another file system than /tmp.
  elsewhere = await mkdtemp('/dev/shm/files-')
})
afterEach(() => Promise.all([folder, elsewhere].map(path => rm(path, { recursive: true }))))

test('what is not there is undefined, false or empty', async () => {
  await writeFile(at('file'), 'x')
  for (const path of [at('none'), at('none/deeper'), at('file/below')]) {
    const { read, exists, list, size } = files()
    expect(await Promise.all([read(path), exists(path), list(path), size(path)])).toEqual([undefined, false, [], undefined])
    await files()
      .remove(path)
      .catch(() => undefined)
  }
  expect(await readdir(folder)).toContain('file')
})

test('what cannot be read is an error, not absent', async () => {
  await mkdir(at('folder'))
  await expect(files().read(at('folder'))).rejects.toThrow(/EISDIR/)
  await expect(files().list(at('folder/../folder'))).resolves.toEqual([])
})

test('text', async () => {
  await files().write(at('file'), 'ä🐳\n')
  expect(await files().read(at('file'))).toBe('ä🐳\n')
  expect(await files().size(at('file'))).toBe(7)
  expect(await files().exists(at('file'))).toBe(true)
  expect(await files().sha256(at('file'))).toBe(createHash('sha256').update('ä🐳\n').digest('hex'))
})

test('directories are made with their parents, and once more without harm', async () => {
  await files().makeDirectory(at('a/b/c'))
  await files().makeDirectory(at('a/b/c'))
  await files().write(at('a/b/c/file'), '')
  expect(await files().list(at('a/b/c'))).toEqual(['file'])
  await files().remove(at('a'))
  expect(await files().exists(at('a'))).toBe(false)
})

test('a link is followed by no removal', async () => {
  await mkdir(at('kept'))
  await writeFile(at('kept/file'), '')
  await symlink(at('kept'), at('link'))
  await files().remove(at('link'))
  expect(await files().list(at('kept'))).toEqual(['file'])
})

test('temporary directories are made anew, for this user alone', async () => {
  const [one, other] = await Promise.all([files().makeTemporary('x-'), files().makeTemporary('x-')])
  expect(one).not.toBe(other)
  expect(one.startsWith(at('temp/x-'))).toBe(true)
  expect((await stat(one)).mode & 0o777).toBe(0o700)
})

test('a hard link where the file system has them, else a copy', async () => {
  await writeFile(at('file'), 'x')
  await files().link(at('file'), at('same'))
  await files().link(at('file'), join(elsewhere, 'copy'))
  expect((await stat(at('file'))).nlink).toBe(2)
  expect(await readFile(join(elsewhere, 'copy'), 'utf8')).toBe('x')
  await expect(files().link(at('none'), at('more'))).rejects.toThrow(/ENOENT/)
})

describe.each([
  ['on one file system', () => folder],
  ['across file systems', () => elsewhere]
])('moved %s', (_, target) => {
  test('a file takes the place of another', async () => {
    await writeFile(at('file'), 'new')
    await writeFile(join(target(), 'there'), 'old')
    await files().move(at('file'), join(target(), 'there'))
    expect(await readFile(join(target(), 'there'), 'utf8')).toBe('new')
    expect(await files().exists(at('file'))).toBe(false)
    expect((await readdir(target())).filter(name => name !== 'temp')).toEqual(['there'])
  })

  test('a directory', async () => {
    await files().makeDirectory(at('directory/deep'))
    await writeFile(at('directory/deep/file'), 'x')
    await files().move(at('directory'), join(target(), 'moved'))
    expect(await readFile(join(target(), 'moved/deep/file'), 'utf8')).toBe('x')
    expect(await files().exists(at('directory'))).toBe(false)
  })

  test('what cannot be put there leaves nothing beside it', async () => {
    await writeFile(at('file'), 'x')
    await mkdir(join(target(), 'there/deeper'), { recursive: true })
    await expect(files().move(at('file'), join(target(), 'there'))).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/)
    expect((await readdir(target())).filter(name => !['temp', 'file'].includes(name))).toEqual(['there'])
  })

  test('what is not there', async () => {
    await expect(files().move(at('none'), join(target(), 'x'))).rejects.toThrow(/ENOENT/)
  })
})

test('a move across file systems keeps times and modes', async () => {
  await writeFile(at('file'), 'x')
  await chmod(at('file'), 0o640)
  await files().move(at('file'), join(elsewhere, 'file'))
  expect((await stat(join(elsewhere, 'file'))).mode & 0o777).toBe(0o640)
})

test('of many that make the same file one does', async () => {
  const made = await Promise.all(Array.from({ length: 20 }, (_, index) => files().createExclusive(at('lock'), `${index}`)))
  expect(made.filter(Boolean)).toHaveLength(1)
  expect(await files().read(at('lock'))).toBe(`${made.indexOf(true)}`)
  await link(at('lock'), at('other'))
  expect(await files().createExclusive(at('other'), '')).toBe(false)
  await expect(files().createExclusive(at('none/lock'), '')).rejects.toThrow(/ENOENT/)
})
