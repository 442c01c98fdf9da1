import { randomUUID } from 'node:crypto'
import { chmod, copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Tools } from '../host'
import { hideCredentials, withoutQueries } from '../signed-urls'
import { request } from './request'
import type { Answer } from './request'
import { after, said } from './request-error'
import type { Stopwatch } from './stopwatch'

/** Most bytes of a program, and of a text. */
const programBytes = 1 << 30
const textBytes = 1 << 20

/** The real Tools. `temporary` is the runner's directory that is emptied after the job. The client of the tool cache is loaded only where it is used. */
export function newTools(temporary: string, stopwatch: Stopwatch): Tools {
  const keep = async (path: string, name: string, version: string, program: string) => {
    const { cacheFile } = await import('@actions/tool-cache')
    return join(await cacheFile(path, program, name, version), program)
  }
  return {
    keep,
    async find(name, version, program) {
      const { find } = await import('@actions/tool-cache')
      const directory = find(name, version)
      return directory === '' ? undefined : join(directory, program)
    },
    async download(url, name, version, program, timeoutSeconds) {
      const body = await stopwatch.waiting(
        fetched(url, timeoutSeconds).then(response => response.bytes(programBytes, hideCredentials(url)))
      )
      const path = join(temporary, `${program}-${randomUUID()}`)
      await writeFile(path, body)
      try {
        return await keep(path, name, version, program)
      } finally {
        await rm(path, { force: true })
      }
    },
    text: async (url, timeoutSeconds) =>
      (
        await stopwatch.waiting(fetched(url, timeoutSeconds).then(response => response.bytes(textBytes, hideCredentials(url))))
      ).toString(),
    async install(from, to) {
      await mkdir(dirname(to), { recursive: true })
      // One that runs cannot be written to, but it can be replaced.
      const beside = `${to}.${randomUUID()}`
      await copyFile(from, beside)
      await chmod(beside, 0o755)
      await rename(beside, to)
    }
  }
}

/** Credentials in the URL are sent as a header, that no redirect shows them to others. */
async function fetched(address: string, timeoutSeconds: number): Promise<Answer> {
  const shown = hideCredentials(address)
  let response
  try {
    const url = new URL(address)
    const credentials = [url.username, url.password].map(decodeURIComponent).join(':')
    url.username = url.password = ''
    response = await request(url, {
      headers: credentials === ':' ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
      signal: after(timeoutSeconds)
    })
  } catch (error) {
    throw new Error(withoutQueries(`${shown}: ${said(error)}`), { cause: error })
  }
  if (response.ok) return response
  response.leave()
  throw new Error(withoutQueries(`${shown}: ${response.status} ${response.statusText}`))
}
