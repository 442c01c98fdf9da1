import type { Degradation } from '../../src/reasons'
import { renderWarnings } from '../../src/report/warnings'
import { attention } from '../../src/report/attention'
import { judgeHitRate } from '../../src/report/hit-rate'
import { renderNothingBuilt } from '../../src/report/nothing-built'
import type { BuildReport } from '../../src/report/report'
import { renderSummary } from '../../src/report/summary'
import { whySection } from '../../src/report/why'
import { plain } from '../../src/report/words'
import { because, reportOf, stageOf } from './samples'

const guard = (minimum: number, below: 'warn' | 'fail' = 'fail') => ({ hitRateGuard: { minimum, below } })
const half = [stageOf(0, 'a', 'c'), stageOf(1, 'b', 'r')]

describe('min-hit-rate', () => {
  test.each<[string, Partial<BuildReport>, 'warn' | 'fail' | undefined]>([
    ['not asked for', {}, undefined],
    ['reached', guard(50), undefined],
    ['missed', guard(50.1), 'fail'],
    ['missed, to be warned of', guard(51, 'warn'), 'warn'],
    ['of a build that failed', { ...guard(100), outcome: 'failure' }, undefined],
    ['of one that was cancelled', { ...guard(100), outcome: 'cancelled' }, undefined],
    ['without steps', { ...guard(100), stages: [stageOf(0, 'a', '')] }, undefined],
    ['nothing was saved yet', { ...guard(80), stages: [stageOf(0, 'a', 'rr', because({ code: 'first-build' }))] }, 'warn'],
    ['nothing could be read', { ...guard(80), stages: [stageOf(0, 'a', 'rr', because({ code: 'cache-unreachable' }))] }, 'fail'],
    [
      'a rebuild was asked for',
      { ...guard(80), stages: [stageOf(0, 'a', 'rr', because({ code: 'rebuild-requested' }))] },
      undefined
    ]
  ])('%s', (_, difference, expected) => expect(judgeHitRate(reportOf(half, difference))?.then).toBe(expected))

  test('says the rate, the limit and what to do', () => {
    expect(plain(judgeHitRate(reportOf(half, guard(80)))?.why ?? [])).toBe(
      'Hit rate 50 %, below the 80 % of min-hit-rate: 1 of 2 steps came from the cache. The summary says of each stage why it ran. Where this is to be expected, lower min-hit-rate or write on-low-hit-rate: warn.'
    )
    expect(renderSummary(reportOf(half, guard(80)))).toContain('❌ Hit rate 50 %, below the 80 % of `min-hit-rate`')
    expect(renderSummary(reportOf(half, guard(80, 'warn')))).toContain('⚠️ Hit rate 50 %')
    expect(renderSummary(reportOf(half, guard(50)))).not.toContain('Hit rate')
  })
})

const trouble = (code: Degradation['code'], stage?: string): Degradation => ({
  code,
  backend: 'registry',
  detail: 'denied\n::error::x',
  ...(stage === undefined ? {} : { stage })
})

describe('warnings of the job', () => {
  test('one for each kind of trouble, with its stages and the remedy', () => {
    const degradations = [trouble('export-failed', 'a'), trouble('export-failed', 'b'), trouble('lookup-failed')]
    expect(renderWarnings(reportOf(half, { degradations }))).toEqual([
      expect.stringMatching(/^a, b: built, but not saved to the registry\. Check that the job logs in .*packages: write/u),
      expect.stringMatching(/^Could not look up what is saved in the registry\. /u)
    ])
  })

  test('five at most, and how many more', () => {
    const codes = [
      'lookup-failed',
      'restore-failed',
      'save-failed',
      'record-failed',
      'export-failed',
      'import-failed',
      'bring-in-failed'
    ] as const
    const given = renderWarnings(reportOf(half, { degradations: codes.map(code => trouble(code)) }))
    expect(given).toHaveLength(6)
    expect(given[5]).toBe('2 more kinds of cache trouble: the job summary has them all')
  })

  test('a hit rate that fails the job is its error, one that does not is a warning', () => {
    expect(renderWarnings(reportOf(half, guard(80)))).toEqual([])
    expect(renderWarnings(reportOf(half, guard(80, 'warn')))).toEqual([expect.stringMatching(/^Hit rate 50 %/u)])
  })

  test('none where it is as it should be that nothing is written', () => {
    const degradations = (['fork', 'strangers-code', 'read-only-token'] as const).map(why => ({
      ...trouble('write-not-allowed'),
      why
    }))
    expect(renderWarnings(reportOf(half, { degradations }))).toEqual([])
    expect(
      renderWarnings(reportOf(half, { degradations: [{ ...trouble('write-not-allowed'), why: 'not-logged-in' }] }))
    ).toHaveLength(1)
  })

  test('none for a job that was cancelled', () => {
    expect(renderWarnings(reportOf(half, { outcome: 'cancelled', degradations: [trouble('export-failed', 'a')] }))).toEqual([])
  })

  test('none for a build without trouble', () => expect(renderWarnings(reportOf(half))).toEqual([]))
})

describe('the one thing to look at', () => {
  const look = (difference: Partial<BuildReport>) => plain(attention(reportOf(half, difference)) ?? [])
  test.each<[string, Partial<BuildReport>, string]>([
    [
      'what costs every later build',
      { degradations: [trouble('import-failed', 'a'), trouble('export-failed', 'b')] },
      'to fix: b: built, but not saved to the registry'
    ],
    ['the longest step', {}, 'longest: WORKDIR /app in b, 1.7 s'],
    ['nothing', { stages: [stageOf(0, 'a', 'cc')] }, '']
  ])('%s', (_, difference, expected) => expect(look(difference)).toBe(expected))
})

describe('why', () => {
  test('each cause once, with all that was rebuilt for it', () => {
    const parent = (name: string) => because({ code: 'parent-rebuilt', parent: name })
    const stages = [
      stageOf(0, 'a', 'cr'),
      stageOf(1, 'b', 'rr', parent('a')),
      stageOf(2, 'c', 'rr', because({ code: 'cache-absent' })),
      stageOf(3, 'd', 'rr', parent('b')),
      stageOf(4, 'e', 'cc')
    ]
    expect(whySection({ stages }, 10)).toBe(
      '### Why it was rebuilt\n\n- **`a`**: ran from line 3 on: `COPY package.json package-lock.json ./`. With it: `b`, `d`\n- **`c`**: nothing saved for this stage yet'
    )
    expect(whySection({ stages }, 1)).toMatch(/- … and 1 more$/u)
  })

  test('nothing for a first build or a hit', () => {
    expect(whySection({ stages: [stageOf(0, 'a', 'rr', because({ code: 'first-build' })), stageOf(1, 'b', 'c')] }, 10)).toBe('')
  })
})

test('problems before the build: each with its input, none of them Markdown', () => {
  expect(renderNothingBuilt(['target: no stage <b>x</b>'])).toBe(
    '❌ **Nothing was built**\n\n- `target`: no stage &#60;b&#62;x&#60;/b&#62;\n'
  )
  expect(renderNothingBuilt(['push: "yes" is not a boolean', 'docker is missing'])).toMatch(
    /^❌ \*\*Nothing was built: 2 problems\*\*\n\n- `push`: .*\n- docker is missing\n$/u
  )
  expect(Buffer.byteLength(renderNothingBuilt(Array.from({ length: 5000 }, () => `tags: ${'*'.repeat(9000)}`)))).toBeLessThan(
    500_000
  )
})
