import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

/** A part of an archive. */
export interface Chunk {
  readonly offset: number
  readonly bytes: number
  /** SHA-256, as text of 32 characters. */
  readonly digest: string
}

/** Tar's unit: what two archives share lies at multiples of it in both. */
const block = 512
const bufferBytes = 1 << 20
/** Within a file of an archive; a chunk is 64 KB by and large. */
const leastBytes = 16 * block
const mostBytes = 1 << 20
/** Spreads the bytes that blocks are picked by: one of 128 is, and none of a hole. */
const mixer = 0x9e3779b1

/**
 * An archive in parts that end where its content says so: before the header of a file, and within one before blocks picked by their first bytes. So whatever
 * was put in or taken out before, the parts behind are the same. `whole` is updated with all bytes.
 */
export async function* chunksOf(path: string, whole?: Hash): AsyncGenerator<Chunk> {
  const file = await open(path)
  try {
    const buffer = Buffer.allocUnsafe(bufferBytes)
    let hash = createHash('sha256')
    let [start, read] = [0, 0]
    for (;;) {
      const filled = await readFull(file, buffer, read)
      if (filled === 0) break
      whole?.update(buffer.subarray(0, filled))
      let from = 0
      for (let at = 0; at + block <= filled; at += block) {
        const bytes = read + at - start
        if (bytes === 0 || !isCut(buffer, at, bytes)) continue
        hash.update(buffer.subarray(from, at))
        yield { offset: start, bytes, digest: hash.digest('binary') }
        hash = createHash('sha256')
        start = read + at
        from = at
      }
      hash.update(buffer.subarray(from, filled))
      read += filled
    }
    if (read > start) yield { offset: start, bytes: read - start, digest: hash.digest('binary') }
  } finally {
    await file.close()
  }
}

/** Whether a new chunk begins with this block; `bytes` are those of the chunk before it. */
function isCut(buffer: Buffer, at: number, bytes: number): boolean {
  const isHeader = buffer.readUInt32BE(at + 257) === 0x75737461 && buffer[at + 261] === 0x72
  return isHeader || bytes >= mostBytes || (bytes >= leastBytes && Math.imul(buffer.readUInt32LE(at), mixer) >>> 25 === 1)
}

/** Fills the buffer from there, less only at the file's end; gives how many bytes. */
export async function readFull(file: FileHandle, buffer: Buffer, from: number): Promise<number> {
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, from + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}
