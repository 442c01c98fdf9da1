import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fetchSmallFile } from '../../src/io/small-blobs'

let directory: string
let server: Server
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'small-blobs-'))))
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await rm(directory, { recursive: true })
})

async function fetchFrom(answer: RequestListener, milliseconds?: number) {
  server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const path = join(directory, 'file')
  const fetched = await fetchSmallFile(`http://127.0.0.1:${(server.address() as AddressInfo).port}/blob`, path, milliseconds)
  return { fetched, content: await readFile(path).catch(() => undefined) }
}

/** As Azure's storage answers to a range. */
const partOf =
  (content: Buffer): RequestListener =>
  ({ headers }, response) => {
    const [, from = '', to = ''] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? []
    const part = content.subarray(Number(from), Number(to) + 1)
    const range = `bytes ${from}-${Number(from) + part.length - 1}/${content.length}`
    response.writeHead(206, { 'content-range': range, 'content-length': part.length }).end(part)
  }

it('a small blob is fetched', async () => {
  const content = randomBytes(100_000)
  expect(await fetchFrom(partOf(content))).toEqual({ fetched: 'done', content })
})

it('of a larger one its bytes are told', async () => {
  expect(await fetchFrom(partOf(randomBytes(300_000)))).toEqual({ fetched: 300_000, content: undefined })
})

it.each<[string, RequestListener]>([
  ['is refused', (_, response) => void response.writeHead(403).end('no')],
  ['is not all there', (_, response) => void response.writeHead(206, { 'content-range': 'bytes 0-9/20' }).end('0123456789')],
  ['breaks off', (request, response) => void (response.writeHead(200, { 'content-length': 9 }).write('01'), request.destroy())]
])('nothing where it %s', async (_, answer) => {
  expect(await fetchFrom(answer)).toEqual({ fetched: undefined, content: undefined })
})

it.each<[string, RequestListener]>([
  ['no answer', () => undefined],
  ['an answer that does not end', (_, response) => void response.writeHead(200, { 'content-length': 9 }).write('01')]
])('%s is not waited for', async (_, answer) => {
  const started = performance.now()
  expect(await fetchFrom(answer, 300)).toEqual({ fetched: undefined, content: undefined })
  expect(performance.now() - started).toBeLessThan(5000)
})
