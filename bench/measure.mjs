// @ts-check
// One job of one competitor: an empty builder, the clock, and what went over the line.
import { readFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { baseImageRef } from '../testbed/base-images.mjs'
import { serveCache } from '../testbed/cache-service.mjs'
import { startProxy } from '../testbed/proxy.mjs'
import { theTestBed } from '../testbed/where.mjs'
import { buildsOf, stepsRun } from './history.mjs'
import { compareSteps } from './project.mjs'

/**
 * @typedef {{ requests: number, up: number, down: number }} Amount requests, and bytes sent by the job and to it
 * @typedef {{ name: string, from: number, to: number }} Timed seconds since the job began
 * @typedef {{ kind: string, from: number, to: number, steps: Timed[], exports: Timed[] }} TimedBuild
 * @typedef {object} Measurement
 * @property {string} job
 * @property {string} competitor
 * @property {number} round
 * @property {number} seconds
 * @property {string[]} ran
 * @property {string[]} needless
 * @property {string[]} missing
 * @property {Amount} registry
 * @property {Amount} gha
 * @property {Record<string, number>} asked requests by method and kind of path
 * @property {TimedBuild[]} builds
 * @property {number} load of the machine when the job began, average of a minute
 * @property {string[]} troubles what this action reported
 */

/** The line to a registry and to a cache service of its own. @param {{ delayMs: number, mbit: number }} line */
export async function newLine({ delayMs, mbit }) {
  const options = { faults: [{ delayMs }], bytesPerSecond: (mbit * 1e6) / 8 }
  const registry = await startProxy(theTestBed().registry, options)
  const service = await serveCache()
  const cache = await startProxy(service.url, options)
  return {
    registry,
    cache,
    /** A base image by the name under which this line leads to it. @param {string} name */
    baseImage: name => baseImageRef(name).replace(theTestBed().registry, registry.host),
    async stop() {
      await registry.stop()
      await cache.stop()
      await service.stop()
    }
  }
}

/**
 * Throws when the job ended otherwise than it should.
 * @param {{ job: import('./project.mjs').Job, competitor: import('./competitors.mjs').Competitor, round: number,
 *   line: Awaited<ReturnType<typeof newLine>>, place: import('./competitors.mjs').Place }} what
 * @returns {Promise<Measurement>}
 */
export async function measure({ job, competitor, round, line, place }) {
  line.registry.traffic.resetCounts()
  line.cache.traffic.resetCounts()
  const load = loadavg()[0] ?? 0
  const started = Date.now()
  const outcome = await competitor.run(place)
  const requests = [...line.registry.traffic.requests, ...line.cache.traffic.requests]
  const amounts = { registry: amountOf(line.registry.traffic.counts), gha: amountOf(line.cache.traffic.counts) }
  if ((outcome.exitCode !== 0) !== job.fails) {
    throw new Error(`${competitor.name}, ${job.name}: exit code ${outcome.exitCode}\n${outcome.log.slice(-4000)}`)
  }
  const builds = await buildsOf(place.builder, place.env, started)
  const ran = stepsRun(builds)
  return {
    job: job.name,
    competitor: competitor.name,
    round,
    seconds: outcome.seconds,
    load,
    ran,
    ...compareSteps(job, ran),
    ...amounts,
    asked: countKinds(requests),
    builds: builds.map(build => sinceStart(build, started)),
    troubles: outcome.report ? await troublesOf(outcome.report) : []
  }
}

/** `GET /v2/app/blobs/sha256:…` is one of `GET blobs`, a call of the cache service is named by its last part. @param {readonly string[]} requests */
function countKinds(requests) {
  /** @type {Record<string, number>} */
  const counts = {}
  for (const request of requests) {
    const [method = '', path = ''] = request.split(' ')
    const kind = /.*(uploads|manifests|blobs)\//.exec(path)?.[1] ?? path.split('/').at(-1)
    const name = `${method} ${kind}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

/** @param {import('../testbed/traffic.mjs').Counts} counts @returns {Amount} */
function amountOf({ requests, bytesIn, bytesOut }) {
  return { requests, up: bytesIn, down: bytesOut }
}

/** @param {import('./history.mjs').Build} build @param {number} started */
function sinceStart({ kind, from, to, steps, exports }, started) {
  const at = (/** @type {number} */ time) => Math.round(time - started) / 1000
  const spans = (/** @type {import('./history.mjs').Span[]} */ all) =>
    all.map(span => ({ name: span.name, from: at(span.from), to: at(span.to) }))
  return { kind, from: at(from), to: at(to), steps: spans(steps), exports: spans(exports) }
}

/** @param {string} report */
async function troublesOf(report) {
  const { degradations } = JSON.parse(await readFile(report, 'utf8'))
  return degradations.map((/** @type {any} */ trouble) => `${trouble.code} ${trouble.backend ?? ''} ${trouble.detail}`)
}
