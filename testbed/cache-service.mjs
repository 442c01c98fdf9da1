// @ts-check
// GitHub's cache service, version 2: three Twirp calls and a block-blob store, for BuildKit and @actions/cache alike. The artifact service answers at the same
// address, as GitHub's does.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { json } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { Artifacts } from './artifacts.mjs'
import { BlockBlobs } from './block-blobs.mjs'
import { CacheEntries } from './cache-entries.mjs'
import { readJobToken } from './job-token.mjs'
import { listen } from './listen.mjs'
import { Traffic } from './traffic.mjs'

const CALLS = '/twirp/github.actions.results.api.v1.CacheService/'
const ARTIFACT_CALLS = '/twirp/github.actions.results.api.v1.ArtifactService/'
const DENIED = 'cache write denied: token has no writable scopes'

/**
 * @typedef {import('./traffic.mjs').Fault} Fault
 * @typedef {import('node:http').IncomingMessage} Request
 * @typedef {import('node:http').ServerResponse} Response
 */

/**
 * Admin, for tests: GET /admin/artifacts, GET /admin/entries, DELETE /admin/entries?prefix=…, POST /admin/damage?prefix=…, GET and DELETE /admin/counts, GET /admin/requests, GET /admin/keys,
 * PUT /admin/faults ({faults, seed, bytesPerSecond}), POST /admin/reset.
 * @param {{ port?: number, directory?: string }} [options]
 */
export async function serveCache(options = {}) {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'cache-service-')))
  await rm(directory, { recursive: true, force: true })
  let entries = new CacheEntries()
  const blobs = new BlockBlobs(directory)
  const artifacts = new Artifacts(blobs)
  const traffic = new Traffic()
  /** Keys that were asked for, written or finished, since counting began. @type {string[]} */
  let keys = []
  // In the place of a signature: only who was given the URL knows it.
  const signature = randomUUID()

  const signedUrl = (/** @type {URL} */ url, /** @type {string} */ id) => `${url.origin}/blobs/${id}?sig=${signature}`

  async function evict(/** @type {string} */ prefix) {
    const gone = entries.evict(prefix)
    for (const { id } of gone) await blobs.remove(id)
    return gone
  }

  /** @type {(request: Request, response: Response) => Promise<void>} */
  async function handle(request, response) {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`)
    if (url.pathname.startsWith('/admin/')) return admin(request, response, url)
    const isBlob = url.pathname.startsWith('/blobs/')
    const method = url.pathname.startsWith(CALLS) ? url.pathname.slice(CALLS.length) : undefined
    const isWrite = isBlob ? request.method === 'PUT' : method !== 'GetCacheEntryDownloadURL'
    const fault = await traffic.admit(request, response, isWrite)
    if (!fault) return
    const breakConnection = () => request.socket.destroy()
    const body = traffic.meter('bytesIn', fault, breakConnection)
    // Whoever reads the body sees the error; this only passes it on.
    pipeline(request, body, () => undefined)
    if (isBlob) {
      if (url.searchParams.get('sig') !== signature) return reply(response, 403, { code: 'AuthenticationFailed' })
      const outward = traffic.meter('bytesOut', fault, breakConnection)
      const blobRequest = { method: request.method, headers: request.headers, body, outward }
      return blobs.handle(blobRequest, response, url.pathname.slice('/blobs/'.length), url.searchParams)
    }
    if (url.pathname.startsWith(ARTIFACT_CALLS) && request.method === 'POST') {
      const name = url.pathname.slice(ARTIFACT_CALLS.length)
      const { authorization } = request.headers
      const answer = await artifacts.call(name, await json(body), authorization, id => signedUrl(url, id))
      return reply(response, answer.status, answer.body)
    }
    if (method === undefined || request.method !== 'POST') return reply(response, 404, { code: 'bad_route', msg: url.pathname })
    await call(method, await json(body), request, response, url)
  }

  /**
   * @param {string} method
   * @param {any} message
   * @param {Request} request
   * @param {Response} response
   * @param {URL} url
   */
  async function call(method, message, request, response, url) {
    const scopes = readJobToken(request.headers.authorization)
    if (typeof scopes === 'string') return reply(response, 401, { code: 'unauthenticated', msg: scopes })
    keys.push(message.key ?? '')
    const wanted = { key: message.key ?? '', version: message.version ?? '', restoreKeys: message.restore_keys ?? [] }
    const signed = (/** @type {string} */ id) => signedUrl(url, id)
    if (method === 'GetCacheEntryDownloadURL') {
      const found = entries.find(scopes, wanted)
      return reply(
        response,
        200,
        found ? { ok: true, signed_download_url: signed(found.id), matched_key: found.key } : { ok: false }
      )
    }
    if (method === 'CreateCacheEntry') {
      const entry = entries.reserve(scopes, wanted)
      if (entry === 'denied') return reply(response, 200, { ok: false, message: DENIED })
      if (entry === 'exists') {
        return reply(response, 409, {
          code: 'already_exists',
          msg: 'cache entry with the same key, version, and scope already exists'
        })
      }
      return reply(response, 200, { ok: true, signed_upload_url: signed(entry.id) })
    }
    if (method === 'FinalizeCacheEntryUpload') {
      const entry = entries.reserved(scopes, wanted)
      const bytes = entry && blobs.size(entry.id)
      // @actions/cache sends 64-bit numbers as text, BuildKit as numbers.
      if (!entry || bytes !== Number(message.size_bytes)) return reply(response, 200, { ok: false, message: 'no such upload' })
      Object.assign(entry, { bytes, complete: true })
      return reply(response, 200, { ok: true, entry_id: entry.id })
    }
    return reply(response, 404, { code: 'bad_route', msg: method })
  }

  /** @type {(request: Request, response: Response, url: URL) => Promise<void>} */
  async function admin(request, response, url) {
    switch (`${request.method} ${url.pathname.slice('/admin/'.length)}`) {
      case 'GET artifacts':
        return reply(
          response,
          200,
          artifacts.list().map(artifact => ({ ...artifact, url: signedUrl(url, artifact.id) }))
        )
      case 'GET entries':
        return reply(response, 200, entries.list())
      case 'DELETE entries':
        return reply(response, 200, await evict(url.searchParams.get('prefix') ?? ''))
      case 'POST damage': {
        const damaged = entries.list().filter(({ key }) => key.startsWith(url.searchParams.get('prefix') ?? ''))
        for (const { id } of damaged) await blobs.damage(id)
        return reply(response, 200, damaged)
      }
      case 'GET counts':
        return reply(response, 200, traffic.counts)
      case 'DELETE counts':
        traffic.resetCounts()
        keys = []
        return reply(response, 200, {})
      case 'GET keys':
        return reply(response, 200, keys)
      case 'GET requests':
        return reply(response, 200, traffic.requests)
      case 'PUT faults': {
        const { faults = [], seed = 1, bytesPerSecond } = /** @type {any} */ (await json(request))
        traffic.setFaults(faults, seed)
        traffic.bytesPerSecond = bytesPerSecond
        return reply(response, 200, {})
      }
      case 'POST reset':
        await evict('')
        entries = new CacheEntries()
        await artifacts.clear()
        traffic.setFaults([])
        traffic.bytesPerSecond = undefined
        traffic.resetCounts()
        return reply(response, 200, {})
      default:
        return reply(response, 404, { code: 'bad_route' })
    }
  }

  const server = await listen(handle, options.port)
  return {
    url: `http://127.0.0.1:${server.port}/`,
    stop: async () => {
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    }
  }
}

/**
 * @param {Response} response
 * @param {number} status
 * @param {unknown} body
 */
function reply(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { CACHE_SERVICE_PORT, CACHE_SERVICE_DIR } = process.env
  serveCache({
    ...(CACHE_SERVICE_PORT ? { port: Number(CACHE_SERVICE_PORT) } : {}),
    ...(CACHE_SERVICE_DIR ? { directory: CACHE_SERVICE_DIR } : {})
  }).then(({ url }) => console.log(url))
}
