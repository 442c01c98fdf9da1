import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jest } from '@jest/globals'
import { adminOf } from '../../testbed/cache-admin.mjs'
import { serveCache } from '../../testbed/cache-service.mjs'
import { makeJobToken } from '../../testbed/job-token.mjs'

let service: Awaited<ReturnType<typeof serveCache>>
let folder: string
let client: import('@actions/artifact').ArtifactClient
const before = { ...process.env }

beforeAll(async () => {
  // The client's own log.
  jest.spyOn(process.stdout, 'write').mockReturnValue(true)
  service = await serveCache()
  folder = await mkdtemp(join(tmpdir(), 'artifact-client-'))
  Object.assign(process.env, {
    ACTIONS_RESULTS_URL: service.url,
    ACTIONS_RUNTIME_TOKEN: makeJobToken([]),
    GITHUB_SERVER_URL: 'https://github.com'
  })
  client = (await import('@actions/artifact')).default
})
afterAll(async () => {
  jest.restoreAllMocks()
  process.env = before
  await service.stop()
  await rm(folder, { recursive: true })
})
beforeEach(async () => {
  await adminOf(service.url).reset()
})

async function newFile(name: string, bytes: number) {
  const content = randomBytes(bytes)
  const path = join(folder, name)
  await writeFile(path, content)
  return { path, content }
}

it('serves the real @actions/artifact client', async () => {
  // More than one block.
  const { path, content } = await newFile('a.dockerbuild', 9_000_000)
  const { id, digest } = await client.uploadArtifact('', [path], folder, { skipArchive: true, retentionDays: 3 })
  const [artifact, ...more] = await adminOf(service.url).artifacts()
  expect(more).toEqual([])
  expect(artifact).toMatchObject({ number: id, name: 'a.dockerbuild', bytes: content.length, complete: true })
  expect(digest).toBe(createHash('sha256').update(content).digest('hex'))
  expect(Math.round((Date.parse(artifact?.expiresAt ?? '') - Date.now()) / 86_400_000)).toBe(3)
  const got = Buffer.from(await (await fetch(artifact?.url ?? '')).arrayBuffer())
  expect(got.equals(content)).toBe(true)
}, 30_000)

it('refuses a name that is there, and the token of nobody', async () => {
  const { path } = await newFile('b.dockerbuild', 10)
  const upload = () => client.uploadArtifact('', [path], folder, { skipArchive: true })
  await upload()
  await expect(upload()).rejects.toThrow('already exists')
  process.env['ACTIONS_RUNTIME_TOKEN'] = makeJobToken([], { lifetimeSeconds: -60 })
  await expect(upload()).rejects.toThrow('expired')
  expect(await adminOf(service.url).artifacts()).toHaveLength(1)
})

it('takes nothing that is not what was said', async () => {
  const scp = { workflow_run_backend_id: 'run', workflow_job_run_backend_id: 'job' }
  const call = async (method: string, message: object) => {
    const response = await fetch(`${service.url}twirp/github.actions.results.api.v1.ArtifactService/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${makeJobToken([])}` },
      body: JSON.stringify(message)
    })
    return { status: response.status, body: (await response.json()) as Record<string, string> }
  }
  const made = { ...scp, name: 'c.dockerbuild', version: 7, mime_type: 'application/octet-stream' }
  expect((await call('CreateArtifact', { ...made, workflow_run_backend_id: 'another' })).status).toBe(403)
  expect((await call('CreateArtifact', { ...made, name: 'c/d' })).status).toBe(400)
  const { body } = await call('CreateArtifact', made)
  const put = { method: 'PUT', headers: { 'x-ms-blob-type': 'BlockBlob' }, body: 'abc' }
  expect((await fetch(`${body['signed_upload_url']}`, put)).status).toBe(201)
  const done = { ...scp, name: 'c.dockerbuild', size: '3' }
  expect((await call('FinalizeArtifact', { ...done, size: '4' })).status).toBe(400)
  expect((await call('FinalizeArtifact', { ...done, hash: `sha256:${'0'.repeat(64)}` })).status).toBe(400)
  expect((await call('FinalizeArtifact', done)).body).toEqual({ ok: true, artifact_id: '1' })
})
