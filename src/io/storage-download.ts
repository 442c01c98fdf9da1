import { open } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import type { BlockBlobClient } from '@azure/storage-blob'
import { blobClient, blockBytes, blocksAtOnce, release } from './storage-client'

/** How often a block is asked for whose connection breaks. */
const attempts = 5

/**
 * Fetches a blob of Azure's storage, of so many bytes where that is known, by a signed URL into a file. The storage gives up a request after so many
 * milliseconds. It has as many buffers as blocks are under way: `@actions/cache` makes a new one for each 128 MB, three of which are there at a time. Throws what the storage's client throws, and
 * where the file cannot be written.
 */
export async function downloadFile(
  url: string,
  path: string,
  { bytes, timeoutInMs }: { readonly bytes: number | undefined; readonly timeoutInMs: number }
): Promise<void> {
  const { client, close } = blobClient(url, timeoutInMs)
  const contentLength = bytes ?? (await client.getProperties()).contentLength
  if (contentLength === undefined) throw new Error('the storage does not say how large the entry is')
  const failed = new AbortController()
  const file = await open(path, 'w')
  let next = 0
  const fetchBlocks = async (): Promise<void> => {
    const buffer = Buffer.allocUnsafeSlow(Math.min(blockBytes, contentLength))
    while (next < contentLength && !failed.signal.aborted) {
      const offset = next
      const count = Math.min(blockBytes, contentLength - offset)
      next += count
      await untilRead(() => readBlock(client, buffer, offset, count, failed.signal), failed.signal)
      const { bytesWritten } = await file.write(buffer, 0, count, offset)
      if (bytesWritten !== count) throw new Error(`${bytesWritten} of ${count} bytes could be written to ${path}`)
    }
    release(buffer)
  }
  try {
    const workers = Array.from({ length: blocksAtOnce }, () => fetchBlocks().catch((error: unknown) => failed.abort(error)))
    // The file is closed when none writes to it any more.
    await Promise.all(workers)
    failed.signal.throwIfAborted()
  } finally {
    close()
    await file.close()
  }
}

/** Reads a block, again where its connection breaks. */
async function untilRead(read: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read()
    } catch (error) {
      // The client takes a connection that breaks amid a body for an abort, and does not ask again.
      const isBroken = (error as Error).name === 'AbortError' && !signal.aborted
      if (!isBroken || attempt === attempts) throw error
    }
  }
}

async function readBlock(
  client: BlockBlobClient,
  buffer: Buffer,
  offset: number,
  count: number,
  abortSignal: AbortSignal
): Promise<void> {
  const { readableStreamBody: body } = await client.download(offset, count, { abortSignal })
  if (!body) throw new Error('the storage gives no content')
  let filled = 0
  body.on('data', (part: Buffer) => {
    buffer.set(part.subarray(0, count - filled), filled)
    filled += part.length
    release(part)
  })
  await finished(body)
  if (filled !== count) throw new Error(`the storage gives ${filled} bytes instead of ${count}`)
}
