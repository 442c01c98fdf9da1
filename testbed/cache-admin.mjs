// @ts-check
/**
 * The admin side of a cache service.
 * @param {string} url
 */
export function adminOf(url) {
  /** @returns {Promise<any>} */
  const ask = async (/** @type {string} */ method, /** @type {string} */ path, /** @type {unknown} */ body = undefined) => {
    const response = await fetch(new URL(`/admin/${path}`, url), {
      method,
      signal: AbortSignal.timeout(30_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`)
    return response.json()
  }
  return {
    /** Of all runs, with where to download each. @returns {Promise<(import('./artifacts.mjs').Artifact & { url: string })[]>} */
    artifacts: () => ask('GET', 'artifacts'),
    /** @returns {Promise<import('./cache-entries.mjs').CacheEntry[]>} */
    entries: () => ask('GET', 'entries'),
    /** @param {string} prefix of the key @returns {Promise<import('./cache-entries.mjs').CacheEntry[]>} what is gone now */
    evict: prefix => ask('DELETE', `entries?prefix=${encodeURIComponent(prefix)}`),
    /** @param {string} prefix of the key @returns {Promise<import('./cache-entries.mjs').CacheEntry[]>} of which a byte is another now */
    damage: prefix => ask('POST', `damage?prefix=${encodeURIComponent(prefix)}`),
    /** @returns {Promise<import('./traffic.mjs').Counts>} */
    counts: () => ask('GET', 'counts'),
    /** @returns {Promise<string[]>} */
    requests: () => ask('GET', 'requests'),
    /** @returns {Promise<string[]>} */
    keys: () => ask('GET', 'keys'),
    resetCounts: () => ask('DELETE', 'counts'),
    /**
     * @param {readonly import('./traffic.mjs').Fault[]} faults none: all is well again
     * @param {{ seed?: number, bytesPerSecond?: number }} [options]
     */
    setFaults: (faults, options = {}) => ask('PUT', 'faults', { faults, ...options }),
    /** Entries, artifacts, faults and counts. */
    reset: () => ask('POST', 'reset')
  }
}
