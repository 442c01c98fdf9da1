// Stands in for functions of these names in `@actions/cache` (scripts/github-clients.mjs): they move archives to and from Azure's storage, where GitHub keeps cache entries.
import { fetchSmallFile, putSmallFile } from './small-blobs'

/** Puts a file into a blob, by a signed URL. Throws what the storage's client throws, and where the file cannot be read. */
export async function uploadCacheArchiveSDK(url: string, path: string): Promise<void> {
  if (await putSmallFile(url, path)) return
  const { uploadFile } = await import('./storage-upload')
  await uploadFile(url, path)
}

/** Fetches a blob into a file, by a signed URL. Throws what the storage's client throws, and where the file cannot be written. */
export async function downloadCacheStorageSDK(
  url: string,
  path: string,
  { timeoutInMs }: { timeoutInMs: number }
): Promise<void> {
  const fetched = await fetchSmallFile(url, path)
  if (fetched === 'done') return
  const { downloadFile } = await import('./storage-download')
  await downloadFile(url, path, { bytes: fetched, timeoutInMs })
}
