import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Asked {
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
  readonly accept: string | undefined
  readonly body: string
}

export interface TestServer {
  /** `127.0.0.1:port`. */
  readonly host: string
  readonly asked: readonly Asked[]
  stop(): Promise<void>
}

export type Answer = (asked: Asked, response: ServerResponse) => void

/** Answers with a status and a text. */
export function send(
  response: ServerResponse,
  status: number,
  body: string | Buffer = '',
  headers: Record<string, string> = {}
): void {
  response.writeHead(status, headers).end(body)
}

/** A real HTTP server on loopback that answers as it is told. */
export async function serve(answer: Answer): Promise<TestServer> {
  const asked: Asked[] = []
  const server = createServer((request: IncomingMessage, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const one = { method, url, authorization: headers.authorization, accept: headers.accept, body }
      asked.push(one)
      answer(one, response)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    host: `127.0.0.1:${port}`,
    asked,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}
