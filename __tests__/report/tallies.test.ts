import fc from 'fast-check'
import type { StageStatus } from '../../src/reasons'
import { renderOutputs } from '../../src/report/outputs'
import { predictionsHeld, tally } from '../../src/report/tallies'
import { refOf, reportOf, stageOf } from './samples'

const arm = { platform: 'linux/arm64' }

describe('hit and hit rate', () => {
  test.each([
    ['no stage is known', [], 'success', false, '1.00'],
    ['no stage has steps', [stageOf(0, 'a', '')], 'success', true, '1.00'],
    ['all is cached', [stageOf(0, 'a', 'cc'), stageOf(1, 'b', '')], 'success', true, '1.00'],
    ['all is cached, but the push failed', [stageOf(0, 'a', 'cc')], 'failure', false, '1.00'],
    ['nothing is cached', [stageOf(0, 'a', 'rr')], 'success', false, '0.00'],
    ['two of three are', [stageOf(0, 'a', 'ccr')], 'success', false, '0.67'],
    ['steps that never ran count', [stageOf(0, 'a', 'cf'), stageOf(1, 'b', 'nn')], 'failure', false, '0.25'],
    ['one platform is', [stageOf(0, 'a', 'cc'), stageOf(0, 'a', 'rr', arm)], 'success', false, '0.50'],
    ['nearly all is cached: not rounded up', [stageOf(0, 'a', `${'c'.repeat(999)}r`)], 'success', false, '0.99'],
    ['the status is not known', [stageOf(0, 'a', '', { status: 'unknown' })], 'success', false, '1.00']
  ] as const)('%s', (_, stages, outcome, hit, rate) => {
    const outputs = renderOutputs(reportOf(stages, { outcome }))
    expect([outputs['cache-hit'], outputs['cache-hit-rate']]).toEqual([String(hit), rate])
  })
})

describe('names', () => {
  test('come in Dockerfile order, each once', () => {
    const stages = [
      stageOf(2, 'c', 'r'),
      stageOf(0, 'a', 'c'),
      stageOf(1, 'b', 'c'),
      stageOf(0, 'a', 'c', arm),
      stageOf(1, 'b', 'cr', arm),
      stageOf(2, 'c', 'r', arm)
    ]
    const { cached, rebuilt, exported, platforms } = tally(reportOf(stages))
    expect({ cached, rebuilt, exported, platforms }).toEqual({
      cached: ['a'],
      rebuilt: ['b', 'c'],
      exported: ['b', 'c'],
      platforms: ['linux/amd64', 'linux/arm64']
    })
  })

  test('a stage that failed, did not run or is not known is neither cached nor rebuilt', () => {
    const statuses: StageStatus[] = ['failed', 'not-run', 'unknown']
    const stages = statuses.map((status, index) => stageOf(index, `s${index}`, 'cn', { status }))
    expect(tally(reportOf(stages))).toMatchObject({ cached: [], rebuilt: [], exported: [] })
  })

  test('only a stage that was saved is exported', () => {
    const failed = stageOf(0, 'a', 'r', { refs: [refOf('a', { exported: 'failed' })] })
    const half = stageOf(1, 'b', 'r', {
      refs: [refOf('b', { exported: 'failed' }), refOf('b', { backend: 'gha', exported: 'yes' })]
    })
    expect(tally(reportOf([failed, half])).exported).toEqual(['b'])
  })
})

test('figures agree with each other for any stages', () => {
  const stage = fc
    .tuple(fc.nat(20), fc.stringMatching(/^[crfn]{0,6}$/u), fc.constantFrom('linux/amd64', 'linux/arm64'))
    .map(([index, steps, platform]) => stageOf(index, `s${index}`, steps, { platform }))
  fc.assert(
    fc.property(fc.array(stage), stages => {
      const { steps, cachedSteps, rate, hit, cached, rebuilt, exported } = tally(reportOf(stages))
      expect(cachedSteps).toBeLessThanOrEqual(steps)
      expect(rate).toBeGreaterThanOrEqual(0)
      expect(hit && rate < 1).toBe(false)
      expect(cached.filter(name => rebuilt.includes(name))).toEqual([])
      for (const names of [cached, rebuilt, exported]) expect(new Set(names).size).toBe(names.length)
    })
  )
})

test.each([
  ['nothing is known', [stageOf(0, 'a', 'c')], ''],
  ['nothing was cached', [stageOf(0, 'a', 'r')], '0'],
  ['of one stage of two', [stageOf(0, 'a', 'cc', { saved: { seconds: 1.25, unknownSteps: 0 } }), stageOf(1, 'b', 'c')], '1.3'],
  ['all', [0, 1].map(index => stageOf(index, `s${index}`, 'c', { saved: { seconds: 60, unknownSteps: 0 } })), '120'],
  ['no stage', [], '']
])('time saved: %s', (_, stages, expected) => expect(renderOutputs(reportOf(stages))['time-saved']).toBe(expected))

test('predictions are counted where they were made and could come true', () => {
  const stages = [
    stageOf(0, 'a', 'c', { expected: 'hit' }),
    stageOf(1, 'b', 'cr', { expected: 'rebuild' }),
    stageOf(2, 'c', 'r', { expected: 'hit' }),
    stageOf(3, 'd', 'c', { expected: 'rebuild' }),
    stageOf(4, 'e', 'c'),
    stageOf(5, 'f', '', { expected: 'hit' }),
    stageOf(6, 'g', 'nn', { expected: 'hit' }),
    stageOf(7, 'h', 'f', { expected: 'rebuild' })
  ]
  expect(predictionsHeld(stages)).toEqual({ held: 3, made: 5 })
})
