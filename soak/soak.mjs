// @ts-check
// Random edits over random stage graphs, each job on an empty builder: the steps that run must be exactly those whose key no
// earlier job saved. The registry answers through a proxy with random delays.
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { pushBaseImage } from '../testbed/base-images.mjs'
import { serveCache } from '../testbed/cache-service.mjs'
import { startProxy } from '../testbed/proxy.mjs'
import { deleteAllTags } from '../testbed/registry.mjs'
import { removeJobs, runJob } from '../testbed/runner.mjs'
import { theTestBed } from '../testbed/where.mjs'
import { builderOptions, emptyBuilder, givenBuilder, inputsOf } from './builders.mjs'
import { broken, randomEdit, randomModel } from './graphs.mjs'
import { givenArguments, keysOf, neededNames, renderDockerfile } from './model.mjs'
import { wrongReasons } from './reasons.mjs'
import { newRandom } from './random.mjs'

/**
 * @typedef {object} SoakOptions
 * @property {number} seed
 * @property {number} edits how many edited jobs in all
 * @property {number} [editsOfGraph] how many on one graph before a new one is drawn
 * @property {'registry' | 'gha' | 'local'} [backend]
 * @property {Record<string, string>} [inputs]
 * @property {boolean} [push] push the image, which pulls every cached layer, too
 * @property {number} [failing] share of the edits whose build fails in one stage, and is mended by the next
 * @property {readonly string[]} [platforms] built together; the first is the one that builds. Steps run without emulation: the base image
 *   has this machine's programs on each
 * @property {import('./builders.mjs').OtherBuilder} [builder] in place of the engine's own
 * @property {(line: string) => void} [print]
 */

/**
 * @param {SoakOptions} options
 * @returns {Promise<{ jobs: number, faults: string[], counts: Record<string, number> }>} each fault names the job, the edit and the steps
 */
export async function soak({
  seed,
  edits,
  editsOfGraph = 10,
  backend = 'registry',
  inputs = {},
  push = false,
  failing = 0,
  platforms = [],
  builder,
  print = () => undefined
}) {
  const random = newRandom(seed)
  const proxy = await startProxy(theTestBed().registry, { seed, faults: [{ randomDelayMs: 30 }] })
  const service = await serveCache()
  const workspace = await mkdtemp(join(tmpdir(), 'soak-'))
  const cacheDir = `${workspace}-cache`
  // A base image of this run's own: a builder remembers, even when emptied, which keys an earlier run of the same seed found equal.
  const several = platforms.length > 1
  const { ref: base } = await pushBaseImage({
    name: `soak/base:${randomUUID()}`,
    files: { 'etc/soak': randomUUID() },
    ...(several ? { platforms: [...platforms], filesOf: platform => ({ 'in/arch': platform }) } : {})
  })
  /** @type {string[]} */
  const faults = []
  /** @type {Record<string, number>} */
  const counts = {}
  let jobs = 0
  try {
    for (let done = 0; done < edits;) {
      // Its own as well: what a run that was cut off left is no cache of this one.
      const repository = `soak/app-${seed}-${done}-${randomUUID().slice(0, 8)}`
      let model = randomModel(random, { platforms: several })
      /** @type {Set<string>} */
      let saved = new Set()
      /** What is mended in the next round. @type {import('./model.mjs').Model | undefined} */
      let whole
      for (let round = 0; (round <= editsOfGraph && done < edits) || whole; round++) {
        let what = 'first build'
        /** @type {import('./model.mjs').Model | undefined} */
        const before = round > 0 ? model : undefined
        const mending = whole !== undefined
        if (whole) {
          ;[model, what, whole] = [whole, 'mended', undefined]
          if (random.chance(0.5)) {
            const more = randomEdit(random, model)
            ;[model, what] = [more.model, `mended, ${more.what}`]
          }
        } else if (round > 0) {
          ;({ model, what } = randomEdit(random, model))
          done++
          if (random.chance(failing)) {
            whole = model
            const one = broken(random, model)
            ;[model, what] = [one.model, `${what}, ${one.what}`]
          }
        }
        const fails = whole !== undefined
        const keys = several ? keysOnAll(model, base, platforms) : keysOf(model, base)
        const needed = neededNames(model)
        const must = [...keys]
          .filter(([step, key]) => needed.has(step.split(' ')[0] ?? '') && !saved.has(key))
          .map(([step]) => step)
        await rm(workspace, { recursive: true, force: true })
        await writeContext(workspace, model, base)
        await emptyBuilder(builder, [cacheDir])
        jobs++
        const result = await runOnce({
          workspace,
          repository: `${proxy.host}/${repository}`,
          backend,
          cacheDir,
          cacheUrl: service.url,
          inputs: {
            ...inputs,
            ...inputsOf(builder),
            ...(several ? { platforms: platforms.join() } : {}),
            'build-args': givenArguments(model).join('\n')
          },
          push,
          name: repository,
          fails,
          keyOf: step => keys.get(step) ?? step
        })
        const label = `seed ${seed}, job ${jobs} (${what})`
        if (typeof result === 'string') faults.push(`${label}: ${result}`)
        else {
          // Steps that platforms share run once, and stand for each of them.
          const [mustKeys, ranKeys] = [must, result.ran].map(steps => new Set(steps.map(step => keys.get(step))))
          const needless = result.ran.filter(step => !mustKeys?.has(keys.get(step)))
          // What would have come after the failure is not known to be missing.
          const missing = fails ? [] : must.filter(step => !ranKeys?.has(keys.get(step)))
          // After a build that failed some stages were saved as they were before it and some as it left them: its model alone does not tell.
          const told = mending
            ? { faults: [], counts: {} }
            : wrongReasonsOnAll({ before, now: model, image: base, stages: result.stages })
          for (const [name, number] of Object.entries(told.counts)) counts[name] = (counts[name] ?? 0) + number
          for (const wrong of told.faults) faults.push(`${label}: ${wrong}`)
          if (needless.length > 0) faults.push(`${label}: ran needlessly: ${needless.join(', ')}`)
          if (missing.length > 0) faults.push(`${label}: did not run: ${missing.join(', ')}`)
        }
        print(
          `${label}: ${must.length} of ${keys.size} steps had to run${faults.at(-1)?.startsWith(label) ? ` ✗ ${faults.at(-1)}` : ''}`
        )
        const { whole: finished, begun } = typeof result === 'string' ? { whole: new Set(), begun: new Set() } : result
        const kept = fails ? finished : needed
        const now = [...keys].filter(([step]) => kept.has(step.split(' ')[0] ?? '') || begun.has(step)).map(([, key]) => key)
        saved = new Set(fails ? [...saved, ...now] : now)
      }
      await deleteAllTags(repository)
    }
  } finally {
    await proxy.stop()
    await service.stop()
    for (const path of [workspace, cacheDir, `${cacheDir}.entries`]) await rm(path, { recursive: true, force: true })
    await removeJobs()
  }
  return { jobs, faults, counts }
}

/** Keys by `<stage> <number> <platform>`. @param {import('./model.mjs').Model} model @param {string} base @param {readonly string[]} platforms */
function keysOnAll(model, base, platforms) {
  const [build = ''] = platforms
  return new Map(
    platforms.flatMap(target =>
      [...keysOf(model, base, { target, build })].map(([step, key]) => /** @type {const} */ ([`${step} ${target}`, key]))
    )
  )
}

/** Each platform by itself. @param {Parameters<typeof wrongReasons>[0]} job */
function wrongReasonsOnAll(job) {
  const platforms = [...new Set(job.stages.map(({ platform }) => platform))]
  const all = platforms.map(on => wrongReasons({ ...job, stages: job.stages.filter(({ platform }) => platform === on) }))
  /** @type {Record<string, number>} */
  const counts = {}
  for (const one of all) for (const [name, number] of Object.entries(one.counts)) counts[name] = (counts[name] ?? 0) + number
  return { faults: all.flatMap(({ faults }) => faults), counts }
}

/** @param {string} workspace @param {import('./model.mjs').Model} model @param {string} base */
export async function writeContext(workspace, model, base) {
  await mkdir(workspace, { recursive: true })
  await writeFile(join(workspace, 'Dockerfile'), renderDockerfile(model, base))
  for (const [name, content] of Object.entries(model.files)) await writeFile(join(workspace, name), content)
}

/**
 * @param {{ workspace: string, repository: string, backend: string, cacheDir: string, cacheUrl: string, inputs: Record<string, string>, push: boolean, name: string, fails: boolean, keyOf: (step: string) => string }} job
 * @returns {Promise<{ ran: string[], whole: Set<string>, begun: Set<string>, stages: any[] } | string>} steps that ran as `<stage> <number>`, stages that
 *   were finished, and steps that were saved of others; or what went wrong
 */
async function runOnce({ workspace, repository, backend, cacheDir, cacheUrl, inputs, push, name, fails, keyOf }) {
  const job = await runJob({
    action: resolve(import.meta.dirname, '..'),
    workspace,
    cacheUrl,
    inputs: {
      'cache-backends': backend,
      'cache-image': repository,
      'cache-name': name,
      'cache-dir': cacheDir,
      ...(push ? { tags: `${repository}:latest`, push: 'true' } : { outputs: 'type=cacheonly' }),
      ...inputs
    }
  })
  if ((job.main.exitCode !== 0) !== fails) {
    return `the job ${fails ? 'passed' : 'failed'}:\n${job.main.log.split('\n').slice(-15).join('\n')}`
  }
  const { report, ran, troubles } = await stepsOfReport(job.outputs['report'] ?? '')
  if (troubles.length > 0) return `trouble: ${troubles.join('; ')}`
  // The log is asked as well: what a RUN prints proves that it ran, whatever the report says.
  const printed = [...job.main.log.matchAll(/^#\d+ [\d.]+ RAN-(\S+)$/gm)].map(([, stage]) => stage ?? '').sort()
  const runs = report.stages.flatMap((/** @type {any} */ stage) =>
    stage.steps
      .filter((/** @type {any} */ step) => step.status === 'ran' && step.command.startsWith('RUN'))
      .map((/** @type {any} */ step) => /** @type {const} */ ([keyOf(nameOfStep(report, stage, step)), stage.name]))
  )
  const reported = runs.map((/** @type {readonly [string, string]} */ [, name]) => name).sort()
  // Steps of two platforms that only their content shows to be the same may run once for both, or side by side.
  const fewest = [...new Map(runs).values()].sort()
  // A step that was stopped may have printed already.
  if (!fails && !(isWithin(fewest, printed) && isWithin(printed, reported)))
    return `the report says RUN of [${reported}], the log shows RUN of [${printed}]`
  const isWhole = (/** @type {any} */ stage) => ['hit', 'partial', 'miss'].includes(stage.status)
  // A stage is saved when it is whole on every platform.
  const unfinished = new Set(
    report.stages.filter((/** @type {any} */ one) => !isWhole(one)).map((/** @type {any} */ one) => one.name)
  )
  const whole = report.stages
    .map((/** @type {any} */ stage) => stage.name)
    .filter((/** @type {any} */ name) => !unfinished.has(name))
  // What the next job must find of the others.
  const begun = report.beginnings.flatMap((/** @type {{ stage: string, steps: number }} */ { stage: name, steps }) => {
    const stage = report.stages.find((/** @type {any} */ one) => one.name === name)
    return stage.steps.slice(0, steps).map((/** @type {any} */ step) => nameOfStep(report, stage, step))
  })
  return { ran, whole: new Set(whole), begun: new Set(begun), stages: report.stages }
}

/** Whether a list has each name at least as often as another. @param {readonly string[]} less @param {readonly string[]} more */
function isWithin(less, more) {
  const times = (/** @type {readonly string[]} */ list, /** @type {string} */ name) => list.filter(one => one === name).length
  return less.every(name => times(less, name) <= times(more, name))
}

/** @param {any} report @param {any} stage @param {any} step */
function nameOfStep(report, stage, step) {
  const several = report.stages.some((/** @type {any} */ other) => other.platform !== stage.platform)
  return `${stage.name} ${step.number}${several ? ` ${stage.platform}` : ''}`
}

/** Whether a step was begun: one that was stopped as well. @param {any} step */
function wasRun(step) {
  return step.status === 'ran' || (step.status !== 'cached' && step.started !== undefined && !step.command.includes('&& false'))
}

/**
 * @param {string} path of a job's report
 * @returns {Promise<{ report: any, ran: string[], troubles: string[] }>} steps that ran as `<stage> <number>`, of several platforms with the platform
 */
export async function stepsOfReport(path) {
  const report = JSON.parse(await readFile(path, 'utf8'))
  const ran = report.stages.flatMap((/** @type {any} */ stage) =>
    stage.steps.filter(wasRun).map((/** @type {any} */ step) => nameOfStep(report, stage, step))
  )
  return { report, ran, troubles: report.degradations.map((/** @type {any} */ trouble) => `${trouble.code} ${trouble.detail}`) }
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      edits: { type: 'string', default: '100' },
      backend: { type: 'string', default: 'registry' },
      push: { type: 'boolean', default: false },
      failing: { type: 'string', default: '0' },
      export: { type: 'string', default: 'eager' },
      platforms: { type: 'string', default: '' },
      ...builderOptions
    }
  })
  const builder = givenBuilder(values)
  const result = await soak({
    seed: Number(values.seed),
    edits: Number(values.edits),
    backend: /** @type {'registry'} */ (values.backend),
    push: values.push,
    failing: Number(values.failing),
    platforms: values.platforms.split(',').filter(Boolean),
    ...(builder ? { builder } : {}),
    inputs: { 'cache-export': values.export },
    print: line => console.log(line)
  })
  console.log(`${result.jobs} jobs, ${result.faults.length} faults; ${JSON.stringify(result.counts)}`)
  for (const fault of result.faults) console.log(`- ${fault}`)
  process.exit(result.faults.length > 0 ? 1 : 0)
}
