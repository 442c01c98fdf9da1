// @ts-check
import { READ, WRITE } from './job-token.mjs'

/**
 * @typedef {object} CacheEntry
 * @property {string} id also the blob's name
 * @property {string} scope
 * @property {string} key
 * @property {string} version
 * @property {number} order of creation: what is newer is greater
 * @property {number} bytes
 * @property {boolean} complete
 */

/** The entries of one repository, as GitHub finds them: by scope, then by key, newest first. */
export class CacheEntries {
  /** @type {CacheEntry[]} */
  #entries = []
  #created = 0

  /** @returns {readonly CacheEntry[]} */
  list() {
    return this.#entries
  }

  /**
   * @param {readonly import('./job-token.mjs').TokenScope[]} scopes
   * @param {{ key: string, version: string }} wanted
   * @returns {CacheEntry | 'exists' | 'denied'}
   */
  reserve(scopes, { key, version }) {
    const scope = scopes.find(one => one.permission & WRITE)?.scope
    if (scope === undefined) return 'denied'
    if (this.#entries.some(one => one.scope === scope && one.key === key && one.version === version)) return 'exists'
    const order = ++this.#created
    const entry = { id: `${order}`, scope, key, version, order, bytes: 0, complete: false }
    this.#entries.push(entry)
    return entry
  }

  /**
   * @param {readonly import('./job-token.mjs').TokenScope[]} scopes
   * @param {{ key: string, version: string }} wanted
   */
  reserved(scopes, { key, version }) {
    return this.#entries.find(
      one =>
        !one.complete &&
        one.key === key &&
        one.version === version &&
        scopes.some(({ scope, permission }) => scope === one.scope && permission & WRITE)
    )
  }

  /**
   * @param {readonly import('./job-token.mjs').TokenScope[]} scopes
   * @param {{ key: string, restoreKeys: readonly string[], version: string }} wanted
   */
  find(scopes, { key, restoreKeys, version }) {
    for (const { scope, permission } of scopes) {
      if (!(permission & READ)) continue
      const entries = this.#entries.filter(one => one.complete && one.scope === scope && one.version === version)
      const newestFirst = entries.sort((a, b) => b.order - a.order)
      const exact = newestFirst.find(one => one.key === key)
      if (exact) return exact
      for (const prefix of [key, ...restoreKeys]) {
        const found = newestFirst.find(one => one.key.startsWith(prefix))
        if (found) return found
      }
    }
    return undefined
  }

  /** @returns {CacheEntry[]} what was there and is gone now */
  evict(prefix = '') {
    const gone = this.#entries.filter(one => one.key.startsWith(prefix))
    this.#entries = this.#entries.filter(one => !gone.includes(one))
    return gone
  }
}
