// @ts-check
// Jobs whose Dockerfile installs packages of three kinds, each on an empty builder: by this action with and without cache mounts, and by
// plain buildx with the mounts copied in and out by hand.
//
//     npm run bench:mounts -- --help
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { serveCache } from '../testbed/cache-service.mjs'
import { startProxy } from '../testbed/proxy.mjs'
import { removeJobs } from '../testbed/runner.mjs'
import { theTestBed } from '../testbed/where.mjs'
import { newBuilders } from './builders.mjs'
import { buildsOf } from './history.mjs'
import { mountCompetitors } from './mount-competitors.mjs'
import { renderMountResults, renderMountText } from './mount-results.mjs'
import { kinds, listOf, pushInstaller, startPackageMirror } from './package-mirror.mjs'

const help = `node bench/mount-jobs.mjs [options], on the test bed (testbed/up)

  --rounds N          how often all is done; the median counts (1)
  --only LIST         beginnings of the names of those who take part (all)
  --mb N              of all packages together, downloaded (300)
  --delay MS          of each request (40)
  --mirror-mbit N     of the line to the packages (200)
  --mbit N            of the line to the registry, and of that to the cache service (800)
  --driver NAME       docker, docker-container or remote (docker with the test bed's own engine, else docker-container)
  --image REF         BuildKit's image, for docker-container
  --fresh COMMAND     for remote: starts an empty BuildKit and prints its address
  --plugins DIR       a DOCKER_CONFIG directory whose buildx is used
  --json FILE         every measurement, as they come
  --write FILE        results as Markdown
`

/** In this order; `changed`: how many packages of each kind are others than at first. */
const jobs = /** @type {const} */ ([
  { name: 'cold', changed: { apt: 0, pip: 0, npm: 0 }, wanted: 670 },
  { name: 'one Python package changed', changed: { apt: 0, pip: 1, npm: 0 }, wanted: 1 },
  { name: 'one of each kind changed', changed: { apt: 1, pip: 2, npm: 1 }, wanted: 3 },
  { name: 'unchanged', changed: { apt: 1, pip: 2, npm: 1 }, wanted: 0 }
])

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    mb: { type: 'string', default: '300' },
    delay: { type: 'string', default: '40' },
    'mirror-mbit': { type: 'string', default: '200' },
    mbit: { type: 'string', default: '800' },
    driver: { type: 'string' },
    image: { type: 'string' },
    fresh: { type: 'string' },
    plugins: { type: 'string' },
    json: { type: 'string' },
    write: { type: 'string' }
  }
})
if (values.help) {
  console.log(help)
  process.exit(0)
}
const options = {
  rounds: Number(values.rounds),
  mb: Number(values.mb),
  delayMs: Number(values.delay),
  mirrorMbit: Number(values['mirror-mbit']),
  mbit: Number(values.mbit)
}
const competitors = mountCompetitors.filter(({ name }) => values.only.split(',').some(wanted => name.startsWith(wanted)))
const { driver, image, fresh, plugins } = values
const builders = await newBuilders({
  ...(driver ? { driver } : {}),
  ...(image ? { image } : {}),
  ...(fresh ? { fresh } : {}),
  ...(plugins ? { plugins } : {})
})
const scratch = await mkdtemp(join(tmpdir(), 'bench-mounts-'))
const mirror = await startPackageMirror(options.mb)
/** @type {import('./mount-results.mjs').MountMeasurement[]} */
const measured = []
/** @type {Record<string, string>} */
let versions = {}
try {
  for (let round = 1; round <= options.rounds; round++) {
    const stands = await Promise.all(competitors.map(setUp))
    for (const [number, job] of jobs.entries()) {
      // Another one goes first each time.
      const first = (number + round) % stands.length
      for (const stand of [...stands.slice(first), ...stands.slice(0, first)]) await runOne(stand, job, round)
    }
    for (const { lines, stop } of stands) {
      for (const line of Object.values(lines)) await line.stop()
      await stop()
    }
  }
} finally {
  await builders.stop()
  await mirror.stop()
  await rm(scratch, { recursive: true, force: true })
  await removeJobs()
}
console.log(`\n${renderMountText(measured)}`)
if (values.write) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: import.meta.dirname, encoding: 'utf8' }).trim()
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'})`
  const date = new Date().toISOString().slice(0, 10)
  await writeFile(values.write, renderMountResults(measured, { date, commit, machine, ...options, ...versions }))
}

/** @param {import('./mount-competitors.mjs').MountCompetitor} competitor */
async function setUp(competitor) {
  const line = (/** @type {string} */ to, /** @type {number} */ mbit) =>
    startProxy(to, { faults: [{ delayMs: options.delayMs }], bytesPerSecond: (mbit * 1e6) / 8 })
  const service = await serveCache()
  const lines = {
    packages: await line(mirror.host, options.mirrorMbit),
    registry: await line(theTestBed().registry, options.mbit),
    cache: await line(service.url, options.mbit)
  }
  const name = `bench/installer-${randomUUID()}`
  await pushInstaller(name, lines.packages.url.replace(/\/$/, ''))
  const workspace = join(scratch, name, 'app')
  await cp(join(import.meta.dirname, 'packages'), workspace, { recursive: true })
  const repository = `${lines.registry.host}/bench/${randomUUID()}`
  const baseImage = `${lines.registry.host}/${name}:latest`
  return { competitor, lines, workspace, repository, baseImage, stop: service.stop }
}

/** Throws when the job fails. @param {Awaited<ReturnType<typeof setUp>>} stand @param {typeof jobs[number]} job @param {number} round */
async function runOne({ competitor, lines, workspace, repository, baseImage }, job, round) {
  for (const kind of /** @type {import('./package-mirror.mjs').Kind[]} */ (Object.keys(kinds)))
    await writeFile(join(workspace, kinds[kind].list), listOf(kind, job.changed[kind]))
  const builder = await builders.make()
  if (Object.keys(versions).length === 0) versions = await builders.versions(builder)
  for (const line of Object.values(lines)) line.traffic.resetCounts()
  const load = loadavg()[0] ?? 0
  const started = Date.now()
  const place = { workspace, repository, baseImage, builder, cacheUrl: lines.cache.url, env: builders.env }
  const outcome = await competitor.run(place)
  if (outcome.exitCode !== 0) throw new Error(`${competitor.name}, ${job.name}: ${outcome.exitCode}\n${outcome.log.slice(-4000)}`)
  const amounts = Object.fromEntries(
    Object.entries(lines).map(([name, { traffic }]) => [name, { up: traffic.counts.bytesIn, down: traffic.counts.bytesOut }])
  )
  const builds = await buildsOf(builder, builders.env, started)
  await builders.remove(builder)
  const steps = builds.flatMap(build => build.steps).filter(({ name }) => /^(system|python-deps|node-deps|runtime) /.test(name))
  const one = {
    job: job.name,
    wanted: job.wanted,
    competitor: competitor.name,
    round,
    load,
    seconds: outcome.seconds,
    phases: phasesOf(outcome.seconds, started, steps),
    steps: new Set(steps.map(({ name }) => name)).size,
    builds: builds.map(({ from, to, steps, exports }) => ({
      from: from - started,
      to: to - started,
      spans: [...steps, ...exports].map(span => ({ name: span.name, from: span.from - started, to: span.to - started }))
    })),
    packages: lines.packages.traffic.requests.length,
    amounts: /** @type {import('./mount-results.mjs').Amounts} */ (amounts)
  }
  measured.push(one)
  console.log(
    `${round} ${job.name.padEnd(27)} ${competitor.name.padEnd(30)} ${outcome.seconds.toFixed(1).padStart(5)} s, ${one.packages} packages, ${one.steps} steps`
  )
  if (values.json) await writeFile(values.json, JSON.stringify(measured))
}

/**
 * Seconds before the first step of the Dockerfile that ran, from it to the end of the last, and after that; all of them before where none ran.
 * @param {number} seconds @param {number} started @param {readonly import('./history.mjs').Span[]} steps
 */
function phasesOf(seconds, started, steps) {
  if (steps.length === 0) return { before: seconds, steps: 0, after: 0 }
  const from = (Math.min(...steps.map(step => step.from)) - started) / 1000
  const to = (Math.max(...steps.map(step => step.to)) - started) / 1000
  return { before: from, steps: to - from, after: seconds - to }
}
