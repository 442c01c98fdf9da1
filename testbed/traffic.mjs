// @ts-check
import { Transform } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * What goes wrong, for whom. The first fault that fits a request is used.
 * @typedef {object} Fault
 * @property {'read' | 'write'} [on] requests that only read, or those that write; both when absent
 * @property {string} [path] regular expression the path must match
 * @property {number} [times] how often it happens
 * @property {number} [delayMs]
 * @property {number} [randomDelayMs] at most so much more, drawn from the seed
 * @property {number} [status] answered instead
 * @property {Record<string, string>} [headers] of that answer
 * @property {boolean} [hang] never answers
 * @property {number} [resetAfterBytes] connection reset once so many bytes of either body went through
 */

/** @typedef {{ requests: number, writes: number, bytesIn: number, bytesOut: number, statuses: Record<string, number> }} Counts */

/** What the line lets through ahead of time. Timers are too coarse to hold up every chunk: one stream alone would get a third of the line. */
const burstMs = 5

/** Counts the requests and bytes of one server and applies faults to them. */
export class Traffic {
  /** @type {Fault[]} */
  #faults = []
  #random = seeded(1)
  /** @type {Map<Fault, number>} */
  #used = new Map()
  /** @type {number | undefined} */
  bytesPerSecond
  #free = 0
  /** @type {Counts} */
  counts = noCounts()
  /** Every request's method and path, in order. @type {string[]} */
  requests = []

  /**
   * @param {readonly Fault[]} faults
   * @param {number} [seed]
   */
  setFaults(faults, seed = 1) {
    this.#faults = [...faults]
    this.#used.clear()
    this.#random = seeded(seed)
  }

  resetCounts() {
    this.counts = noCounts()
    this.requests = []
  }

  /**
   * Counts the request; answers it and returns undefined when a fault does so.
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   * @param {boolean} isWrite
   * @returns {Promise<Fault | undefined>}
   */
  async admit(request, response, isWrite) {
    this.counts.requests++
    if (isWrite) this.counts.writes++
    const path = (request.url ?? '').split('?')[0] ?? ''
    this.requests.push(`${request.method} ${path}`)
    response.once('finish', () => {
      this.counts.statuses[response.statusCode] = (this.counts.statuses[response.statusCode] ?? 0) + 1
    })
    const fault = this.#faultFor(path, isWrite)
    if (!fault) return {}
    const delay = (fault.delayMs ?? 0) + (fault.randomDelayMs ?? 0) * this.#random()
    if (delay > 0) await sleep(delay, undefined, { ref: false })
    if (fault.hang) return undefined
    if (fault.status !== undefined) {
      request.resume()
      response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers })
      response.end(JSON.stringify({ code: 'unavailable', msg: `fault: ${fault.status}` }))
      return undefined
    }
    return fault
  }

  /**
   * A stream that counts, and slows down or breaks as the fault says.
   * @param {'bytesIn' | 'bytesOut'} direction
   * @param {Fault} fault
   * @param {() => void} breakConnection
   */
  meter(direction, fault, breakConnection) {
    let passed = 0
    return new Transform({
      transform: (chunk, _encoding, done) => {
        passed += chunk.length
        this.counts[direction] += chunk.length
        if (fault.resetAfterBytes !== undefined && passed > fault.resetAfterBytes && this.#isLeft(fault)) {
          this.#use(fault)
          breakConnection()
          return
        }
        const wait = this.#waitFor(chunk.length)
        if (wait > 0) setTimeout(() => done(null, chunk), wait).unref()
        else done(null, chunk)
      }
    })
  }

  /** One line for all connections, as a machine has. @param {number} bytes */
  #waitFor(bytes) {
    if (!this.bytesPerSecond) return 0
    const now = performance.now()
    this.#free = Math.max(this.#free, now - burstMs) + (bytes / this.bytesPerSecond) * 1000
    const wait = this.#free - now
    return wait < burstMs ? 0 : wait
  }

  /**
   * @param {string} path
   * @param {boolean} isWrite
   */
  #faultFor(path, isWrite) {
    const fault = this.#faults.find(
      one =>
        (one.on === undefined || (one.on === 'write') === isWrite) &&
        (one.path === undefined || new RegExp(one.path).test(path)) &&
        this.#isLeft(one)
    )
    // A reset counts when it happens: most bodies are too short for it.
    if (fault && fault.resetAfterBytes === undefined) this.#use(fault)
    return fault
  }

  #isLeft(/** @type {Fault} */ fault) {
    return (this.#used.get(fault) ?? 0) < (fault.times ?? Infinity)
  }

  #use(/** @type {Fault} */ fault) {
    this.#used.set(fault, (this.#used.get(fault) ?? 0) + 1)
  }
}

/** @returns {Counts} */
const noCounts = () => ({ requests: 0, writes: 0, bytesIn: 0, bytesOut: 0, statuses: {} })

/** mulberry32: the same delays for the same seed. @param {number} seed */
function seeded(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
