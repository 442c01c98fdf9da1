// @ts-check
import { createServer } from 'node:http'

/**
 * Serves on 127.0.0.1 with a function that stops at once, whatever is under way.
 * @param {(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => Promise<void>} handle
 * @param {number} [port] any free one when absent
 */
export async function listen(handle, port = 0) {
  const server = createServer((request, response) => {
    handle(request, response).catch(error => {
      // A client that went away is no fault of the server.
      if (response.destroyed || request.destroyed) return
      if (response.headersSent) response.destroy()
      else response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error))
    })
  })
  server.requestTimeout = 0
  // A connection ended because it was idle may be one on which a client just begins to ask.
  server.keepAliveTimeout = 0
  await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(undefined))
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve(undefined))
        server.closeAllConnections()
      })
  }
}
