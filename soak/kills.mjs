// @ts-check
// Jobs that are killed outright (SIGKILL, the whole process group) at random moments, exports included. Afterwards every ref there is
// must serve its stage alone, and the next job runs no step that a ref holds.
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { pushBaseImage } from '../testbed/base-images.mjs'
import { serveCache } from '../testbed/cache-service.mjs'
import { endLeftProcesses } from '../testbed/left-processes.mjs'
import { startProxy } from '../testbed/proxy.mjs'
import { deleteAllTags } from '../testbed/registry.mjs'
import { prepareJob, removeJobs } from '../testbed/runner.mjs'
import { theTestBed } from '../testbed/where.mjs'
import { builderOptions, emptyAfterKill, givenBuilder, inputsOf } from './builders.mjs'
import { randomEdit, randomModel } from './graphs.mjs'
import { givenArguments, keysOf, neededNames } from './model.mjs'
import { newRandom } from './random.mjs'
import { importAlone, savedRefs } from './refs.mjs'
import { stepsOfReport, writeContext } from './soak.mjs'

/** @typedef {import('./model.mjs').Model} Model */

/**
 * @typedef {object} KillOptions
 * @property {number} seed
 * @property {number} kills how many jobs are killed before they end by themselves
 * @property {number} [killsOfGraph] how many on one graph before a new one is drawn
 * @property {'registry' | 'gha' | 'local'} backend
 * @property {import('./builders.mjs').OtherBuilder} [builder] in place of the engine's own
 * @property {string} [logs] directory that the logs of jobs are written to where something was wrong
 * @property {(line: string) => void} [print]
 */

/**
 * @param {KillOptions} options
 * @returns {Promise<{ kills: number, refs: number, blurred: number, moments: Record<string, number>, faults: string[] }>}
 *   `refs` were imported alone; `blurred` are the kills after which the builder could not be emptied; `moments` says in which part of the job the kills fell
 */
export async function soakKills({ seed, kills, killsOfGraph = 5, backend, builder, logs, print = () => undefined }) {
  const random = newRandom(seed)
  const service = await serveCache()
  // Slow enough for a kill to fall between any two requests of an upload.
  const slow = [{ randomDelayMs: 120 }]
  const proxies = {
    registry: await startProxy(theTestBed().registry, { seed, faults: slow }),
    cache: await startProxy(service.url, { seed, faults: slow })
  }
  const root = await mkdtemp(join(tmpdir(), 'kills-'))
  const { ref: base } = await pushBaseImage({ name: `soak/base:${randomUUID()}`, files: { 'etc/soak': randomUUID() } })
  /** @type {{ kills: number, refs: number, blurred: number, moments: Record<string, number>, faults: string[] }} */
  const result = { kills: 0, refs: 0, blurred: 0, moments: {}, faults: [] }
  // Seconds that a job is thought to take; learnt from those that ended before they were killed and those that did not.
  let length = 5

  for (let graph = 0; result.kills < kills; graph++) {
    const repository = `soak/kills-${seed}-${graph}-${randomUUID().slice(0, 8)}`
    const place = {
      backend,
      repository,
      image: `kills-${graph}`,
      cacheDir: join(root, `cache-${graph}`),
      cacheUrl: service.url
    }
    /** @type {Map<string, { id: string, keys: readonly string[] }>} what each ref was found to hold, by stage */
    const held = new Map()
    /** Keys of all that earlier jobs of the graph were to build, and of what a stage with a ref reads: a ref may hold them, or not. */
    const earlier = new Set()
    let model = randomModel(random)
    for (let round = 0; round < killsOfGraph && result.kills < kills; round++) {
      let what = 'first build'
      while (round > 0 && (what === 'first build' || what === 'nothing')) ({ model, what } = randomEdit(random, model))
      const context = join(root, `${graph}-${round}`)
      await writeContext(context, model, base)
      const builderStays = random.chance(0.5)
      const given = { ...inputsOf(builder), 'build-args': givenArguments(model).join('\n') }
      const heldBefore = await emptyAfterKill(builder)
      const job = await prepareJob(
        jobOf(context, place, { ...given, ...random.pick([{}, { 'cache-export': 'after' }]) }, proxies)
      )
      const main = job.startMain()
      // Half of the kills fall anywhere, the others while stages are being saved.
      const [begin, span] = random.chance(0.5)
        ? [Promise.resolve(), length]
        : [main.waitForLine(/^::group::Caches of stages$/), length / 2]
      const moment = random.next() * span
      const late = begin.then(() => sleep(moment * 1000, false)).catch(() => true)
      const ended = await Promise.race([main.done.then(() => true), late])
      // With its builder gone, nothing reaches the backend any more.
      if (!builderStays) for (const proxy of Object.values(proxies)) await proxy.refuse()
      if (!ended) process.kill(-main.pid, 'SIGKILL')
      await main.done
      length *= ended ? 0.9 : 1.1
      if (!builderStays) for (const proxy of Object.values(proxies)) await proxy.accept()
      // A runner that is there still runs the post step; a machine that is gone does not.
      if (random.chance(0.5)) await job.runPost()
      await endLeftProcesses(job.env['RUNNER_TRACKING_ID'] ?? '')
      const part = ended ? 'ended before' : partOf(main.logSoFar())
      result.moments[part] = (result.moments[part] ?? 0) + 1
      if (!ended) result.kills++
      // The builder is still stopping what it did for the killed job.
      await sleep(500)
      let blurred = false
      let nextFailed = false

      const label = `${backend}, seed ${seed}, kill ${result.kills} (${what}; ${part} at ${moment.toFixed(1)} s, builder ${builderStays ? 'stays' : 'goes'})`
      const problems = []
      const said = [main.logSoFar()]
      let checked = 0
      // An upload to gha that was cut off keeps its key, and BuildKit takes the layer for saved when the same builder has it again.
      if (builderStays && backend !== 'gha' && random.chance(0.3)) problems.push(...(await nextJob(true)))
      blurred = (await emptyAfterKill(builder)).some(id => !heldBefore.includes(id))
      if (blurred) result.blurred++
      for (const ref of await savedRefs(place)) {
        if (held.get(ref.stage)?.id === ref.id) continue
        checked++
        const ran = await importAlone(ref, context, givenArguments(model), service.url, builder)
        if (ran.length > 0) problems.push(`ref of ${ref.stage} alone: ${ran.join(', ')}`)
        else {
          held.set(ref.stage, { id: ref.id, keys: keysUnder(model, base, ref.stage) })
          // Of what it reads its build loads nothing, where that came out as it was before.
          for (const key of keysBelow(model, base, ref.stage)) earlier.add(key)
        }
      }
      result.refs += checked
      problems.push(...(await nextJob(false)))
      for (const ref of await savedRefs(place)) held.set(ref.stage, { id: ref.id, keys: keysBelow(model, base, ref.stage) })
      for (const key of keysOf(model, base).values()) earlier.add(key)
      result.faults.push(...problems.map(problem => `${label}: ${problem}`))
      // What the builder holds would serve the next jobs of this graph as well, and what a failed one saved is not known.
      if (blurred || nextFailed) round = killsOfGraph
      if (logs && problems.length > 0) {
        await mkdir(logs, { recursive: true })
        await writeFile(join(logs, `${backend}-${seed}-${result.kills}.log`), said.join('\n--- the next job\n'))
      }
      print(`${label}: ${checked} new refs${problems.map(problem => ` ✗ ${problem}`).join('')}`)

      async function nextJob(/** @type {boolean} */ sameBuilder) {
        const keys = keysOf(model, base)
        const needed = neededNames(model)
        const saved = new Set([...held.values()].flatMap(({ keys: of }) => of))
        const must = [...keys]
          .filter(([step, key]) => needed.has(step.split(' ')[0] ?? '') && !saved.has(key))
          .map(([step]) => step)
        if (!sameBuilder) await emptyAfterKill(builder)
        const next = await prepareJob(jobOf(context, place, given, proxies))
        const done = await next.startMain().done
        said.push(done.log)
        const { outputs } = await next.finish()
        const failed = done.exitCode !== 0
        nextFailed ||= failed
        if (failed) return [`the next job failed:\n${done.log.split('\n').slice(-15).join('\n')}`]
        const { ran, troubles } = await stepsOfReport(outputs['report'] ?? '')
        const needless = ran.filter(step => !must.includes(step))
        const missing = sameBuilder || blurred ? [] : must.filter(step => !ran.includes(step) && !earlier.has(keys.get(step)))
        return [
          ...(needless.length > 0 ? [`ran needlessly: ${needless.join(', ')}`] : []),
          ...(missing.length > 0 ? [`did not run: ${missing.join(', ')}`] : []),
          ...troubles.map(trouble => `trouble: ${trouble}`)
        ]
      }
    }
    await deleteAllTags(repository)
  }
  for (const proxy of Object.values(proxies)) await proxy.stop()
  await service.stop()
  await rm(root, { recursive: true, force: true })
  await removeJobs()
  return result
}

/**
 * @param {string} workspace
 * @param {import('./refs.mjs').Place} place
 * @param {Record<string, string>} inputs
 * @param {{ registry: { host: string }, cache: { url: string } }} proxies
 */
function jobOf(workspace, { backend, repository, image, cacheDir }, inputs, { registry, cache }) {
  return {
    action: resolve(import.meta.dirname, '..'),
    workspace,
    cacheUrl: cache.url,
    inputs: {
      'cache-backends': backend,
      'cache-image': `${registry.host}/${repository}`,
      'cache-name': image,
      'cache-dir': cacheDir,
      outputs: 'type=cacheonly',
      ...inputs
    }
  }
}

/** Which part of a job its log has come to. @param {string} log */
function partOf(log) {
  if (log.includes('::group::Caches of stages'))
    return /→ .*: saved/.test(log) ? 'while more is saved' : 'while the first is saved'
  return log.includes('::group::Plan') ? 'while building' : 'before the build'
}

/** Keys of a stage's steps and of the stages it is FROM. @param {Model} model @param {string} base @param {string} stage */
function keysUnder(model, base, stage) {
  const chain = new Set()
  for (let name = /** @type {string | undefined} */ (stage); name; name = model.stages.find(one => one.name === name)?.from)
    chain.add(name)
  return [...keysOf(model, base)].filter(([step]) => chain.has(step.split(' ')[0] ?? '')).map(([, key]) => key)
}

/** Keys of a stage's steps and of all it is made from. @param {Model} model @param {string} base @param {string} stage */
function keysBelow(model, base, stage) {
  const stages = model.stages.slice(0, model.stages.findIndex(({ name }) => name === stage) + 1)
  const needed = neededNames({ ...model, stages })
  return [...keysOf(model, base)].filter(([step]) => needed.has(step.split(' ')[0] ?? '')).map(([, key]) => key)
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      kills: { type: 'string', default: '50' },
      backends: { type: 'string', default: 'registry,gha,local' },
      logs: { type: 'string' },
      ...builderOptions
    }
  })
  const backends = values.backends.split(',')
  const builder = givenBuilder(values)
  const totals = []
  for (const [index, backend] of backends.entries()) {
    const kills = Math.floor((Number(values.kills) + index) / backends.length)
    const { faults, ...figures } = await soakKills({
      seed: Number(values.seed) + index,
      kills,
      backend: /** @type {'registry'} */ (backend),
      ...(builder ? { builder } : {}),
      ...(values.logs === undefined ? {} : { logs: values.logs }),
      print: line => console.log(line)
    })
    console.log(`${backend}: ${JSON.stringify(figures)}, ${faults.length} faults`)
    totals.push(...faults)
  }
  for (const fault of totals) console.log(`- ${fault}`)
  process.exit(totals.length > 0 ? 1 : 0)
}
