import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer as createSilent } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { request } from '../../src/io/request'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  servers.push(server)
  await new Promise(resolve => server.once('listening', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const soon = () => AbortSignal.timeout(5000)
const seen = ({ headers }: IncomingMessage, response: ServerResponse) =>
  void response.end(`${headers.authorization ?? 'no login'}, ${headers.accept ?? ''}`)

test('what is sent arrives, and the answer comes back', async () => {
  const url = await serve((asked, response) => {
    const body: Buffer[] = []
    asked.on('data', (chunk: Buffer) => body.push(chunk))
    asked.on('end', () =>
      response
        .writeHead(201, { place: asked.url })
        .end(`${asked.method} ${asked.headers['content-length']} ${Buffer.concat(body)}`)
    )
  })
  const answer = await request(`${url}/a?b=c`, { method: 'PUT', body: 'größe', signal: soon() })
  expect([answer.ok, answer.status, answer.statusText, answer.headers['place']]).toEqual([true, 201, 'Created', '/a?b=c'])
  expect((await answer.bytes(100, 'it')).toString()).toBe('PUT 7 größe')
})

describe('a redirect', () => {
  const headers = { Authorization: 'Bearer secret', accept: 'text' }

  test('is followed on the same origin with the login, also where it is relative', async () => {
    const url = await serve((asked, response) =>
      asked.url === '/there' ? seen(asked, response) : response.writeHead(307, { location: './there' }).end()
    )
    const answer = await request(`${url}/here`, { headers, signal: soon() })
    expect((await answer.bytes(100, 'it')).toString()).toBe('Bearer secret, text')
  })

  test('is followed to another without it', async () => {
    const other = await serve(seen)
    const url = await serve((_, response) => response.writeHead(302, { location: other }).end())
    const answer = await request(url, { headers, signal: soon() })
    expect((await answer.bytes(100, 'it')).toString()).toBe('no login, text')
  })

  test('without end ends', async () => {
    const url = await serve((_, response) => response.writeHead(302, { location: '/' }).end())
    await expect(request(url, { signal: soon() })).rejects.toThrow('one redirect after the other')
  })

  test('of what writes is left to who wrote', async () => {
    const url = await serve((_, response) => response.writeHead(307, { location: '/there' }).end())
    expect((await request(url, { method: 'POST', body: 'a', signal: soon() })).status).toBe(307)
  })
})

test.each<[string, RequestListener]>([
  ['no answer', () => undefined],
  ['an answer that does not end', (_, response) => void response.writeHead(200, { 'content-length': 9 }).write('01')]
])('%s is not waited for longer than the signal says', async (_, listener) => {
  const url = await serve(listener)
  const reading = async () => (await request(url, { signal: AbortSignal.timeout(200) })).bytes(100, 'it')
  await expect(reading()).rejects.toMatchObject({ name: 'TimeoutError' })
})

test('an answer that breaks off is none', async () => {
  const url = await serve((asked, response) => {
    response.writeHead(200, { 'content-length': 9 }).write('01')
    setTimeout(() => asked.destroy(), 50)
  })
  const answer = await request(url, { signal: soon() })
  await expect(answer.bytes(100, 'it')).rejects.toThrow('aborted')
})

test('more than is wanted is an error', async () => {
  const url = await serve((_, response) => response.end('0123456789'))
  const answer = await request(url, { signal: soon() })
  await expect(answer.bytes(9, 'this text')).rejects.toThrow('this text has more than 9 bytes')
})

test('a connection serves again, also after an answer that nobody read', async () => {
  let connections = 0
  const url = await serve((_, response) => response.writeHead(401).end('no'))
  servers.at(-1)?.on('connection', () => connections++)
  for (let asked = 0; asked < 3; asked++) {
    const answer = await request(url, { signal: soon() })
    if (asked === 1) await answer.bytes(10, 'it')
    else answer.leave()
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  expect(connections).toBe(1)
})

test('where a connection is closed just as it is used again, what only reads is asked once more', async () => {
  let asked = 0
  const url = await serve((incoming, response) => {
    if (++asked === 2) incoming.socket.resetAndDestroy()
    else response.end('there')
  })
  const read = async () => (await (await request(url, { signal: soon() })).bytes(10, 'it')).toString()
  expect(await read()).toBe('there')
  await new Promise(resolve => setTimeout(resolve, 20))
  expect(await read()).toBe('there')
  expect(asked).toBe(3)
})

test('what breaks off amid an answer is not asked for again', async () => {
  let asked = 0
  const url = await serve((incoming, response) => {
    if (++asked === 1) return void response.end('there')
    response.writeHead(200, { 'content-length': 9 }).write('01')
    setTimeout(() => incoming.socket.resetAndDestroy(), 50)
  })
  const read = async () => (await (await request(url, { signal: soon() })).bytes(10, 'it')).toString()
  await read()
  await expect(read()).rejects.toThrow()
  await new Promise(resolve => setTimeout(resolve, 100))
  expect(asked).toBe(2)
})

test('a proxy that hangs is not waited for longer than the signal says', async () => {
  const sockets: Socket[] = []
  const silent = createSilent(socket => void sockets.push(socket)).listen(0, '127.0.0.1')
  await new Promise(resolve => silent.once('listening', resolve))
  process.env['https_proxy'] = `127.0.0.1:${(silent.address() as AddressInfo).port}`
  try {
    const started = performance.now()
    const asked = request('https://registry.example/v2/', { signal: AbortSignal.timeout(300) })
    await expect(asked).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(performance.now() - started).toBeLessThan(3000)
  } finally {
    delete process.env['https_proxy']
    for (const socket of sockets) socket.destroy()
    silent.close()
  }
})

test('through the proxy that the environment names, but for what is on this machine', async () => {
  const proxy = await serve(({ url }, response) => response.end(`by the proxy: ${url}`))
  const here = await serve((_, response) => response.end('directly'))
  process.env['http_proxy'] = proxy
  try {
    const [far, near] = await Promise.all(
      ['http://registry.example/v2/', here].map(async url => (await request(url, { signal: soon() })).bytes(100, 'it'))
    )
    expect([far, near].map(String)).toEqual(['by the proxy: http://registry.example/v2/', 'directly'])
  } finally {
    delete process.env['http_proxy']
  }
})
