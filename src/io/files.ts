import { createHash, randomUUID } from 'node:crypto'
import {
  copyFile,
  cp,
  link,
  mkdir,
  mkdtemp,
  open,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  statfs,
  writeFile
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Files } from '../host'

/** The real Files. `temporary` is the runner's directory that is emptied after the job. */
export function newFiles(temporary: string): Files {
  return {
    read: path => absentIsUndefined(readFile(path, 'utf8')),
    write: (path, text) => writeFile(path, text),
    exists: async path => (await absentIsUndefined(stat(path))) !== undefined,
    list: async path => (await absentIsUndefined(readdir(path))) ?? [],
    size: async path => (await absentIsUndefined(stat(path)))?.size,
    free: async path => {
      const { bavail, bsize } = await statfs(path)
      return bavail * bsize
    },
    makeHole: async (path, bytes) => {
      await using file = await open(path, 'w')
      await file.truncate(bytes)
    },
    modified: async path => (await absentIsUndefined(stat(path)))?.mtimeMs,
    remove: path => rm(path, { recursive: true, force: true }),
    makeDirectory: async path => void (await mkdir(path, { recursive: true })),
    makeTemporary: async prefix => {
      await mkdir(temporary, { recursive: true })
      return mkdtemp(join(temporary, prefix))
    },
    async link(from, to) {
      try {
        await link(from, to)
      } catch (error) {
        if (!hasCode(error, 'EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK')) throw error
        await copyFile(from, to)
      }
    },
    async move(from, to) {
      try {
        await rename(from, to)
      } catch (error) {
        if (!hasCode(error, 'EXDEV')) throw error
        const beside = join(dirname(to), `.${randomUUID()}`)
        try {
          await cp(from, beside, { recursive: true })
          await rename(beside, to)
        } catch (failure) {
          // A disk that is full would stay so.
          await rm(beside, { recursive: true, force: true })
          throw failure
        }
        await rm(from, { recursive: true, force: true })
      }
    },
    async createExclusive(path, text) {
      try {
        await writeFile(path, text, { flag: 'wx' })
        return true
      } catch (error) {
        if (hasCode(error, 'EEXIST')) return false
        throw error
      }
    },
    async sha256(path) {
      const hash = createHash('sha256')
      const file = await open(path)
      try {
        // One buffer for all of a file of gigabytes: a stream would make a new one for every read.
        const buffer = Buffer.allocUnsafe(1 << 20)
        for (;;) {
          const { bytesRead } = await file.read(buffer, 0, buffer.length, null)
          if (bytesRead === 0) return hash.digest('hex')
          hash.update(buffer.subarray(0, bytesRead))
        }
      } finally {
        await file.close()
      }
    }
  }
}

async function absentIsUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(String((error as { code?: unknown } | null)?.code))
}
