import { chmod, copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { dirname, join } from 'node:path'
import type { Tools } from '../host'
import type { Stopwatch } from './stopwatch'
import { withoutQueries } from '../signed-urls'

/** The real Tools. `temporary` is the runner's directory that is emptied after the job. The client of the tool cache is loaded only where it is used. */
export function newTools(temporary: string, stopwatch: Stopwatch): Tools {
  return {
    async find(name, version, program) {
      const { find } = await import('@actions/tool-cache')
      const directory = find(name, version)
      return directory === '' ? undefined : join(directory, program)
    },
    async download(url, name, version, program, timeoutSeconds) {
      const { cacheFile } = await import('@actions/tool-cache')
      const body = await stopwatch.waiting(fetched(url, timeoutSeconds).then(response => response.arrayBuffer()))
      const path = join(temporary, `${program}-${randomUUID()}`)
      await writeFile(path, Buffer.from(body))
      try {
        return join(await cacheFile(path, program, name, version), program)
      } finally {
        await rm(path, { force: true })
      }
    },
    text: (url, timeoutSeconds) => stopwatch.waiting(fetched(url, timeoutSeconds).then(response => response.text())),
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

async function fetched(url: string, timeoutSeconds: number): Promise<Response> {
  let response
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(timeoutSeconds * 1000) })
  } catch (error) {
    const { cause } = error as { cause?: { message?: string } }
    throw new Error(withoutQueries(`${url}: ${cause?.message ?? (error as Error).message}`), { cause: error })
  }
  if (!response.ok) throw new Error(withoutQueries(`${url}: ${response.status} ${response.statusText}`))
  return response
}
