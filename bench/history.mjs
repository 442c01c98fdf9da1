// @ts-check
// What a builder did, by BuildKit's own record of every build: which steps ran, and when each build began and ended.
import { buildx, docker } from '../testbed/builder.mjs'

/**
 * @typedef {object} Build
 * @property {'image' | 'pull' | 'export' | 'other'} kind
 * @property {number} from milliseconds since 1970
 * @property {number} to
 * @property {Span[]} steps that ran
 * @property {Span[]} exports what was written, and importing
 * @typedef {{ name: string, digest: string, from: number, to: number }} Span
 */

/**
 * @param {string} builder
 * @param {Readonly<Record<string, string>>} env
 * @param {number} since milliseconds since 1970: builds of a builder that is kept are left out when older
 * @returns {Promise<Build[]>} in the order they began
 */
export async function buildsOf(builder, env, since) {
  const listed = await docker(['buildx', '--builder', builder, 'history', 'ls', '--no-trunc', '--format', 'json'], { env })
  const records = listed
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line))
  const recent = records.filter(record => Date.parse(record.created_at) >= since)
  const builds = await Promise.all(
    recent.map(async record => {
      const id = record.ref.split('/').at(-1)
      return buildOf(await buildx(['--builder', builder, 'history', 'logs', id, '--progress', 'rawjson'], { env }), record)
    })
  )
  return builds.toSorted((a, b) => a.from - b.from)
}

/** Steps that ran, `<stage> <number>`; one that two builds shared is one, one that ran twice is there twice. @param {readonly Build[]} builds */
export function stepsRun(builds) {
  /** @type {Span[]} */
  const runs = []
  for (const step of builds.flatMap(build => build.steps)) {
    const shared = runs.some(other => other.digest === step.digest && other.from <= step.to && step.from <= other.to)
    if (!shared) runs.push(step)
  }
  return runs.map(({ name }) => name).sort()
}

/** One build, from BuildKit's rawjson log of it. @param {string} log @param {{ created_at: string, completed_at?: string }} record @returns {Build} */
export function buildOf(log, record) {
  const vertices = mergeVertices(log)
  const named = (/** @type {RegExp} */ pattern) => vertices.filter(vertex => pattern.test(vertex.name) && vertex.from > 0)
  const exports = named(/^(exporting|importing) /)
  return {
    kind: kindOf(exports.map(({ name }) => name)),
    from: Date.parse(record.created_at),
    to: Date.parse(record.completed_at ?? record.created_at),
    steps: named(stepName)
      .filter(({ cached, logs }) => !cached || logs)
      .map(({ digest, name, from, to }) => {
        const [, stage, number] = stepName.exec(name) ?? []
        return { digest, name: `${stage} ${number}`, from, to }
      }),
    exports: exports.map(({ digest, name, from, to }) => ({ digest, name, from, to }))
  }
}

/** Steps of the Dockerfile: without the one by which this action has a stage's layers unpacked. */
const stepName = /^\[(?:(\S+) )? *(\d+)\/\d+\] (?!FROM |COPY --from=\d+ \/\.stage-cache-build-nothing\* )/

/** `cached` stays once it was said: pulling a cached layer shows the same vertex again without it. @param {string} log */
function mergeVertices(log) {
  /** @type {Map<string, { digest: string, name: string, cached: boolean, logs: boolean, from: number, to: number }>} */
  const vertices = new Map()
  for (const line of log.split('\n').filter(line => line.startsWith('{'))) {
    const status = JSON.parse(line)
    for (const { digest, name, cached, started, completed } of status.vertexes ?? []) {
      const vertex = vertices.get(digest) ?? { digest, name, cached: false, logs: false, from: 0, to: 0 }
      vertex.cached ||= cached === true
      if (started && (vertex.from === 0 || Date.parse(started) < vertex.from)) vertex.from = Date.parse(started)
      vertex.to = Math.max(vertex.to, completed ? Date.parse(completed) : started ? Date.parse(started) : 0)
      vertices.set(digest, vertex)
    }
    for (const { vertex } of status.logs ?? []) {
      const found = vertices.get(vertex)
      if (found) found.logs = true
    }
  }
  return [...vertices.values()]
}

/** @param {readonly string[]} exports @returns {Build['kind']} */
function kindOf(exports) {
  if (exports.some(name => name === 'exporting to image')) return 'image'
  if (exports.some(name => name.startsWith('exporting to oci'))) return 'pull'
  return exports.some(name => name.startsWith('exporting ')) ? 'export' : 'other'
}
