import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { newStopwatch } from '../../src/io/stopwatch'
import { newTools } from '../../src/io/tool-cache'

const tools = newTools(
  '/none',
  newStopwatch(() => 0)
)
let server: Server
let place: string
beforeAll(async () => {
  server = createServer(({ url, headers }, response) => {
    response.writeHead(url === '/list' ? 200 : 404).end(headers.authorization ?? 'nobody')
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  place = `127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise(closed => server.close(closed)))

test.each([
  ['', 'nobody'],
  ['me:h%40sh@', `Basic ${Buffer.from('me:h@sh').toString('base64')}`],
  ['token@', `Basic ${Buffer.from('token:').toString('base64')}`]
])('a mirror with %j in its URL is asked as %s', async (credentials, expected) => {
  expect(await tools.text(`http://${credentials}${place}/list`, 5)).toBe(expected)
})

test('a password is in no error', async () => {
  await expect(tools.text(`http://me:hush@${place}/gone?sig=1`, 5)).rejects.toThrow(`http://***@${place}/gone?… 404 Not Found`)
  await expect(tools.text('http://me:hush@127.0.0.1:2/list', 5)).rejects.toThrow(
    /^http:\/\/\*{3}@127\.0\.0\.1:2\/list: (?!.*hush)/
  )
  await expect(tools.text('http://me:hush@:x/list', 5)).rejects.toThrow('http://***@:x/list: Invalid URL')
})
