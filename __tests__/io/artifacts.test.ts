import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jest } from '@jest/globals'
import { newArtifacts } from '../../src/io/artifacts'
import { newStopwatch } from '../../src/io/stopwatch'
import { adminOf } from '../../testbed/cache-admin.mjs'
import { serveCache } from '../../testbed/cache-service.mjs'
import { makeJobToken } from '../../testbed/job-token.mjs'

const before = { ...process.env }
let service: Awaited<ReturnType<typeof serveCache>>
let folder: string
let path: string
const artifacts = () =>
  newArtifacts(
    process.env,
    newStopwatch(() => performance.now())
  )

beforeAll(async () => {
  jest.spyOn(process.stdout, 'write').mockReturnValue(true)
  service = await serveCache()
  folder = await mkdtemp(join(tmpdir(), 'artifacts-'))
  path = join(folder, 'acme~app~ABCDEF.dockerbuild')
  await writeFile(path, 'a record')
  const ACTIONS_RUNTIME_TOKEN = makeJobToken([])
  Object.assign(process.env, { ACTIONS_RESULTS_URL: service.url, ACTIONS_RUNTIME_TOKEN, GITHUB_SERVER_URL: 'https://github.com' })
})
afterAll(async () => {
  jest.restoreAllMocks()
  process.env = before
  await service.stop()
  await rm(folder, { recursive: true })
})
beforeEach(() => adminOf(service.url).reset())

test('a file becomes an artifact of its name', async () => {
  const number = await artifacts().upload(path, { timeoutSeconds: 10 })
  const [artifact] = await adminOf(service.url).artifacts()
  expect(artifact).toMatchObject({ number, name: 'acme~app~ABCDEF.dockerbuild', bytes: 8, complete: true })
  expect(artifact?.expiresAt).toBeUndefined()
})

test('a service that refuses, and one that does not answer, are errors that say why and hold no signature', async () => {
  const admin = adminOf(service.url)
  await admin.setFaults([{ path: 'CreateArtifact', status: 403 }])
  await expect(artifacts().upload(path, { timeoutSeconds: 10 })).rejects.toThrow('CreateArtifact')
  await admin.setFaults([{ path: '/blobs/', status: 403 }])
  const refused = await artifacts()
    .upload(path, { timeoutSeconds: 10 })
    .catch((error: unknown) => String(error))
  expect(refused).toMatch(/Error/)
  expect(refused).not.toContain('sig=')
  await admin.reset()
  await admin.setFaults([{ path: 'FinalizeArtifact', hang: true }])
  await expect(artifacts().upload(path, { timeoutSeconds: 1 })).rejects.toThrow('not done within 1 s')
}, 30_000)

test('there is a service only where the job has its address and a token', () => {
  const there = (env: NodeJS.ProcessEnv) =>
    newArtifacts(
      env,
      newStopwatch(() => 0)
    ).available
  const ACTIONS_RESULTS_URL = 'https://results.example'
  const ACTIONS_RUNTIME_TOKEN = 'token'
  expect(there({ ACTIONS_RESULTS_URL, ACTIONS_RUNTIME_TOKEN })).toBe(true)
  expect(there({ ACTIONS_RESULTS_URL })).toBe(false)
  // The older service, which GitHub Enterprise Server may have.
  expect(there({ ACTIONS_RUNTIME_TOKEN, ACTIONS_CACHE_URL: ACTIONS_RESULTS_URL })).toBe(false)
})
