import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { build } from 'esbuild'
import { newActionsCache } from '../../src/io/actions-cache'
import { newPatience } from '../../src/io/patience'
import { adminOf } from '../../testbed/cache-admin.mjs'
import { serveCache } from '../../testbed/cache-service.mjs'
import { serve } from '../helpers/registry-server'
import { githubClients } from '../../scripts/github-clients.mjs'
import { makeJobToken, READ, WRITE } from '../../testbed/job-token.mjs'

interface Call {
  readonly do: 'save' | 'restore'
  readonly path: string
  readonly key: string
  readonly others?: readonly string[]
  readonly seconds?: number
  /** Seconds at most for what was found. */
  readonly most?: number
  /** Milliseconds to wait before. */
  readonly after?: number
}

interface Done {
  readonly results: readonly string[]
  /** Bytes of all buffers of the job at a time. */
  readonly mostBuffers: number
  readonly log: string
}

/** The client takes a storage of such a name for GitHub's. */
const storageName = 'tests.blob.core.windows.net'

let service: Awaited<ReturnType<typeof serveCache>>
let folder: string

beforeAll(async () => {
  service = await serveCache()
  folder = await mkdtemp(join(tmpdir(), 'actions-cache-'))
  // As scripts/build.mjs bundles it: the client's log is ours, what it starts is, and how it fetches from GitHub's storage and puts there.
  await build({
    stdin: {
      contents: `import dns from 'node:dns'
        import { newActionsCache } from './src/io/actions-cache'
        import { newPatience } from './src/io/patience'
        const { lookup } = dns
        dns.lookup = (name, ...more) => lookup(name === '${storageName}' ? '127.0.0.1' : name, ...more)
        let mostBuffers = 0
        setInterval(() => (mostBuffers = Math.max(mostBuffers, process.memoryUsage().arrayBuffers)), 2)
        const cache = newActionsCache(process.env, { waiting: promise => promise }, newPatience(() => performance.now()))
        const calls = JSON.parse(process.argv[2])
        const results = await Promise.allSettled(calls.map(async call => {
          await new Promise(resolve => setTimeout(resolve, call.after ?? 0))
          return call.do === 'save'
            ? cache.save(call.path, call.key, call.seconds ?? 30)
            : cache.restore(call.path, call.key, call.others ?? [], call.seconds ?? 30, call.most && (() => call.most))
        }))
        const shown = results.map(({ value, reason }) => reason ? 'error: ' + reason.message : value ?? 'nothing')
        console.error(JSON.stringify({ results: shown, mostBuffers }))
        process.exit()`,
      resolveDir: resolve('.')
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    splitting: true,
    outdir: folder,
    entryNames: 'cache',
    outExtension: { '.js': '.mjs' },
    banner: { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" },
    plugins: [githubClients],
    logLevel: 'silent'
  })
})
beforeEach(() => adminOf(service.url).reset())
afterAll(async () => {
  await service.stop()
  await rm(folder, { recursive: true })
})

/** Calls made at the same time by one job; its workspace differs from that of every other. */
async function job(calls: readonly Call[], environment: Readonly<Record<string, string>> = {}): Promise<Done> {
  const workspace = await mkdtemp(join(folder, 'workspace-'))
  const child = spawn(process.execPath, [join(folder, 'cache.mjs'), JSON.stringify(calls)], {
    cwd: workspace,
    env: {
      PATH: process.env['PATH'],
      RUNNER_TEMP: workspace,
      GITHUB_WORKSPACE: workspace,
      GITHUB_SERVER_URL: 'https://github.com',
      ACTIONS_RESULTS_URL: service.url,
      ACTIONS_CACHE_SERVICE_V2: 'True',
      ACTIONS_RUNTIME_TOKEN: makeJobToken([{ scope: 'refs/heads/main', permission: READ + WRITE }]),
      ...environment
    },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const [log, shown] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { ...(JSON.parse(shown.trim().split('\n').at(-1) ?? '') as Omit<Done, 'log'>), log }
}

async function kept(name: string, content: string): Promise<string> {
  const path = join(folder, name)
  await mkdir(path, { recursive: true })
  await writeFile(join(path, 'file'), content)
  return path
}

test('what one job saves another restores, whatever its workspace', async () => {
  const path = await kept('one', 'content')
  expect((await job([{ do: 'save', path, key: 'k#1' }])).results).toEqual(['nothing'])
  await rm(path, { recursive: true })
  const { results, log } = await job([
    { do: 'restore', path, key: 'k#' },
    { do: 'restore', path: join(folder, 'two'), key: 'none', others: ['x', 'y'] }
  ])
  expect(results).toEqual(['k#1', 'nothing'])
  expect(await readFile(join(path, 'file'), 'utf8')).toBe('content')
  // Nor the commands that pack and unpack.
  expect(log).not.toMatch(/::(warning|error)|^(?!::debug::).*tar/m)
})

test('the newest of the first name that has any', async () => {
  const path = await kept('newest', '1')
  for (const key of ['own#1', 'base#1', 'base#2']) await job([{ do: 'save', path, key }])
  expect((await job([{ do: 'restore', path, key: 'own#', others: ['base#'] }])).results).toEqual(['own#1'])
  expect((await job([{ do: 'restore', path, key: 'new#', others: ['base#', 'own#'] }])).results).toEqual(['base#2'])
})

test('what was not saved is an error, with the reason, and no annotation', async () => {
  const path = await kept('denied', 'x')
  const readOnly = { ACTIONS_RUNTIME_TOKEN: makeJobToken([{ scope: 'refs/heads/main', permission: READ }]) }
  const denied = await job([{ do: 'save', path, key: 'k#1' }], readOnly)
  expect(denied.results[0]).toMatch(/^error: .*cache write denied: token has no writable scopes/)
  expect(denied.log).not.toMatch(/::(warning|error)/)
  // Saved twice is saved: another job of the same content was first.
  for (let times = 0; times < 2; times++) expect((await job([{ do: 'save', path, key: 'k#1' }])).results[0]).toBe('nothing')
  expect((await job([{ do: 'save', path: join(folder, 'missing'), key: 'k#2' }])).results[0]).toMatch(/^error: ./)
})

test('what tar says of its failure is part of the error', async () => {
  const path = await kept('above/packed', 'x')
  await job([{ do: 'save', path, key: 'packed#1' }])
  await rm(join(folder, 'above'), { recursive: true })
  // Where the directory above was there is a file now.
  await writeFile(join(folder, 'above'), '')
  const { results, log } = await job([{ do: 'restore', path, key: 'packed#' }])
  expect(results[0]).toMatch(/^error: .*tar.* failed .*: .*packed.*/)
  expect(log).not.toMatch(/^(?!::debug::).*tar/m)
})
test('from GitHub’s storage an entry comes in blocks; one whose connection breaks is asked for again, one that cannot be had is an error', async () => {
  const path = await kept('blocks', '')
  const content = randomBytes(19_000_000)
  await writeFile(join(path, 'file'), content)
  const storage = { ACTIONS_RESULTS_URL: service.url.replace('127.0.0.1', storageName) }
  await job([{ do: 'save', path, key: 'blocks#1' }], storage)
  await rm(path, { recursive: true })
  const { setFaults, requests, resetCounts } = adminOf(service.url)
  await resetCounts()
  await setFaults([{ path: '^/blobs/', resetAfterBytes: 1_000_000, times: 4 }])
  expect((await job([{ do: 'restore', path, key: 'blocks#' }], storage)).results).toEqual(['blocks#1'])
  expect(content.equals(await readFile(join(path, 'file')))).toBe(true)
  const blocks = (await requests()).filter(request => request.startsWith('GET /blobs/'))
  expect(blocks.length).toBeGreaterThan(19 / 2.1 + 2)
  await setFaults([
    { path: '^/blobs/', times: 6 },
    { path: '^/blobs/', status: 404 }
  ])
  expect((await job([{ do: 'restore', path, key: 'blocks#' }], storage)).results[0]).toMatch(/^error: ./)
}, 60_000)

test('however large an entry is, as much of it is in memory as its blocks that are under way', async () => {
  const path = await kept('large', '')
  const content = randomBytes(150_000_000)
  await writeFile(join(path, 'file'), content)
  const storage = { ACTIONS_RESULTS_URL: service.url.replace('127.0.0.1', storageName) }
  const saved = await job([{ do: 'save', path, key: 'large#1' }], storage)
  await rm(path, { recursive: true })
  const restored = await job([{ do: 'restore', path, key: 'large#' }], storage)
  expect([...saved.results, ...restored.results]).toEqual(['nothing', 'large#1'])
  expect(content.equals(await readFile(join(path, 'file')))).toBe(true)
  for (const { mostBuffers } of [saved, restored]) expect(mostBuffers / 2 ** 20).toBeLessThan(8 * 2 + 8)
}, 60_000)

test("a small archive goes by one request each way, and by the storage's client where that fails", async () => {
  const path = await kept('small', 'x')
  const storage = { ACTIONS_RESULTS_URL: service.url.replace('127.0.0.1', storageName) }
  const moved = async (call: Call) => {
    const before = (await adminOf(service.url).requests()).length
    const { results } = await job([call], storage)
    const after = (await adminOf(service.url).requests()).slice(before)
    return [...results, after.filter(line => line.includes('/blobs/')).length]
  }
  expect(await moved({ do: 'save', path, key: 'small#1' })).toEqual(['nothing', 1])
  await rm(path, { recursive: true })
  expect(await moved({ do: 'restore', path, key: 'small#' })).toEqual(['small#1', 1])
  expect(await readFile(join(path, 'file'), 'utf8')).toBe('x')
  for (const call of [
    { do: 'save', path, key: 'small#2' },
    { do: 'restore', path, key: 'small#' }
  ] as const) {
    await adminOf(service.url).setFaults([{ path: '^/blobs/', status: 503, times: 1 }])
    const [result, requests] = await moved(call)
    expect([result, Number(requests) > 1]).toEqual([call.do === 'save' ? 'nothing' : 'small#2', true])
  }
})

test('a block that the storage does not take is an error, and nothing is saved', async () => {
  const path = await kept('untaken', '')
  await writeFile(join(path, 'file'), randomBytes(9_000_000))
  await adminOf(service.url).setFaults([
    { path: '^/blobs/', times: 3 },
    { path: '^/blobs/', status: 403 }
  ])
  expect((await job([{ do: 'save', path, key: 'untaken#1' }])).results[0]).toMatch(/^error: ./)
  await adminOf(service.url).setFaults([])
  expect((await job([{ do: 'restore', path, key: 'untaken#' }])).results).toEqual(['nothing'])
})

test('a service that fails is an error, not an absent cache; a call beside it is not taken for failed', async () => {
  const [bad, good] = [await kept('bad', 'x'), await kept('good', 'y')]
  await job([{ do: 'save', path: bad, key: 'bad#1' }])
  // The first entry is found and cannot be had; the other answers come when that is known.
  await adminOf(service.url).setFaults([
    { path: '^/blobs/', status: 404 },
    { path: '^/twirp/', times: 1 },
    { path: '^/twirp/', delayMs: 2000 }
  ])
  const { results } = await job([
    { do: 'restore', path: bad, key: 'bad#' },
    { do: 'restore', path: good, key: 'good#' },
    { do: 'restore', path: good, key: 'other#' }
  ])
  expect(results[0]).toMatch(/^error: ./)
  expect(results.slice(1)).toEqual(['nothing', 'nothing'])
})

test('what is found may have less time than was given', async () => {
  const path = await kept('slow', 'content')
  await job([{ do: 'save', path, key: 'k#1' }])
  await adminOf(service.url).setFaults([{ hang: true, path: '^/blobs/' }])
  expect((await job([{ do: 'restore', path, key: 'k#', seconds: 60, most: 1 }])).results).toEqual(['error: not done within 1 s'])
})

test('a service that hangs is given up', async () => {
  await adminOf(service.url).setFaults([{ hang: true }])
  const started = performance.now()
  const { results } = await job([{ do: 'restore', path: join(folder, 'x'), key: 'k', seconds: 1 }])
  expect(results).toEqual(['error: not done within 1 s'])
  expect(performance.now() - started).toBeLessThan(20_000)
})

test('while a call that was given up goes on, it has its path for itself', async () => {
  const [path, other] = [await kept('late', 'old'), await kept('beside', 'y')]
  await job([{ do: 'save', path, key: 'late#1' }])
  // Content comes two seconds after the call was given up.
  await adminOf(service.url).setFaults([{ path: '^/blobs/', delayMs: 3000, times: 1 }])
  const { results } = await job([
    { do: 'restore', path, key: 'late#', seconds: 1 },
    { do: 'save', path, key: 'late#2', after: 1500 },
    { do: 'save', path: other, key: 'beside#1', after: 1500 },
    { do: 'save', path, key: 'late#3', after: 8000 }
  ])
  expect(results).toEqual([
    'error: not done within 1 s',
    `error: an earlier call for ${path} was given up and has not ended`,
    'nothing',
    'nothing'
  ])
}, 30_000)

const services: readonly { environment: Readonly<Record<string, string>>; expected: boolean }[] = [
  { environment: {}, expected: false },
  { environment: { ACTIONS_RUNTIME_TOKEN: 't' }, expected: false },
  { environment: { ACTIONS_RESULTS_URL: 'https://r' }, expected: false },
  { environment: { ACTIONS_RUNTIME_TOKEN: 't', ACTIONS_RESULTS_URL: 'https://r' }, expected: true },
  { environment: { ACTIONS_RUNTIME_TOKEN: 't', ACTIONS_CACHE_URL: 'https://c' }, expected: true },
  { environment: { ACTIONS_RUNTIME_TOKEN: 't', ACTIONS_RESULTS_URL: '', ACTIONS_CACHE_URL: 'https://c' }, expected: true },
  { environment: { ACTIONS_RUNTIME_TOKEN: '', ACTIONS_RESULTS_URL: 'https://r' }, expected: false }
]

test.each(services)('there is a service ($expected): $environment', ({ environment, expected }) => {
  expect(
    newActionsCache(
      environment,
      { waiting: promise => promise, waited: () => 0 },
      newPatience(() => 0)
    ).available
  ).toBe(expected)
})

test('a signed URL in an error loses its signature', async () => {
  const said = JSON.stringify({
    code: 'permission_denied',
    msg: 'no access to https://store.example/blob?se=1&sig=SECRET, sorry'
  })
  const server = await serve((_, response) => void response.writeHead(403, { 'content-type': 'application/json' }).end(said))
  const { results } = await job([{ do: 'restore', path: folder, key: 'k#' }], { ACTIONS_RESULTS_URL: `http://${server.host}` })
  await server.stop()
  expect(results[0]).toMatch(/^error: .*https:\/\/store\.example\/blob\?… sorry/)
})
