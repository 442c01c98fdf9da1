import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { AnonymousCredential, BlockBlobClient, newPipeline } from '@azure/storage-blob'

/** What a transfer has in memory, both together; as many requests are under way as in downloads of `@actions/cache`. */
export const blockBytes = 2 * 1024 * 1024
export const blocksAtOnce = 8

/** What a connection reads at a time; node reads as much. */
const readBytes = 64 * 1024

/** A client for a blob of Azure's storage, by a signed URL, that downloads without new buffers; `close` ends its connections. The storage gives up a request after so many milliseconds. */
export function blobClient(
  url: string,
  tryTimeoutInMs: number | undefined
): { readonly client: BlockBlobClient; readonly close: () => void } {
  const retryOptions = tryTimeoutInMs === undefined ? {} : { tryTimeoutInMs }
  const pipeline = newPipeline(new AnonymousCredential(), { retryOptions })
  const agent = url.startsWith('https:') ? readingInPlace(new HttpsAgent(kept)) : readingInPlace(new HttpAgent(kept))
  pipeline.factories.push({
    create: next => ({
      sendRequest(request) {
        // There is one already where the way leads through a proxy.
        request.agent ??= agent
        return next.sendRequest(request)
      }
    })
  })
  return { client: new BlockBlobClient(url, pipeline), close: () => agent.destroy() }
}

/** Frees the memory of a buffer that nobody reads any more, unless others share it: the garbage collector would come some 50 MB later. */
export function release(buffer: Buffer): void {
  if (buffer.buffer instanceof ArrayBuffer && buffer.length === buffer.buffer.byteLength) buffer.buffer.transfer(0)
}

const kept = { keepAlive: true, maxSockets: blocksAtOnce }

/**
 * Lets each connection read into one buffer. A new one for each read, as is node's way, stays until the garbage collector comes, and that sees
 * small objects only: some 50 MB of them. Node's HTTP parser copies what it passes on (src/node_http_parser.cc, on_body).
 */
function readingInPlace<A extends HttpAgent>(agent: A): A {
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (options, callback) => {
    const onread = {
      buffer: Buffer.allocUnsafeSlow(readBytes),
      callback: (bytes: number, buffer: Uint8Array) => socket?.emit('data', buffer.subarray(0, bytes)) ?? true
    }
    const socket = connect({ ...options, onread } as typeof options, callback)
    return socket
  }
  return agent
}
