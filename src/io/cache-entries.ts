import type { CacheService } from './cache-service'
import { request } from './request'

/** An entry that is there, and the signed URL that gives its content. */
export interface Found {
  readonly key: string
  readonly url: string
}

/** Entries of GitHub's cache that share a version, which tells kinds of entries apart. All throw where the service refuses, and when the signal says so. */
export interface CacheEntries {
  /** The entry of that key, or else the newest whose key begins with another; undefined where there is none. */
  find(key: string, beginning: string, signal: AbortSignal): Promise<Found | undefined>
  /** Its content. Throws where that has more than so many bytes. */
  read(found: Found, mostBytes: number, signal: AbortSignal): Promise<Buffer>
  /** A signed URL to upload an entry to. Throws where there is such an entry, or is going to be one. */
  create(key: string, signal: AbortSignal): Promise<string>
  /** Tells that it is uploaded. */
  finalize(key: string, bytes: number, signal: AbortSignal): Promise<void>
}

export function newCacheEntries(call: CacheService, version: string): CacheEntries {
  return {
    async find(key, beginning, signal) {
      const answer = await call('GetCacheEntryDownloadURL', { key, restore_keys: [beginning], version }, signal)
      const { ok, matched_key: matched, signed_download_url: url } = answer
      return ok === true && typeof matched === 'string' && typeof url === 'string' ? { key: matched, url } : undefined
    },
    async read({ key, url }, mostBytes, signal) {
      const response = await request(url, { signal })
      if (response.ok) return response.bytes(mostBytes, key)
      response.leave()
      throw new Error(`Storage answered ${response.status} for ${key}`)
    },
    async create(key, signal) {
      const { ok, signed_upload_url: url } = await call('CreateCacheEntry', { key, version }, signal)
      if (ok !== true || typeof url !== 'string') throw new Error('failed to reserve cache')
      return url
    },
    async finalize(key, bytes, signal) {
      const done = await call('FinalizeCacheEntryUpload', { key, version, size_bytes: `${bytes}` }, signal)
      if (done['ok'] !== true) throw new Error('the cache service did not take it')
    }
  }
}

/** Whether the job's cache service is one of version 2, the only one that is spoken here. */
export function speaksVersion2(environment: NodeJS.ProcessEnv): boolean {
  const { ACTIONS_RUNTIME_TOKEN: token, ACTIONS_RESULTS_URL: service, ACTIONS_CACHE_SERVICE_V2: version2 } = environment
  return Boolean(token && service) && /^(1|t|true)$/i.test(version2 ?? '')
}
