// @ts-check
// What the action costs by itself: how long its bundle takes to start, and the time, CPU and memory of warm jobs on the test bed.
//
//     node bench/own-time.mjs [runs of the bundle, 15] [warm jobs per backend, 10]
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { baseImageRef } from '../testbed/base-images.mjs'
import { freshMachine } from '../testbed/builder.mjs'
import { deleteAllTags } from '../testbed/registry.mjs'
import { removeJobs, runJob } from '../testbed/runner.mjs'
import { theTestBed } from '../testbed/where.mjs'

/** What the product contract allows. */
const limits = { startMs: 200, ownMs: 500, memoryMb: 150 }

const root = resolve(import.meta.dirname, '..')
const repository = 'bench/own-time'
const scratch = await mkdtemp(join(tmpdir(), 'bench-'))
try {
  const [starts = 15, jobs = 10] = process.argv.slice(2).map(Number)
  const start = measureStart(starts)
  console.log(`Bundle start, median of ${starts} alternating runs`)
  printTable([
    ['', 'ms', 'lowest', 'highest'],
    ['node -e 0', ...spread(start.node)],
    ['node dist/main.js, until it refuses its inputs', ...spread(start.action)]
  ])
  const added = median(start.action) - median(start.node)
  console.log(`${added.toFixed(0)} ms more, ${(median(start.action) / median(start.node)).toFixed(2)} times as long\n`)

  /** @type {{ backend: string, warm: WarmJob[] }[]} */
  const rows = []
  for (const backend of ['registry', 'gha', 'local']) rows.push({ backend, warm: await measureJobs(backend, jobs) })
  console.log(`Warm jobs of examples/web-app, ${jobs} a backend: median (highest)`)
  printTable([
    ['backend', 'job s', 'own ms', 'share', 'with start and end ms', 'CPU ms', 'memory MB'],
    ...rows.map(({ backend, warm }) => [
      backend,
      both(
        warm.map(({ totalMs }) => totalMs / 1000),
        1
      ),
      both(warm.map(({ ownMs }) => ownMs)),
      `${median(warm.map(({ ownMs, totalMs }) => (100 * ownMs) / totalMs)).toFixed(1)} %`,
      both(warm.map(({ ownMs, processMs, totalMs }) => ownMs + processMs - totalMs)),
      both(warm.map(({ cpuMs }) => cpuMs)),
      both(warm.map(({ memoryMb }) => memoryMb))
    ])
  ])

  const worst = (/** @type {(job: WarmJob) => number} */ of) => Math.max(...rows.map(({ warm }) => median(warm.map(of))))
  const checks = [
    { what: 'start', value: median(start.action), limit: limits.startMs, unit: 'ms' },
    { what: 'own time', value: worst(job => job.ownMs), limit: limits.ownMs, unit: 'ms' },
    { what: 'memory', value: worst(job => job.memoryMb), limit: limits.memoryMb, unit: 'MB' }
  ]
  console.log()
  for (const { what, value, limit, unit } of checks) {
    console.log(`${value < limit ? 'ok  ' : 'OVER'} ${what}: ${value.toFixed(0)} ${unit}, limit ${limit} ${unit}`)
  }
  process.exitCode = checks.every(({ value, limit }) => value < limit) ? 0 : 1
} finally {
  await rm(scratch, { recursive: true, force: true })
  await removeJobs()
}

/** Milliseconds of `node -e 0` and of the bundle, which ends at the check of its inputs: no docker is started. @param {number} runs */
function measureStart(runs) {
  const node = nodeProgram()
  /** @type {{ node: number[], action: number[] }} */
  const times = { node: [], action: [] }
  const time = (/** @type {string[]} */ args, /** @type {number} */ expected) => {
    const before = performance.now()
    const { status, stdout } = spawnSync(node, args, {
      cwd: scratch,
      env: { PATH: process.env['PATH'] ?? '', RUNNER_TEMP: scratch }
    })
    const milliseconds = performance.now() - before
    if (status !== expected) throw new Error(`node ${args.join(' ')} ended with ${status}, not ${expected}:\n${stdout}`)
    return milliseconds
  }
  // One of each that does not count: it fills the machine's file cache.
  for (let run = 0; run <= runs; run++) {
    const [plain, action] = [time(['-e', '0'], 0), time([join(root, 'dist/main.js')], 1)]
    if (run > 0) times.node.push(plain)
    if (run > 0) times.action.push(action)
  }
  return times
}

/** Node as a runner has it: the one of action.yml, where npm brought it. */
function nodeProgram() {
  const bundled = join(root, 'node_modules/node/bin/node')
  return spawnSync(bundled, ['--version']).status === 0 ? bundled : process.execPath
}

/**
 * @typedef {object} WarmJob
 * @property {number} processMs of the whole process, start and end of node included
 * @property {number} totalMs what the report calls total
 * @property {number} ownMs what the report calls own: total without waiting for docker, the registry and the cache service
 * @property {number} cpuMs user and system time of the process, without docker's
 * @property {number} memoryMb highest resident memory of the process
 */

/** Jobs in which nothing changed, each on an empty machine. @param {string} backend @param {number} runs @returns {Promise<WarmJob[]>} */
async function measureJobs(backend, runs) {
  const workspace = join(scratch, 'web-app')
  const cacheDir = join(scratch, 'cache')
  await cp(join(root, 'examples/web-app'), workspace, { recursive: true, force: true })
  await deleteAllTags(repository)
  const usage = join(scratch, 'usage.json')
  const preload = `data:text/javascript,${encodeURIComponent(`
    import { writeFileSync } from 'node:fs'
    if (/main\\.js$/.test(process.argv[1] ?? ''))
      process.once('exit', () => writeFileSync(process.env.BENCH_USAGE, JSON.stringify(process.resourceUsage())))
  `)}`
  const inputs = {
    'cache-backends': backend,
    'cache-image': `${theTestBed().registry}/${repository}`,
    'cache-name': 'bench',
    'cache-version': randomUUID(),
    'cache-dir': cacheDir,
    'build-args': `BASE_IMAGE=${baseImageRef('busybox')}`
  }
  /** @type {WarmJob[]} */
  const warm = []
  for (let run = 0; run <= runs; run++) {
    await freshMachine({ cacheDirs: [cacheDir] })
    const env = { NODE_OPTIONS: `--import=${preload}`, BENCH_USAGE: usage }
    const { main, outputs } = await runJob({ action: root, workspace, inputs, env })
    if (main.exitCode !== 0) throw new Error(`a job failed:\n${main.log}`)
    if (run === 0) continue
    if (outputs['cache-hit'] !== 'true') throw new Error(`a warm job ran steps:\n${main.log}`)
    const { seconds } = JSON.parse(await readFile(outputs['report'] ?? '', 'utf8'))
    const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(await readFile(usage, 'utf8'))
    warm.push({
      processMs: main.seconds * 1000,
      totalMs: seconds.total * 1000,
      ownMs: seconds.own * 1000,
      cpuMs: (userCPUTime + systemCPUTime) / 1000,
      memoryMb: (maxRSS * 1024) / 1e6
    })
  }
  await deleteAllTags(repository)
  return warm
}

function median(/** @type {number[]} */ values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

function spread(/** @type {number[]} */ values) {
  return [median(values), Math.min(...values), Math.max(...values)].map(value => value.toFixed(0))
}

function both(/** @type {number[]} */ values, digits = 0) {
  return `${median(values).toFixed(digits)} (${Math.max(...values).toFixed(digits)})`
}

function printTable(/** @type {string[][]} */ rows) {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => (row[column] ?? '').length)))
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()
    )
}
