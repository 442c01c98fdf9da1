// The scripts themselves, with this machine's shell and tar; end-to-end tests run them with busybox's.
import { execFile } from 'node:child_process'
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
  link
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fillScript, packScript } from '../../src/plan/mount-scripts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'mount-scripts-'))
  await mkdir(join(root, 'mount'))
})
afterEach(() => rm(root, { recursive: true }))

/** Gives the status. */
async function run(script: string, ...values: readonly string[]): Promise<string> {
  await rm(join(root, 'out'), { recursive: true, force: true })
  await promisify(execFile)('sh', ['-c', script.replaceAll('/.stage-cache-build/', `${root}/`), 'sh', ...values])
  return (await readFile(join(root, 'out/status'), 'utf8')).trim()
}
const pack = (digest = '', most = 1e9) => run(packScript, `${most}`, digest, 'job')
const fill = () => run(fillScript, 'job')
const at = (path: string) => join(root, 'mount', path)
const digest = async () => (await readFile(join(root, 'out/digest'), 'utf8')).trim()

const restart = async () => {
  await rm(join(root, 'mount'), { recursive: true })
  await mkdir(join(root, 'mount'))
}

async function everything() {
  await mkdir(at('.hidden/empty'), { recursive: true })
  await writeFile(at('with space'), 'one')
  await writeFile(at('new\nline'), 'two')
  await link(at('with space'), at('hard'))
  await symlink('../nowhere', at('link'))
  await chmod(at('new\nline'), 0o4640)
  await writeFile(at('..odd'), '')
  await chmod(at('.'), 0o2750)
}

it('what was packed is unpacked as it was, into an empty mount alone', async () => {
  await everything()
  expect(await pack()).toBe('saved')
  const before = await digest()
  await rename(join(root, 'out/archive.tar'), join(root, 'archive.tar'))
  expect(await pack(before)).toBe('unchanged')
  await restart()
  expect(await fill()).toBe('restored')
  expect((await stat(at('.'))).mode & 0o7777).toBe(0o2750)
  expect((await stat(at('new\nline'))).mode & 0o7777).toBe(0o4640)
  expect([(await stat(at('hard'))).ino, await readlink(at('link'))]).toEqual([(await stat(at('with space'))).ino, '../nowhere'])
  expect([(await lstat(at('.hidden/empty'))).isDirectory(), await readFile(at('..odd'), 'utf8')]).toEqual([true, ''])
  expect([await pack(before), await fill()]).toEqual(['unchanged', 'kept'])
})

it('what tar says of an archive that it cannot unpack is told', async () => {
  await writeFile(join(root, 'archive.tar'), 'no archive')
  expect([await fill(), await readdir(join(root, 'mount'))]).toEqual(['failed', []])
  expect(await readFile(join(root, 'out/said'), 'utf8')).toMatch(/tar/u)
})

it('a mount that starts from something is filled where that is the same, and holds nothing else', async () => {
  const start = async (text: string) => {
    for (const name of ['base', 'mount']) {
      await rm(join(root, name), { recursive: true, force: true })
      await mkdir(join(root, name))
      await writeFile(join(root, name, 'seed'), text)
      await writeFile(join(root, name, '.gone later'), text)
    }
  }
  const packBased = (saved = '') => run(packScript, '1000000', saved, 'job', 'based')
  const fillBased = (base = '') => run(fillScript, 'job', base)
  await start('one')
  expect(await packBased()).toBe('empty')
  await writeFile(at('more'), 'found')
  await rm(at('.gone later'))
  expect(await packBased()).toBe('saved')
  const before = await digest()
  const [, base = ''] = before.split('-')
  await rename(join(root, 'out/archive.tar'), join(root, 'archive.tar'))

  expect(await fillBased(base)).toBe('kept')
  await start('two')
  expect([await fillBased(base), await readFile(at('seed'), 'utf8')]).toEqual(['other-base', 'two'])
  await start('one')
  expect(await fillBased(base)).toBe('restored')
  expect([(await readdir(join(root, 'mount'))).toSorted(), await readFile(at('more'), 'utf8')]).toEqual([
    ['more', 'seed'],
    'found'
  ])
  expect(await packBased(before)).toBe('unchanged')
})

it('says what changed and what is nothing', async () => {
  expect(await pack()).toBe('empty')
  await everything()
  await pack()
  const before = await digest()
  await writeFile(at('hard'), 'more')
  expect(await pack(before)).toBe('saved')
  expect(await digest()).not.toBe(before)
  await chmod(at('..odd'), 0o600)
  expect(await pack(await digest())).toBe('saved')
})

it('stops at the most bytes there may be', async () => {
  await writeFile(at('large'), Buffer.alloc(100_000, 'x'))
  expect(await pack('', 50_000)).toBe('too-large')
  await expect(stat(join(root, 'out/archive.tar'))).rejects.toThrow('ENOENT')
})

it('a broken archive leaves nothing, nor does a job that was killed', async () => {
  await everything()
  await pack()
  await rename(join(root, 'out/archive.tar'), join(root, 'archive.tar'))
  await writeFile(join(root, 'archive.tar'), Buffer.alloc(5000, 'no archive'))
  await rm(join(root, 'mount'), { recursive: true })
  await mkdir(at('.stage-cache-build-other/half'), { recursive: true })
  expect(await fill()).toBe('failed')
  expect(await pack()).toBe('empty')
  expect(await readFile(join(root, 'out/status'), 'utf8')).toBe('empty\n')
})
