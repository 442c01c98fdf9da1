import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { ArchiveDifferences } from '../archives'
import { chunksOf, readFull } from './archive-chunks'

/** Bytes that are read at a time. */
const bufferBytes = 1 << 20
/** Of the text before everything else: how long the head is. */
const lengthBytes = 16

/** A part of an archive: of the base from there, or, without that, the next of the difference's own bytes. */
interface Piece {
  bytes: number
  readonly from?: number
}

interface Head {
  /** Name of the base. */
  readonly base: string
  readonly pieces: readonly Piece[]
  /** Of the archive, hexadecimal. */
  readonly sha256: string
}

/**
 * Archives as what they have and a base has not. A difference is the length of its head, the head as JSON, and then those bytes. What is put together is
 * the archive byte by byte: its SHA-256 is checked.
 */
export const archiveDifferences: ArchiveDifferences = {
  async make(base, path, to, most) {
    const known = new Map<string, number>()
    for await (const { digest, offset } of chunksOf(base.path)) if (!known.has(digest)) known.set(digest, offset)
    const pieces: Piece[] = []
    const whole = createHash('sha256')
    let own = 0
    for await (const { bytes, digest } of chunksOf(path, whole)) {
      const from = known.get(digest)
      const last = pieces.at(-1)
      const follows =
        last && (from === undefined ? last.from === undefined : last.from !== undefined && last.from + last.bytes === from)
      if (follows) last.bytes += bytes
      else pieces.push(from === undefined ? { bytes } : { bytes, from })
      if (from === undefined) own += bytes
      if (own > most) return undefined
    }
    const head: Head = { base: base.name, pieces, sha256: whole.digest('hex') }
    const text = Buffer.from(JSON.stringify(head))
    if (own + text.length > most) return undefined
    await using archive = await open(path)
    await using out = await open(to, 'w')
    await out.writeFile(Buffer.concat([Buffer.from(`${text.length}`.padEnd(lengthBytes)), text]))
    let offset = 0
    for (const { bytes, from } of pieces) {
      if (from === undefined) await copy(archive, offset, bytes, part => out.writeFile(part))
      offset += bytes
    }
    return own + text.length + lengthBytes
  },

  async baseOf(difference) {
    await using file = await open(difference)
    return (await readHead(file)).head.base
  },

  async apply(base, difference, to) {
    await using baseFile = await open(base)
    await using own = await open(difference)
    await using out = await open(to, 'w')
    const { head, end } = await readHead(own)
    const sha256 = createHash('sha256')
    let next = end
    const write = async (part: Buffer): Promise<void> => {
      sha256.update(part)
      await out.writeFile(part)
    }
    for (const { bytes, from } of head.pieces) {
      await copy(from === undefined ? own : baseFile, from ?? next, bytes, write)
      if (from === undefined) next += bytes
    }
    if (sha256.digest('hex') !== head.sha256) throw new Error('the archive put together is another than was saved')
  }
}

/** The head, and where it ends. Throws where the file has none. */
async function readHead(file: FileHandle): Promise<{ readonly head: Head; readonly end: number }> {
  const length = Buffer.alloc(lengthBytes)
  await readFull(file, length, 0)
  const bytes = Number(length.toString().trim())
  const { size } = await file.stat()
  if (!(bytes > 0 && bytes <= size - lengthBytes)) throw new Error('the difference is damaged')
  const text = Buffer.alloc(bytes)
  await readFull(file, text, lengthBytes)
  return { head: JSON.parse(text.toString()) as Head, end: lengthBytes + bytes }
}

async function copy(file: FileHandle, from: number, bytes: number, write: (part: Buffer) => Promise<void>): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(bytes, bufferBytes))
  for (let done = 0; done < bytes;) {
    const wanted = buffer.subarray(0, Math.min(buffer.length, bytes - done))
    const read = await readFull(file, wanted, from + done)
    if (read !== wanted.length) throw new Error('the archive ends before what is wanted of it')
    await write(wanted)
    done += read
  }
}
