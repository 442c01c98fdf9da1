// @ts-check
// The engine's own BuildKit behind a socket, for `--driver remote unix://…`, or behind TLS at `tcp://…`; or the engine itself so.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { createServer as createTlsServer } from 'node:tls'
import { join } from 'node:path'
import { theTestBed } from './where.mjs'

/**
 * @typedef {object} RelayOptions
 * @property {import('./certificates.mjs').Certificates} [tls] only who has the client's certificate may talk to it
 * @property {'buildkit' | 'engine'} [to]
 */

/** @param {RelayOptions} [options] */
export async function startRelay({ tls, to = 'buildkit' } = {}) {
  const command = to === 'engine' ? ['system', 'dial-stdio'] : ['buildx', 'dial-stdio', '--progress=quiet']
  const directory = await mkdtemp(join(tmpdir(), 'relay-'))
  const path = join(directory, 'buildkit.sock')
  /** @type {Set<import('node:net').Socket>} */
  const open = new Set()
  let accepted = 0
  const relay = (/** @type {import('node:net').Socket} */ socket) => {
    accepted++
    open.add(socket)
    const dial = spawn('docker', command, {
      env: { ...process.env, ...theTestBed().env },
      stdio: ['pipe', 'pipe', 'ignore'],
      // The plugin is a process of its own, and must end too.
      detached: true
    })
    socket.pipe(dial.stdin).on('error', () => undefined)
    dial.stdout.pipe(socket).on('error', () => undefined)
    dial.once('close', () => socket.destroy())
    socket.once('close', () => {
      open.delete(socket)
      if (dial.pid !== undefined && dial.exitCode === null) process.kill(-dial.pid, 'SIGKILL')
    })
  }
  const server = tls
    ? createTlsServer(
        {
          ...tls.server,
          ca: tls.ca,
          requestCert: true,
          rejectUnauthorized: true,
          // gRPC is spoken over HTTP/2 only.
          ALPNProtocols: [to === 'engine' ? 'http/1.1' : 'h2']
        },
        relay
      )
    : createServer(relay)
  await new Promise(resolve => server.listen(tls ? { port: 0, host: '127.0.0.1' } : { path }, () => resolve(undefined)))
  const address = server.address()
  return {
    endpoint: address !== null && typeof address === 'object' ? `tcp://127.0.0.1:${address.port}` : `unix://${path}`,
    /** How many connections got through. */
    connections: () => accepted,
    stop: async () => {
      for (const socket of open) socket.destroy()
      await new Promise(resolve => server.close(resolve))
      await rm(directory, { recursive: true })
    }
  }
}
