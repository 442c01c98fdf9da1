import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newExec } from '../../src/io/exec'
import { newStopwatch } from '../../src/io/stopwatch'

let folder: string
let plugin: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proving-'))
  plugin = join(folder, 'cli-plugins/docker-buildx')
  await mkdir(join(folder, 'cli-plugins'))
  // It says what it was asked for.
  await copyFile('/bin/echo', join(folder, 'docker'))
})
afterEach(() => rm(folder, { recursive: true }))

const newStarter = () => {
  const exec = newExec(
    { PATH: folder, DOCKER_CONFIG: folder },
    newStopwatch(() => performance.now())
  )
  return async () => (await exec.start('docker', ['buildx', 'inspect']).result).stdout
}
const byDocker = 'buildx inspect\n'
// Its first argument is all that it prints.
const byItself = 'buildx'

test('a program that works is started by itself from then on', async () => {
  await copyFile('/usr/bin/printf', plugin)
  const ask = newStarter()
  expect(await ask()).toBe(byItself)
  // What it does later is its own answer.
  await copyFile('/bin/false', plugin)
  expect(await ask()).toBe('')
})

const broken: readonly { description: string; make: () => Promise<unknown> }[] = [
  { description: 'fails', make: () => copyFile('/bin/false', plugin) },
  { description: 'says nothing', make: () => copyFile('/bin/true', plugin) },
  {
    description: 'was cut off',
    make: async () => {
      await copyFile('/bin/true', plugin)
      await writeFile(plugin, (await readFile(plugin)).subarray(0, 4096))
    }
  },
  {
    description: 'lacks its loader',
    make: async () => {
      await copyFile('/bin/true', plugin)
      await writeFile(plugin, (await readFile(plugin)).toString('latin1').replace('/ld-linux', '/ld-nosuch'), 'latin1')
    }
  }
]

test.each(broken)('docker is asked in place of one that $description, and from then on', async ({ make }) => {
  await make()
  const ask = newStarter()
  expect(await ask()).toBe(byDocker)
  await copyFile('/usr/bin/printf', plugin)
  expect(await ask()).toBe(byDocker)
})

test('one that was stopped is not started again', async () => {
  await copyFile('/usr/bin/yes', plugin)
  const exec = newExec(
    { PATH: folder, DOCKER_CONFIG: folder },
    newStopwatch(() => performance.now())
  )
  const running = exec.start('docker', ['buildx', 'inspect'])
  running.signal('SIGTERM')
  expect((await running.result).exitCode).toBe(143)
})
