import { stat, readFile, writeFile } from 'node:fs/promises'
import { addAbortSignal } from 'node:stream'
import { needsProxy } from './proxy'

/** Up to so many bytes a blob goes by one request: the storage's own client takes a tenth of a second to start. After so long, connecting included, that is asked all the same. */
const smallBytes = 256 * 1024
const smallMilliseconds = 10_000

/** Puts content into a blob of Azure's storage, by a signed URL. Throws where the storage does not take it, and when the signal says so. */
export async function putBlob(url: string, body: string | Buffer<ArrayBuffer>, signal?: AbortSignal): Promise<void> {
  const options = { method: 'PUT', headers: { 'x-ms-blob-type': 'BlockBlob' }, body, ...(signal ? { signal } : {}) }
  const stored = await fetch(url, options)
  if (!stored.ok) throw new Error(`the storage answered ${stored.status}`)
}

/** Puts a small file into a blob. Whether it is there: of others, and of one that was not taken at once, nothing is. */
export async function putSmallFile(url: string, path: string): Promise<boolean> {
  if (needsProxy(url, process.env) || (await stat(path)).size > smallBytes) return false
  return putBlob(url, await readFile(path), AbortSignal.timeout(smallMilliseconds)).then(
    () => true,
    () => false
  )
}

/** Fetches a small blob into a file. Gives the bytes of a larger one, of which nothing is written, and undefined where something goes wrong. */
export async function fetchSmallFile(
  url: string,
  path: string,
  milliseconds = smallMilliseconds
): Promise<'done' | number | undefined> {
  if (needsProxy(url, process.env)) return undefined
  try {
    // The cache client has it already; with fetch() node takes a twentieth of a second to start, and every job that has a record waits for this.
    const { HttpClient } = await import('@actions/http-client')
    const signal = AbortSignal.timeout(milliseconds)
    const getting = new HttpClient().get(url, { range: `bytes=0-${smallBytes - 1}` })
    // An answer that comes too late is cut off.
    getting.then(
      ({ message }) => addAbortSignal(signal, message),
      () => undefined
    )
    const { message } = await Promise.race([getting, whenAborted(signal)])
    const { statusCode = 0, headers } = message
    const isThere = statusCode === 200 || statusCode === 206
    const total = Number(headers['content-range']?.split('/')[1] ?? headers['content-length'] ?? NaN)
    if (!isThere || !(total <= smallBytes)) {
      message.destroy()
      return isThere && total > 0 ? total : undefined
    }
    const chunks: Buffer[] = []
    for await (const chunk of message) chunks.push(chunk as Buffer)
    const content = Buffer.concat(chunks)
    if (content.length !== total) return undefined
    await writeFile(path, content)
    return 'done'
  } catch {
    return undefined
  }
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }))
}
