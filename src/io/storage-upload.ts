import { randomUUID } from 'node:crypto'
import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { BlobUploadCommonResponse } from '@azure/storage-blob'
import { readFull } from './archive-chunks'
import { blobClient, blockBytes, blocksAtOnce } from './storage-client'

/** What a connection is given at a time. */
const pieceBytes = 128 * 1024

/**
 * Puts a file into a blob of Azure's storage, by a signed URL. It has as many buffers as blocks are under way: the storage's own client makes a new one
 * for each read, and up to 90 MB of them wait for the garbage collector. Throws what the storage's client throws, where the file cannot be read, and
 * when the signal says so.
 */
export async function uploadFile(url: string, path: string, signal?: AbortSignal): Promise<BlobUploadCommonResponse> {
  signal?.throwIfAborted()
  const failed = new AbortController()
  const abortSignal = failed.signal
  const stop = () => failed.abort(signal?.reason)
  signal?.addEventListener('abort', stop)
  const { client, close } = blobClient(url, undefined)
  const file = await open(path)
  try {
    const { size } = await file.stat()
    if (size <= blockBytes) return await client.upload(await file.readFile(), size, { abortSignal })
    const names = blockNames(Math.ceil(size / blockBytes))
    let next = 0
    const sendBlocks = async (): Promise<void> => {
      const buffer = Buffer.allocUnsafe(blockBytes)
      for (let at = next++; at < names.length && !abortSignal.aborted; at = next++) {
        const wanted = buffer.subarray(0, Math.min(blockBytes, size - at * blockBytes))
        const read = await readFull(file, wanted, at * blockBytes)
        if (read !== wanted.length) throw new Error(`${path} ends before what is wanted of it`)
        await client.stageBlock(names[at] ?? '', () => Readable.from(piecesOf(wanted)), read, { abortSignal })
      }
    }
    const workers = Array.from({ length: blocksAtOnce }, () => sendBlocks().catch((error: unknown) => failed.abort(error)))
    // The file is closed when none reads it any more.
    await Promise.all(workers)
    abortSignal.throwIfAborted()
    return await client.commitBlockList([...names], { abortSignal })
  } finally {
    signal?.removeEventListener('abort', stop)
    close()
    await file.close()
  }
}

/** As the storage's own client names blocks: servers that stand in for the storage take no others. */
function blockNames(count: number): readonly string[] {
  const id = randomUUID()
  return Array.from({ length: count }, (_, at) => Buffer.from(`${id}${`${at}`.padStart(12, '0')}`).toString('base64'))
}

/** TLS encrypts what it is given at once, into memory of its own. */
function* piecesOf(block: Buffer): Generator<Buffer> {
  for (let at = 0; at < block.length; at += pieceBytes) yield block.subarray(at, at + pieceBytes)
}
