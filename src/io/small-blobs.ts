import { stat, readFile, writeFile } from 'node:fs/promises'
import { request } from './request'

/** Up to so many bytes a blob goes by one request: the storage's own client takes a tenth of a second to start. After so long, connecting included, that is asked all the same. */
const smallBytes = 256 * 1024
const smallMilliseconds = 10_000

/** Puts content into a blob of Azure's storage, by a signed URL. Throws where the storage does not take it, and when the signal says so. */
export async function putBlob(url: string, body: string | Buffer, signal: AbortSignal): Promise<void> {
  const stored = await request(url, { method: 'PUT', headers: { 'x-ms-blob-type': 'BlockBlob' }, body, signal })
  stored.leave()
  if (!stored.ok) throw new Error(`the storage answered ${stored.status}`)
}

/** Puts a small file into a blob. Whether it is there: of others, and of one that was not taken at once, nothing is. */
export async function putSmallFile(url: string, path: string): Promise<boolean> {
  if ((await stat(path)).size > smallBytes) return false
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
  try {
    const headers = { range: `bytes=0-${smallBytes - 1}` }
    const answer = await request(url, { headers, signal: AbortSignal.timeout(milliseconds) })
    const isThere = answer.status === 200 || answer.status === 206
    const total = Number(answer.headers['content-range']?.split('/')[1] ?? answer.headers['content-length'] ?? NaN)
    if (!isThere || !(total <= smallBytes)) {
      answer.leave()
      return isThere && total > 0 ? total : undefined
    }
    const content = await answer.bytes(smallBytes, 'the blob')
    if (content.length !== total) return undefined
    await writeFile(path, content)
    return 'done'
  } catch {
    return undefined
  }
}
