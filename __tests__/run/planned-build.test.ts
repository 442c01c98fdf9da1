import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { emptyRecord } from '../../src/fingerprint/record'
import type { FoundRef } from '../../src/plan/coverage'
import { planImports } from '../../src/plan/imports'
import { watchCancellation } from '../../src/run/cancellation'
import type { Builder } from '../../src/run/builder'
import type { Caches } from '../../src/run/caches'
import { holdLog } from '../../src/run/held-log'
import { buildAsPlanned } from '../../src/run/planned-build'
import type { Preparation } from '../../src/run/prepare'
import { makeJobToken, READ, WRITE } from '../../testbed/job-token.mjs'
import { newTestHost } from '../helpers/host'
import { diamond, dockerfileOf, onBranch, planOf, refOf } from '../helpers/plans'
import { inputsWith } from '../inputs/fixture'

const says = `
const { appendFileSync, existsSync, writeFileSync } = require('node:fs')
const argv = process.argv.slice(2)
const now = () => new Date().toISOString()
const say = vertexes => process.stderr.write(JSON.stringify({ vertexes }) + '\\n')
const names = ['[base 1/1] COPY os /', '[deps 1/1] RUN install', '[tools 1/1] RUN fetch', '[final 1/2] COPY --from=tools /t /t', '[final 2/2] RUN build']
const vertex = (at, more) => ({ digest: 'sha256:' + at, name: names[at], inputs: ['sha256:' + (at - 1)], ...more })
if (argv.includes('--cache-to')) appendFileSync(process.env.HOME + '/saves', argv[argv.indexOf('--target') + 1] + '\\n')
`

/** A build amid its first step, which that gets done while the build is stopped; nobody stops the next one, which finds that step cached. */
const docker = `${says}
const mark = process.env.HOME + '/stopped'
if (argv.includes('--iidfile')) {
  const started = now()
  const isSecond = existsSync(mark)
  process.on('SIGINT', () => {
    writeFileSync(mark, '')
    say([vertex(0, { started, completed: now() })])
    setTimeout(() => process.exit(1), 50)
  })
  say(names.map((_, at) => vertex(at)))
  say([vertex(0, isSecond ? { started, completed: started, cached: true } : { started })])
  if (isSecond) say([1, 2, 3, 4].map(at => vertex(at, { started: now() })))
  // Time enough for an answer of the service.
  setTimeout(() => {
    if (isSecond) say([1, 2, 3, 4].map(at => vertex(at, { started, completed: now() })))
    process.exit(0)
  }, isSecond ? 300 : 20000)
}
`

/** A build that fails at its second step since BuildKit loses that, and the same once more. */
const losing = `${says}
const mark = process.env.HOME + '/lost'
if (argv.includes('--iidfile')) {
  const [started, isSecond] = [now(), existsSync(mark)]
  writeFileSync(mark, '')
  say(names.map((_, at) => vertex(at)))
  say([vertex(0, { started, completed: now(), ...(isSecond ? { cached: true } : {}) })])
  const error = 'failed to commit a to b during finalize: failed to stat active key during commit: snapshot a does not exist: not found'
  say([vertex(1, { started, completed: now(), ...(isSecond ? {} : { error }) })])
  if (isSecond) say([2, 3, 4].map(at => vertex(at, { started, completed: now() })))
  process.exitCode = isSecond ? 0 : 1
}
`

/** What came of a build of which GitHub's cache says `answers` when it is asked whether a ref is there, and `false` from then on. */
async function build(answers: readonly (boolean | 'broken')[] = [], program = docker) {
  const plan = planOf(diamond, { backends: ['gha'], scopes: onBranch })
  const scopes = [{ scope: 'refs/heads/own', permission: READ + WRITE }]
  const real = await newTestHost({ docker: program, env: { ACTIONS_RUNTIME_TOKEN: makeJobToken(scopes) } })
  const left = [...answers]
  const has = () => {
    const answer = left.shift() ?? false
    return answer === 'broken' ? Promise.reject(new Error('429')) : Promise.resolve(answer)
  }
  const host = { ...real, buildkitEntries: { ...real.buildkitEntries, available: true, has } }
  const found: FoundRef[] = (plan.stages.at(-1)?.reads ?? []).map(ref => ({ ref, id: ref.name, held: {} }))
  const inputs = inputsWith({ 'cache-dir': join(real.folder, 'cache') })
  const preparation = {
    ...{ plan, inputs, dockerfile: dockerfileOf(diamond), rebuilt: [], jobId: 'job', context: {}, buildArgs: {} },
    backends: { repository: '', backends: ['gha'], reason: '', problems: [] },
    file: { text: diamond, path: 'Dockerfile' },
    script: { globals: [], stages: [] },
    attestedRun: { builderId: '', privateRepository: false, attestsByDefault: false }
  } as unknown as Preparation
  const recordPlace = {
    onlyExplains: true,
    written: {},
    names: [basename(real.folder)],
    repository: 'a/b',
    directory: real.folder
  }
  const caches = {
    ...{ found, absent: [], lookedUp: ['gha'], readOnly: [], notWritten: [], records: new Map(), recordPlace },
    record: emptyRecord('a/b', 'key')
  } as unknown as Caches
  const imports = planImports(plan, found, new Set())
  const builder = { name: 'b', driver: 'docker-container', buildkit: 'v0.32.2', reason: '', created: false } satisfies Builder
  const { built, side, ...known } = await buildAsPlanned(host, watchCancellation(host), {
    ...{ preparation, builder, imports, eager: true, beside: true, log: holdLog(host.log), staging: '' },
    filling: Promise.resolve({}),
    expecting: Promise.resolve({ caches, imports, expectations: [] }),
    materials: Promise.resolve(undefined),
    beforeStaging: () => undefined
  })
  await side.finish(built, known.caches)
  const saves = (await readFile(join(real.folder, 'saves'), 'utf8')).trim().split('\n')
  await real.remove()
  return { built, saves, main: known.imports.main?.ref, said: real.said.join('\n') }
}

test('what ran before its import was known to be gone ran, and is saved once', async () => {
  const { built, saves, main } = await build()
  expect([built.outcome, main]).toEqual(['success', undefined])
  expect(built.results.map(({ name, status }) => [name, status])).toContainEqual(['base', 'miss'])
  expect(saves.filter(stage => stage === 'base')).toEqual(['base'])
})

test('a build that takes the place of a stopped one is not stopped, whatever the service says then', async () => {
  // Asked for the target's ref of the branch, then for that of the default branch.
  const { built, main, said } = await build([false, 'broken'])
  const plan = planOf(diamond, { backends: ['gha'], scopes: onBranch })
  expect(main?.name).toBe(refOf(plan, 'final', 'gha', plan.scopes.read[1]).name)
  expect([built.outcome, built.run.exitCode]).toEqual(['success', 0])
  expect(said.match(/planned anew/g)).toHaveLength(1)
})

test('a build of which BuildKit lost a step is made again, and what ran before that ran', async () => {
  const { built, said } = await build(Array<boolean>(9).fill(true), losing)
  expect([built.outcome, built.run.exitCode]).toEqual(['success', 0])
  expect(built.results.map(({ name, status }) => `${name} ${status}`)).toEqual([
    'base miss',
    'deps miss',
    'tools miss',
    'final miss'
  ])
  expect(said).toContain('BuildKit lost what a step had just made: building once more')
})
