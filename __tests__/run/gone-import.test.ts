import { makeJobToken, READ, WRITE } from '../../testbed/job-token.mjs'
import { emptyRecord } from '../../src/fingerprint/record'
import type { CacheRef } from '../../src/plan/cache-plan'
import type { FoundRef } from '../../src/plan/coverage'
import { planImports } from '../../src/plan/imports'
import type { SolveStatus } from '../../src/progress/solve-status'
import { applyStatus, newVertexTable } from '../../src/progress/vertices'
import type { Caches } from '../../src/run/caches'
import { planWithoutGone, watchImport } from '../../src/run/gone-import'
import type { Preparation } from '../../src/run/prepare'
import { newTestHost } from '../helpers/host'
import type { TestHost } from '../helpers/host'
import { diamond, dockerfileOf, planOf, refOf } from '../helpers/plans'
import { inputsWith } from '../inputs/fixture'

let host: TestHost
beforeEach(async () => {
  host = await newTestHost()
})
afterEach(() => host.remove())

const plan = planOf(diamond, { backends: ['gha'] })
const dockerfile = dockerfileOf(diamond)
const needed = plan.stages.map(({ stage }) => stage)
const scopes = [
  { scope: 'refs/pull/7/merge', permission: READ + WRITE },
  { scope: 'refs/heads/main', permission: READ }
]

/** A job whose cache service has the refs of these names, in the last scope of the token; it fails for `broken`. */
function serviceWith(names: readonly string[], { available = true } = {}) {
  const asked: string[] = []
  const has = (key: string) => {
    asked.push(key)
    const name = key.replace(/^index-(.*)-1-[0-9a-f]{8}$/, '$1')
    if (names.includes('broken')) return Promise.reject(new Error('503'))
    return Promise.resolve(names.includes(name) && asked.filter(other => other.startsWith(`index-${name}-1-`)).length > 1)
  }
  const env = { ACTIONS_RUNTIME_TOKEN: makeJobToken(scopes) }
  return { host: { ...host, env, buildkitEntries: { ...host.buildkitEntries, available, has } }, asked }
}

const at = (seconds: number) => `2026-01-01T00:00:0${seconds}Z`
const steps = [
  '[base 1/1] COPY os /',
  '[deps 1/1] RUN install',
  '[tools 1/1] RUN fetch',
  '[final 1/2] COPY --from=tools /t /t',
  '[final 2/2] RUN build'
]
const announced: SolveStatus = {
  vertexes: ['[base 1/2] FROM busybox', ...steps].map((name, index) => ({
    digest: `${index}`,
    name,
    ...(index ? { inputs: [`${index - 1}`] } : {})
  }))
}
const ran = (index: number, to?: number): SolveStatus => ({
  vertexes: [
    {
      digest: `${index}`,
      name: steps[index - 1] ?? '',
      inputs: [`${index - 1}`],
      started: at(index),
      ...(to === undefined ? {} : { completed: at(to) })
    }
  ]
})
const cached: SolveStatus = {
  vertexes: steps.map((name, index) => ({
    digest: `${index + 1}`,
    name,
    inputs: [`${index}`],
    started: at(1),
    completed: at(1),
    cached: true
  }))
}
const pulled: SolveStatus = { statuses: [{ id: 'sha256:aa', vertex: '0' }] }

async function watched(
  ref: CacheRef | undefined,
  statuses: readonly SolveStatus[],
  { host: jobs }: ReturnType<typeof serviceWith>
) {
  const table = newVertexTable()
  const watch = watchImport(jobs, ref, { dockerfile, needed, platforms: plan.platforms })
  let stopped = false
  void watch.gone.then(() => (stopped = true))
  for (const status of [
    { vertexes: [{ digest: 'd', name: '[internal] load build definition', started: at(0), completed: at(0) }] },
    announced,
    ...statuses
  ]) {
    applyStatus(table, status)
    watch.onProgress(table)
  }
  await new Promise(resolve => setTimeout(resolve, 20))
  expect(stopped).toBe(watch.isGone())
  return stopped
}

const target = refOf(plan, 'final', 'gha')

test.each<{ what: string; statuses: readonly SolveStatus[]; there?: readonly string[]; asked: number; gone: boolean }>([
  { what: 'everything is cached: nobody is asked', statuses: [cached], asked: 0, gone: false },
  { what: 'a step runs, and the ref is gone from every scope', statuses: [ran(1), ran(1)], asked: 2, gone: true },
  { what: 'a base image is pulled for it', statuses: [pulled], asked: 2, gone: true },
  { what: 'a step runs, and the ref is there', statuses: [ran(1)], there: [target.name], asked: 2, gone: false },
  { what: 'a stage was built by then', statuses: [ran(1, 2)], asked: 2, gone: false },
  { what: 'the service is not well', statuses: [ran(1)], there: ['broken'], asked: 2, gone: false }
])('$what', async ({ statuses, there = [], asked, gone }) => {
  const service = serviceWith(there)
  expect([await watched(target, statuses, service), service.asked.length]).toEqual([gone, asked])
})

test.each([
  ['no import', undefined, true],
  ['the import is of another backend', refOf(planOf(diamond), 'final'), true],
  ['the service is of another version', target, false]
])('%s: nobody is asked', async (_, ref, available) => {
  const service = serviceWith([], { available })
  expect([await watched(ref, [ran(1)], service), service.asked]).toEqual([false, []])
})

test('planned anew from the refs that are there, with what was only recorded taken for absent', async () => {
  const found = ['base', 'deps', 'tools', 'final'].map((stage): FoundRef => {
    const above: Readonly<Record<string, readonly string[]>> = {
      deps: ['base'],
      tools: ['base'],
      final: ['base', 'deps', 'tools']
    }
    const held = (above[stage] ?? []).map(name => [refOf(plan, name, 'gha').name, name] as const)
    return { ref: refOf(plan, stage, 'gha'), id: stage, held: Object.fromEntries(held) }
  })
  const preparation = { plan, dockerfile, inputs: inputsWith(), rebuilt: [] } as unknown as Preparation
  const caches = {
    found,
    lookedUp: ['gha'],
    records: new Map([[plan.scopes.write, emptyRecord('a/b', 'key')]])
  } as unknown as Caches
  const imports = planImports(plan, found, new Set())
  expect([imports.main?.ref.stage, imports.broughtIn]).toEqual(['final', []])

  // The main import is not asked for again.
  const service = serviceWith(['base', 'deps', 'final'].map(stage => refOf(plan, stage, 'gha').name))
  const known = await planWithoutGone(service.host, preparation, { caches, imports, expectations: [] }, undefined)
  expect(known.caches.found.map(({ ref }) => ref.stage)).toEqual(['base', 'deps'])
  expect([known.imports.main, known.imports.broughtIn.map(({ ref }) => ref.stage)]).toEqual([undefined, ['deps']])
  expect(known.expectations.filter(({ reason }) => reason).map(({ stage }) => stage)).toEqual(['tools', 'final'])
})
