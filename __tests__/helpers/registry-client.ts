import { createHash } from 'node:crypto'
import { newRegistry } from '../../src/io/registry'
import type { Credentials } from '../../src/io/registry-token'
import { newStopwatch } from '../../src/io/stopwatch'
import { serve } from './registry-server'
import type { Answer, TestServer } from './registry-server'

/** A server for one test, which is stopped after it. */
export async function started(answer: Answer): Promise<TestServer> {
  const server = await serve(answer)
  open.push(server)
  return server
}

export const stopwatch = newStopwatch(() => performance.now())
export const registryWith = (login?: Credentials) => newRegistry(() => Promise.resolve(login), stopwatch)
export const user: Credentials = { username: 'me', password: 'pass:word' }
export const sha256 = (text: string | Buffer) => `sha256:${createHash('sha256').update(text).digest('hex')}`

const open: TestServer[] = []
afterEach(() => Promise.all(open.splice(0).map(server => server.stop())))
