import type { Degradation } from '../../src/reasons'
import { renderWarnings } from '../../src/report/warnings'
import { attention } from '../../src/report/attention'
import { judgeFall, judgeHitRate } from '../../src/report/hit-rate'
import { judgeImageSize } from '../../src/report/image-size'
import { renderNothingBuilt } from '../../src/report/nothing-built'
import type { BuildReport } from '../../src/report/report'
import { renderSummary } from '../../src/report/summary'
import { whySection } from '../../src/report/why'
import { plain } from '../../src/report/words'
import { because, reportOf, stageOf } from './samples'

const guard = (minimum: number, below: 'warn' | 'fail' = 'fail') => ({ hitRateGuard: { minimum, below } })
const half = [stageOf(0, 'a', 'c'), stageOf(1, 'b', 'r')]

const moved = [
  stageOf(0, 'a', 'r', because({ code: 'base-image-changed', from: 'sha256:1', to: 'sha256:2' })),
  stageOf(1, 'b', 'rr', because({ code: 'parent-rebuilt', parent: 'a' }))
]
const changed = stageOf(2, 'c', 'r', because({ code: 'file-changed', files: [], count: 1 }))

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
    ['what was saved is not known', { ...guard(80), recordLost: true }, 'warn'],
    ['a base image moved', { ...guard(80), stages: moved }, 'warn'],
    ['a base image moved, and a file changed', { ...guard(80), stages: [...moved, changed] }, 'fail'],
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

describe('beside earlier builds', () => {
  const usually = (hitRate: number) => ({ earlier: { usual: { hitRate, seconds: 12.3, builds: 7 } } })
  test.each<[string, Partial<BuildReport>, boolean]>([
    ['nothing is known of them', {}, false],
    ['as usual', usually(0.5), false],
    ['a little below', usually(0.69), false],
    ['far below', usually(0.7), true],
    ['above', usually(0.1), false],
    ['of a build that failed', { ...usually(0.9), outcome: 'failure' }, false],
    ['of one that was cancelled', { ...usually(0.9), outcome: 'cancelled' }, false],
    ['the first of its cache', { ...usually(0.9), stages: [stageOf(0, 'a', 'rr', because({ code: 'first-build' }))] }, false],
    [
      'a rebuild was asked for',
      { ...usually(0.9), stages: [stageOf(0, 'a', 'r', because({ code: 'rebuild-requested' }))] },
      false
    ],
    ['a base image moved', { ...usually(0.9), stages: moved }, false],
    ['a base image moved, and a file changed', { ...usually(0.9), stages: [...moved, changed] }, true],
    ['the cache is gone', { ...usually(0.9), stages: [stageOf(0, 'a', 'r', because({ code: 'cache-evicted' }))] }, true],
    ['min-hit-rate says it already', { ...usually(0.9), ...guard(80) }, false],
    ['min-hit-rate was reached', { ...usually(0.9), ...guard(50) }, true]
  ])('a hit rate: %s', (_, difference, expected) => expect(judgeFall(reportOf(half, difference)) !== undefined).toBe(expected))

  test('a fall is a warning of the job and of the summary, and fails nothing', () => {
    const why =
      'Hit rate 50 %, and 85 % on average of the last 7 builds that changed something. The summary says of each stage why it ran.'
    const report = reportOf(half, usually(0.85))
    expect(renderWarnings(report)).toEqual([why])
    expect(renderSummary(report)).toContain(`⚠️ ${why}`)
    expect(renderSummary(report)).toMatch(/On average: hit rate 85 % and 12\ss of building/u)
  })

  const image = (bytes: number | undefined, before?: number, difference: Partial<BuildReport> = {}) =>
    reportOf(half, {
      maxImageGrowth: 20,
      image: { imageid: '', digest: '', tags: ['app'], ...(bytes === undefined ? {} : { bytes }) },
      earlier: before === undefined ? {} : { imageBytes: before },
      ...difference
    })
  test.each<[string, BuildReport, boolean]>([
    ['of unknown size', image(undefined, 100), false],
    ['with nothing to compare with', image(100), false],
    ['that grew as much as it may', image(120, 100), false],
    ['that grew more', image(121, 100), true],
    ['that shrank', image(10, 100), false],
    ['after an empty one', image(100, 0), false],
    ['of a build that failed', image(500, 100, { outcome: 'failure' }), false]
  ])('an image %s', (_, report, expected) => expect(judgeImageSize(report) !== undefined).toBe(expected))

  test('an image that grew is a warning, its size is in the summary', () => {
    const grown = image(412e6, 314e6)
    expect(renderWarnings(grown)).toEqual([
      'The image grew from 314 MB to 412 MB, 32 % more; max-image-growth is 20 %. docker history shows what each step adds. Where this is to be expected, raise the limit or write max-image-growth: off.'
    ])
    const shown = (report: BuildReport) => renderSummary(report).replaceAll('\u00a0', ' ')
    expect(shown(grown)).toContain('🐳 `app` · 412 MB, 31 % more than before')
    expect(shown(image(300e6, 314e6))).toContain('300 MB, 4 % less than before')
    expect(shown(image(314e6, 314e6))).toContain('🐳 `app` · 314 MB\n')
    expect(shown(image(undefined, 314e6))).toContain('🐳 `app`\n')
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
      expect.stringMatching(/^a, b: not saved to the registry\. Check that the job logs in .*packages: write/u),
      expect.stringMatching(/^Could not look up what is saved in the registry\. /u)
    ])
  })

  test('none for steps that ran to be saved where the builder had their results alone', () => {
    const again = { ...trouble('export-ran-steps', 'a'), hadHit: true }
    expect(renderWarnings(reportOf(half, { degradations: [again] }))).toEqual([])
    const degradations = [again, trouble('export-ran-steps', 'b')]
    expect(renderWarnings(reportOf(half, { degradations }))).toEqual([expect.stringMatching(/^b: steps ran .*report/u)])
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
    const given = { interrupted: true, degradations: [trouble('export-failed', 'a')] } as const
    for (const outcome of ['cancelled', 'failure', 'success'] as const)
      expect(renderWarnings(reportOf(half, { ...given, outcome }))).toEqual([])
  })

  test('none for a build without trouble', () => expect(renderWarnings(reportOf(half))).toEqual([]))
})

describe('the one thing to look at', () => {
  const look = (difference: Partial<BuildReport>) => plain(attention(reportOf(half, difference)) ?? [])
  test.each<[string, Partial<BuildReport>, string]>([
    [
      'what costs every later build',
      { degradations: [trouble('import-failed', 'a'), trouble('export-failed', 'b')] },
      'to fix: b: not saved to the registry'
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

  test('a stage that is read changed in an earlier build, and is a hit in this one', () => {
    const earlier = because({ code: 'parent-rebuilt', parent: 'a', earlier: true })
    expect(whySection({ stages: [stageOf(0, 'a', 'cc'), stageOf(1, 'b', 'rr', earlier)] }, 10)).toBe(
      '### Why it was rebuilt\n\n- **`b`**: `a` changed since this stage was saved'
    )
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
