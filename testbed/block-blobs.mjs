// @ts-check
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { text } from 'node:stream/consumers'

/**
 * As much of Azure's block blobs as the clients of the cache service use. Blocks stay separate files: a committed blob is their list.
 * @typedef {{ file: string, bytes: number }} Block
 * @typedef {{ method: string | undefined, headers: import('node:http').IncomingHttpHeaders, body: Readable, outward: import('node:stream').Transform }} BlobRequest
 */
export class BlockBlobs {
  /** @type {Map<string, Map<string, Block>>} */
  #uncommitted = new Map()
  /** @type {Map<string, Block[]>} */
  #blobs = new Map()

  constructor(/** @type {string} */ directory) {
    this.directory = directory
  }

  size(/** @type {string} */ id) {
    return this.#blobs.get(id)?.reduce((sum, block) => sum + block.bytes, 0)
  }

  /** All bytes of a blob that is not large. @param {string} id */
  async content(id) {
    const blocks = this.#blobs.get(id)
    return blocks && Buffer.concat(await Promise.all(blocks.map(({ file }) => readFile(file))))
  }

  async remove(/** @type {string} */ id) {
    this.#blobs.delete(id)
    this.#uncommitted.delete(id)
    await rm(join(this.directory, id), { recursive: true, force: true })
  }

  /** Turns a byte in the middle of a blob. @param {string} id */
  async damage(id) {
    for (const { file, bytes } of this.#blobs.get(id) ?? []) {
      const content = await readFile(file)
      content.writeUInt8(255 - content.readUInt8(bytes >> 1), bytes >> 1)
      await writeFile(file, content)
    }
  }

  /**
   * @param {BlobRequest} request
   * @param {import('node:http').ServerResponse} response
   * @param {string} id
   * @param {URLSearchParams} query
   */
  async handle(request, response, id, query) {
    response.setHeader('x-ms-request-id', randomUUID())
    response.setHeader('x-ms-version', request.headers['x-ms-version'] ?? '2024-11-04')
    if (request.method === 'PUT') await this.#put(request, response, id, query)
    else if (request.method === 'GET' || request.method === 'HEAD') await this.#get(request, response, id)
    else answer(response, 405, 'UnsupportedHttpVerb')
  }

  /**
   * @param {BlobRequest} request
   * @param {import('node:http').ServerResponse} response
   * @param {string} id
   * @param {URLSearchParams} query
   */
  async #put(request, response, id, query) {
    const blocks = this.#uncommitted.get(id) ?? new Map()
    this.#uncommitted.set(id, blocks)
    if (query.get('comp') === 'blocklist') {
      const names = [...(await text(request.body)).matchAll(/<(?:Latest|Uncommitted|Committed)>([^<]*)</g)].map(
        ([, name]) => name
      )
      const listed = names.map(name => blocks.get(name))
      if (listed.some(block => block === undefined)) return answer(response, 400, 'InvalidBlockList')
      this.#blobs.set(id, listed)
      return answer(response, 201)
    }
    const name = query.get('comp') === 'block' ? query.get('blockid') : ''
    if (name === null) return answer(response, 400, 'InvalidQueryParameterValue')
    const block = await this.#write(request, id, name)
    blocks.set(name, block)
    if (name === '') {
      if (request.headers['x-ms-blob-type'] !== 'BlockBlob') return answer(response, 400, 'MissingRequiredHeader')
      this.#blobs.set(id, [block])
    }
    answer(response, 201)
  }

  /**
   * @param {BlobRequest} request
   * @param {string} id
   * @param {string} name
   * @returns {Promise<Block>}
   */
  async #write(request, id, name) {
    await mkdir(join(this.directory, id), { recursive: true })
    // A retried block is a new file: the first try may still be writing.
    const file = join(this.directory, id, `${createHash('sha256').update(name).digest('hex').slice(0, 16)}-${randomUUID()}`)
    await pipeline(request.body, createWriteStream(file))
    return { file, bytes: (await stat(file)).size }
  }

  /**
   * @param {BlobRequest} request
   * @param {import('node:http').ServerResponse} response
   * @param {string} id
   */
  async #get(request, response, id) {
    const size = this.size(id)
    if (size === undefined) return answer(response, 404, 'BlobNotFound')
    const range = /^bytes=(\d+)-(\d*)$/.exec(`${request.headers['x-ms-range'] ?? request.headers.range ?? ''}`)
    const first = Number(range?.[1] ?? 0)
    const last = Math.min(range?.[2] ? Number(range[2]) : size - 1, size - 1)
    if (range && first >= size) return answer(response, 416, 'InvalidRange')
    response.writeHead(range ? 206 : 200, {
      'content-type': 'application/octet-stream',
      'content-length': last - first + 1,
      'accept-ranges': 'bytes',
      'x-ms-blob-type': 'BlockBlob',
      etag: `"${id}"`,
      'last-modified': new Date(0).toUTCString(),
      ...(range ? { 'content-range': `bytes ${first}-${last}/${size}` } : {})
    })
    if (request.method === 'HEAD' || size === 0) return void response.end()
    await pipeline(
      Readable.from(readBlocks(this.#blobs.get(id) ?? [], first, last), { objectMode: false }),
      request.outward,
      response
    )
  }
}

/**
 * @param {readonly Block[]} blocks
 * @param {number} first
 * @param {number} last
 */
async function* readBlocks(blocks, first, last) {
  let offset = 0
  for (const { file, bytes } of blocks) {
    const start = Math.max(first - offset, 0)
    const end = Math.min(last - offset, bytes - 1)
    if (start <= end) yield* createReadStream(file, { start, end })
    offset += bytes
  }
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {number} status
 * @param {string} [code]
 */
function answer(response, status, code) {
  response.writeHead(status, code ? { 'x-ms-error-code': code, 'content-type': 'application/xml' } : {})
  response.end(code ? `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code></Error>` : undefined)
}
