// @ts-check
// A counting reverse proxy with faults, to stand before the registry or the cache service. Nothing is buffered.
import { Agent, request as httpRequest } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { listen } from './listen.mjs'
import { Traffic } from './traffic.mjs'

/** @typedef {import('./traffic.mjs').Fault} Fault */

/** Blob uploads of a registry begin with POST; a HEAD or GET changes nothing. */
const reads = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * @param {string} target host:port or URL of the server behind it
 * @param {{ faults?: readonly Fault[], seed?: number, bytesPerSecond?: number }} [options]
 */
export async function startProxy(target, options = {}) {
  const { hostname, port } = new URL(target.includes('://') ? target : `http://${target}`)
  const agent = new Agent({ keepAlive: true })
  const traffic = new Traffic()
  traffic.setFaults(options.faults ?? [], options.seed)
  traffic.bytesPerSecond = options.bytesPerSecond

  /** @type {(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => Promise<void>} */
  async function forward(request, response) {
    const fault = await traffic.admit(request, response, !reads.has(request.method ?? ''))
    if (!fault) return
    // The Host stays the proxy's, so that the registry's Location and the cache service's signed URLs lead here again.
    const { method, url: path, headers } = request
    const onward = httpRequest({ agent, hostname, port, method, path, headers })
    response.once('close', () => onward.destroy())
    const answered = new Promise((resolve, reject) => onward.once('response', resolve).once('error', reject))
    const breakConnection = () => request.socket.resetAndDestroy()
    const sent = pipeline(request, traffic.meter('bytesIn', fault, breakConnection), onward)
    // A server may answer before it has read everything: the answer decides, not the upload.
    sent.catch(() => undefined)
    const answer = /** @type {import('node:http').IncomingMessage} */ (await answered)
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    await pipeline(answer, traffic.meter('bytesOut', fault, breakConnection), response)
  }

  let server = await listen(forward)
  const own = server.port
  return {
    /** host:port, to be used in the place of the target's */
    host: `127.0.0.1:${own}`,
    url: `http://127.0.0.1:${own}/`,
    traffic,
    /** Connections are refused until accept() is called. */
    refuse: () => server.stop(),
    accept: async () => {
      server = await listen(forward, own)
    },
    stop: async () => {
      await server.stop()
      agent.destroy()
    }
  }
}
