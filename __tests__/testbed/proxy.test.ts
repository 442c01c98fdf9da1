import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startProxy } from '../../testbed/proxy.mjs'

let target: Server
let proxy: Awaited<ReturnType<typeof startProxy>>

beforeAll(async () => {
  target = createServer((request, response) => {
    if (request.method === 'GET') response.end('x'.repeat(300_000))
    else request.pipe(response)
  })
  await new Promise(resolve => target.listen(0, '127.0.0.1', () => resolve(undefined)))
  proxy = await startProxy(`127.0.0.1:${(target.address() as AddressInfo).port}`)
})
beforeEach(() => {
  proxy.traffic.setFaults([])
  proxy.traffic.resetCounts()
})
afterAll(async () => {
  await proxy.stop()
  target.closeAllConnections()
  await new Promise(resolve => target.close(resolve))
})

const get = (path = '') => fetch(proxy.url + path, { signal: AbortSignal.timeout(10_000) }).then(answer => answer.text())
const post = (body: string) => fetch(proxy.url, { method: 'POST', body, signal: AbortSignal.timeout(10_000) })

it('counts requests and bytes each way', async () => {
  expect(await get('a?b')).toHaveLength(300_000)
  expect(await (await post('hello')).text()).toBe('hello')
  expect(proxy.traffic.counts).toEqual({ requests: 2, writes: 1, bytesIn: 5, bytesOut: 300_005, statuses: { '200': 2 } })
  expect(proxy.traffic.requests).toEqual(['GET /a', 'POST /'])
})

it('answers in the place of the target, to some requests', async () => {
  proxy.traffic.setFaults([{ on: 'write', status: 429, headers: { 'Retry-After': '7' }, times: 1 }])
  const refused = await post('x')
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '7'])
  expect((await post('x')).status).toBe(200)
})

it('resets a connection in the middle of a body', async () => {
  proxy.traffic.setFaults([{ resetAfterBytes: 100_000, times: 1 }])
  await expect(get()).rejects.toThrow()
  expect(await get()).toHaveLength(300_000)
})

it('refuses connections until told otherwise', async () => {
  await proxy.refuse()
  await expect(get()).rejects.toThrow()
  await proxy.accept()
  expect(await get()).toHaveLength(300_000)
})

it('delays, hangs and slows down', async () => {
  proxy.traffic.setFaults([{ delayMs: 150, times: 1 }, { hang: true }])
  const started = performance.now()
  await get()
  expect(performance.now() - started).toBeGreaterThan(140)
  await expect(fetch(proxy.url, { signal: AbortSignal.timeout(200) })).rejects.toThrow('timeout')
  proxy.traffic.setFaults([])
  proxy.traffic.bytesPerSecond = 1_000_000
  const slow = performance.now()
  await get()
  proxy.traffic.bytesPerSecond = undefined
  expect(performance.now() - slow).toBeGreaterThan(200)
})

it('draws the same delays from the same seed', async () => {
  const seconds = async () => {
    proxy.traffic.setFaults([{ randomDelayMs: 100 }], 5)
    const started = performance.now()
    await get()
    return performance.now() - started
  }
  expect(Math.abs((await seconds()) - (await seconds()))).toBeLessThan(50)
})
