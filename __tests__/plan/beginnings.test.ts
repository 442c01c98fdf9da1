import type { Stage } from '../../src/dockerfile/dockerfile'
import { planBeginnings } from '../../src/plan/beginnings'
import { cutDockerfile } from '../../src/plan/own-dockerfile'
import { planJoin, takenIn, takesBeginning } from '../../src/plan/joins'
import type { JoinFacts } from '../../src/plan/joins'
import type { Joined } from '../../src/joined'
import type { StepState } from '../../src/plan/prefetch'
import { foundWith, main, onBranch, planOf, refOf } from '../helpers/plans'
import type { PlanOptions } from '../helpers/plans'

const app = `FROM debian AS deps
RUN install
FROM debian AS builder
COPY list /
RUN fetch
COPY src /src
RUN make
FROM debian AS final
RUN setup
COPY --from=deps /deps /
COPY --from=builder /out /
RUN check
`

const facts: JoinFacts = {
  found: [],
  broughtIn: [],
  failedImports: new Set(),
  lookedUp: ['registry', 'gha'],
  cacheMode: 'max',
  speaksGha: true
}

/** By a line's number in the file, how its step stands; what is not said has not begun. */
const standing =
  (states: Readonly<Record<number, StepState>>) =>
  ({ steps }: Stage) =>
    new Map(steps.map(({ lines }) => [lines.start, states[lines.start] ?? 'waiting']))

function beginnings(
  states: Readonly<Record<number, StepState>>,
  options: PlanOptions = {},
  more: Partial<JoinFacts> = {},
  text = app
) {
  const plan = planOf(text, options)
  const places = plan.backends.flatMap(backend => planJoin(plan, backend, { ...facts, ...more }) ?? [])
  const whole = { ran: new Set(['deps']), hit: new Set<string>() }
  return planBeginnings(plan, whole, places, standing(states))
}
const described = (...args: Parameters<typeof beginnings>) =>
  beginnings(...args).map(({ ref, beginning }) => `${ref.backend} ${ref.name} ${beginning?.steps} ${beginning?.lastLine}`)

const failedLast = { 2: 'ran', 4: 'ran', 5: 'ran', 6: 'ran', 7: 'working', 9: 'ran', 10: 'ran' } as const

test('all before the step that failed, and before those that waited, each under a name of its own', () => {
  expect(described(failedLast)).toEqual(['registry cache-builder_BEGUN 3 6', 'registry cache-final_BEGUN 2 10'])
  const [builder, final] = beginnings(failedLast)
  expect(builder?.after).toEqual(['deps', 'builder', 'final'])
  expect(final?.beginning && cutDockerfile(app, final.beginning)).toBe(app.split('\n').slice(0, 10).join('\n') + '\n')
  expect(described(failedLast, { backends: ['gha', 'registry'], inputs: { 'cache-version': '2' } })).toEqual([
    'gha cache-builder_BEGUN_OF_acme__app_V_2 3 6',
    'registry cache-builder_BEGUN_V_2 3 6',
    'gha cache-final_BEGUN_OF_acme__app_V_2 2 10',
    'registry cache-final_BEGUN_V_2 2 10'
  ])
})

test.each<{ why: string; states: Readonly<Record<number, StepState>>; options?: PlanOptions; text?: string }>([
  { why: 'what was saved before', states: { ...failedLast, 4: 'cached', 5: 'cached', 6: 'cached', 9: 'cached', 10: 'cached' } },
  { why: 'files of the context alone', states: { 4: 'ran', 5: 'working' } },
  { why: 'a first step that failed', states: { 4: 'working', 9: 'working' } },
  { why: 'several platforms', states: failedLast, options: { platforms: ['linux/amd64', 'linux/arm64'] } },
  { why: 'stages that are left out', states: failedLast, options: { inputs: { 'cache-stages': 'deps' } } },
  {
    why: 'steps that are not in the file where they count',
    states: { 2: 'ran', 4: 'working' },
    text: 'FROM debian AS deps\nONBUILD RUN install\nFROM deps\nRUN make\n'
  }
])('nothing is begun: $why', ({ states, options, text }) => {
  expect(described(states, options, {}, text)).toEqual([])
})

test('a copy from another stage is worth it, the layer may be large', () => {
  expect(described({ 9: 'cached', 10: 'ran' })).toEqual(['registry cache-final_BEGUN 2 10'])
})

describe('nothing is begun where the target’s ref is not going to hold it', () => {
  test.each<{ why: string; more: Partial<JoinFacts> }>([
    { why: 'mode min', more: { cacheMode: 'min' } },
    { why: 'not looked up', more: { lookedUp: [] } }
  ])('$why', ({ more }) => {
    expect(described(failedLast, {}, more)).toEqual([])
  })

  const joinedWith = (joined: Joined, more: Partial<JoinFacts> = {}) => {
    const plan = planOf(app)
    const before = { ...foundWith(refOf(plan, 'final'), 'a'), joined }
    const place = planJoin(plan, 'registry', { ...facts, found: [before], ...more })
    if (!place) throw new Error('no place')
    const begun = (ran: readonly string[]) =>
      planBeginnings(plan, { ran: new Set(ran), hit: new Set(['deps']) }, [place], standing(failedLast)).map(({ stage }) => stage)
    return { place, before, begun }
  }

  test('it holds three older contents of a stage that was saved or brought in, so nothing is joined', () => {
    const full = { older: ['deps', 'tools', 'deps', 'deps'] }
    const { place, before, begun } = joinedWith(full)
    expect(takenIn(joinedWith({ older: ['deps', 'deps'] }).place, ['deps'])).toEqual([])
    expect(place.replaces).toBe(before)
    expect([takenIn(place, ['deps']), takenIn(place, ['builder'])]).toEqual([undefined, []])
    expect([begun(['deps']), begun([])]).toEqual([[], ['builder', 'final']])
    const broughtIn = [foundWith(refOf(planOf(app), 'deps'), 'b')]
    const other = joinedWith(full, { broughtIn })
    expect([takenIn(other.place, []), other.begun([])]).toEqual([undefined, []])
    expect(takenIn(joinedWith({ older: [] }, { broughtIn }).place, [])).toEqual(broughtIn)
    expect(takenIn(joinedWith({ older: [] }, { broughtIn }).place, ['deps'])).toEqual([])
  })

  test('it holds three beginnings of the stage already', () => {
    const { place, begun } = joinedWith({ older: [], begun: ['final', 'builder', 'builder', 'builder'] })
    expect(['builder', 'final'].map(stage => takesBeginning(place, stage))).toEqual([false, true])
    expect(begun([])).toEqual(['final'])
  })

  test('its import failed', () => {
    const plan = planOf(app)
    const ref = refOf(plan, 'final')
    expect(planJoin(plan, 'registry', { ...facts, found: [foundWith(ref, 'a')], failedImports: new Set([ref]) })).toBeUndefined()
  })

  test('GitHub’s cache of another branch, or spoken by BuildKit alone', () => {
    const plan = planOf(app, { scopes: onBranch, backends: ['gha'] })
    const other = foundWith(refOf(plan, 'final', 'gha', main), 'a')
    expect(planJoin(plan, 'gha', { ...facts, found: [other] })).toBeUndefined()
    expect(planJoin(plan, 'gha', { ...facts, speaksGha: false })).toBeUndefined()
    expect(planJoin(plan, 'gha', facts)?.ref).toBe(refOf(plan, 'final', 'gha'))
  })
})
