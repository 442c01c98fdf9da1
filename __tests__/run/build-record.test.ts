import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Artifacts } from '../../src/host'
import { tellRecord, uploadBuildRecord } from '../../src/run/build-record'
import { watchCancellation } from '../../src/run/cancellation'
import { newTestHost } from '../helpers/host'
import type { TestHost } from '../helpers/host'

let host: TestHost
afterEach(() => host.remove())

const id = 'jmsvdtbuonelcs16qsi37mzlm'
const metadata = JSON.stringify({ 'buildx.build.ref': `mine/mine0/${id}` })
const build = { inputs: { context: '.' }, builder: { name: 'mine' }, run: { exitCode: 0, started: 0 }, metadata }

interface World {
  readonly env?: Readonly<Record<string, string>>
  /** Body of a program `docker`; without it the record is written. */
  readonly docker?: string
  readonly upload?: Artifacts['upload']
  readonly available?: boolean
}

const uploads: { readonly path: string; readonly text: string; readonly retentionDays: number | undefined }[] = []

async function world({ env = {}, docker, upload, available = true }: World = {}): Promise<TestHost> {
  uploads.length = 0
  const write = `fs.writeFileSync(argv.find(arg => arg.startsWith('--output=')).slice(9), 'record of ' + argv.at(-1))`
  host = await newTestHost({
    docker: `const fs = require('fs'); const argv = process.argv.slice(2)
      fs.appendFileSync(process.env.HOME + '/calls', argv.join(' ') + '\\n')
      ${docker ?? write}`,
    artifacts: {
      available,
      upload:
        upload ?? (async (path, { retentionDays }) => uploads.push({ path, text: await readFile(path, 'utf8'), retentionDays }))
    },
    env: {
      GITHUB_REPOSITORY: 'acme/app',
      GITHUB_RUN_ID: '1001',
      GITHUB_SERVER_URL: 'https://github.com',
      DOCKER_BUILD_RECORD_UPLOAD: '',
      ...env
    }
  })
  return host
}

const calls = () => readFile(join(host.folder, 'calls'), 'utf8').catch(() => '')
// Without listening for this process' own signals.
const neverCancelled = (of: TestHost) => watchCancellation({ ...of, exec: { ...of.exec, onSignal: () => undefined } })
const upload = (of: TestHost, difference: Partial<typeof build> = {}) =>
  uploadBuildRecord(of, neverCancelled(of), { ...build, ...difference })

test('the record of the build is written by buildx, and uploaded under its name', async () => {
  const record = await upload(await world({ env: { DOCKER_BUILD_RECORD_RETENTION_DAYS: '5' } }))
  expect(record).toEqual({ state: 'uploaded', name: 'acme~app~JMSVDT.dockerbuild', bytes: 35, artifact: 1, run: 1001 })
  expect(uploads).toEqual([{ path: expect.any(String), text: `record of ${id}`, retentionDays: 5 }])
  expect(basename(uploads[0]?.path ?? '')).toBe('acme~app~JMSVDT.dockerbuild')
  expect(await calls()).toMatch(new RegExp(`^buildx history export --builder=mine --finalize --output=\\S+ ${id}\n$`))
  expect(await host.files.exists(dirname(uploads[0]?.path ?? ''))).toBe(false)
})

test.each<[string, World]>([
  ['it is turned off', { env: { DOCKER_BUILD_RECORD_UPLOAD: 'false' } }],
  ['the summary is turned off', { env: { DOCKER_BUILD_SUMMARY: 'false' } }],
  ['there is no service', { available: false }],
  ['the server is GitHub Enterprise', { env: { GITHUB_SERVER_URL: 'https://git.acme.example' } }]
])('nothing is started where %s', async (_, facts) => {
  expect(await upload(await world(facts))).toBeUndefined()
  expect(await calls()).toBe('')
})

test('nothing is started for days that are no number', async () => {
  const record = await upload(await world({ env: { DOCKER_BUILD_RECORD_RETENTION_DAYS: 'a week' } }))
  expect(record).toEqual({ state: 'refused', retentionDays: 'a week' })
  expect(await calls()).toBe('')
  tellRecord(host, record)
  expect(host.said).toEqual([expect.stringMatching(/^notice: No build record: .*a week/)])
})

test.each<[string, World, object | undefined]>([
  ['buildx fails', { docker: `console.error('x\\nERROR: it is broken'); process.exit(1)` }, { detail: 'ERROR: it is broken' }],
  ['buildx writes nothing', { docker: '' }, { detail: 'exit code 0' }],
  ['the service refuses', { upload: () => Promise.reject(new Error('403')) }, { detail: '403' }],
  ['buildx is too old', { docker: `console.error('unknown flag: --finalize'); process.exit(125)` }, { state: 'old-buildx' }],
  ['BuildKit kept no record', { docker: `console.error('ERROR: no record found for ref "x"'); process.exit(1)` }, undefined]
])('when %s the job goes on', async (_, facts, expected) => {
  const record = await upload(await world(facts))
  if (expected === undefined) expect(record).toBeUndefined()
  else expect(record).toMatchObject(expected)
})

describe('of a build that failed', () => {
  const failed = { metadata: '', run: { exitCode: 1, started: 1_000_000_000_000 } }
  const write = async (name: string, node: string, of: string, path: string, secondsAfter: number) => {
    const directory = join(host.folder, '.docker/buildx/refs', name, node)
    await mkdir(directory, { recursive: true })
    await writeFile(join(directory, of), JSON.stringify({ Target: 'default', LocalPath: path }))
    const at = failed.run.started / 1000 + secondsAfter
    await utimes(join(directory, of), at, at)
  }

  test('the first of its context since it started is taken', async () => {
    await world()
    await write('mine', 'mine0', 'earlierbuild', process.cwd(), -1)
    await write('mine', 'mine0', 'anotherjob', '/elsewhere', 1)
    await write('mine', 'mine0', 'exportofit', process.cwd(), 3)
    await write('mine', 'mine1', 'themainbuild', process.cwd(), 2)
    await write('other', 'other0', 'anotherbuilder', process.cwd(), 1)
    expect(await upload(host, failed)).toMatchObject({ name: 'acme~app~THEMAI.dockerbuild' })
    expect(await calls()).toContain(' themainbuild\n')
  })

  test('none is taken where none is of it', async () => {
    await world()
    expect(await upload(host, failed)).toBeUndefined()
    await write('mine', 'mine0', 'anotherjob', '/elsewhere', 1)
    await write('mine', 'mine0', '.tmp-write', process.cwd(), 1)
    expect(await upload(host, failed)).toBeUndefined()
    expect(await calls()).toBe('')
  })

  test('one that succeeded without saying which it was is not guessed', async () => {
    await world()
    await write('mine', 'mine0', 'themainbuild', process.cwd(), 2)
    expect(await upload(host, { ...failed, run: { ...failed.run, exitCode: 0 } })).toBeUndefined()
  })
})

test('a cancelled job starts nothing', async () => {
  await world()
  const cancelled = { ...neverCancelled(host), requested: () => true }
  expect(await uploadBuildRecord(host, cancelled, build)).toBeUndefined()
  expect(await calls()).toBe('')
})
