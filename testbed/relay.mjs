// @ts-check
// The engine's own BuildKit behind a socket, for `--driver remote unix://…`.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { theTestBed } from './where.mjs'

export async function startRelay() {
  const directory = await mkdtemp(join(tmpdir(), 'relay-'))
  const path = join(directory, 'buildkit.sock')
  /** @type {Set<import('node:net').Socket>} */
  const open = new Set()
  const server = createServer(socket => {
    open.add(socket)
    const dial = spawn('docker', ['buildx', 'dial-stdio', '--progress=quiet'], {
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
  })
  await new Promise(resolve => server.listen(path, () => resolve(undefined)))
  return {
    endpoint: `unix://${path}`,
    stop: async () => {
      for (const socket of open) socket.destroy()
      await new Promise(resolve => server.close(resolve))
      await rm(directory, { recursive: true })
    }
  }
}
