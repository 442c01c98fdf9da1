import fc from 'fast-check'
import type { StageResult } from '../../src/explain/stage-result'
import type { Backend, Degradation, Exported, Imported, Reason, StageStatus } from '../../src/reasons'
import { nextBuildWords } from '../../src/report/failure'
import { renderLogTable } from '../../src/report/log-table'
import { renderOutputs } from '../../src/report/outputs'
import type { BuildReport } from '../../src/report/report'
import { renderSummary } from '../../src/report/summary'
import { hostileText } from './hostile'
import { readMarkdown } from './read-markdown'
import { builds } from './builds'
import { refOf, reportOf, stageOf } from './samples'

const MEBIBYTE = 1024 * 1024
const ourTags = ['<details open><summary>', '<details><summary>', '</details>', '<br>']

const backend = fc.constantFrom<Backend>('registry', 'gha', 'local')
const reason: fc.Arbitrary<Reason | null> = fc.oneof(
  fc.constantFrom<Reason | null>(null, { code: 'unknown' }, { code: 'first-build' }, { code: 'cache-unreachable' }),
  hostileText.map(parent => ({ code: 'parent-rebuilt' as const, parent }))
)
const stage: fc.Arbitrary<StageResult> = fc
  .record({
    name: hostileText,
    index: fc.nat(5),
    platform: fc.constantFrom('linux/amd64', 'linux/arm64', 'x|y'),
    status: fc.constantFrom<StageStatus>('hit', 'partial', 'miss', 'failed', 'not-run', 'unknown'),
    letters: fc.stringMatching(/^[crfn]{0,3}$/u),
    command: hostileText,
    reason,
    refs: fc.array(
      fc.record({
        backend,
        ref: hostileText,
        imported: fc.constantFrom<Imported>('yes', 'absent', 'failed', 'not-asked'),
        exported: fc.constantFrom<Exported>('yes', 'unchanged', 'failed', 'not-allowed', 'not-asked')
      }),
      { maxLength: 2 }
    )
  })
  .map(({ letters, command, ...rest }) => {
    const { steps, cached, seconds } = stageOf(rest.index, 'x', letters)
    return { ...rest, steps: steps.map(step => ({ ...step, command })), cached, seconds }
  })
const degradation: fc.Arbitrary<Degradation> = fc.record({
  code: fc.constantFrom<Degradation['code']>('lookup-failed', 'export-failed', 'bring-in-failed', 'record-failed'),
  backend,
  stage: hostileText,
  detail: hostileText
})
const report: fc.Arbitrary<BuildReport> = fc
  .record({
    outcome: fc.constantFrom('success' as const, 'failure' as const, 'cancelled' as const),
    error: hostileText,
    tags: fc.array(hostileText, { maxLength: 4 }),
    builder: fc.record({ name: hostileText, driver: hostileText, reason: hostileText }),
    target: hostileText,
    imported: fc.record({ backend, ref: hostileText, scope: hostileText }),
    broughtIn: fc.array(fc.record({ stage: hostileText, ref: hostileText }), { maxLength: 2 }),
    stages: fc.array(stage, { maxLength: 4 }),
    degradations: fc.array(degradation, { maxLength: 3 })
  })
  .map(({ stages, tags, ...difference }) => reportOf(stages, { ...difference, image: { imageid: '', digest: '', tags } }))

describe('text of others', () => {
  test('breaks no table, adds no tag, no link, no heading and no list', () => {
    fc.assert(
      fc.property(report, given => {
        const read = readMarkdown(renderSummary(given))
        const [stages] = given.stages.length > 0 ? read.tables : [[]]
        expect(stages).toHaveLength(given.stages.length > 0 ? given.stages.length + 1 : 0)
        for (const table of read.tables) expect(new Set(table.map(row => row.length)).size).toBe(1)
        for (const html of read.html) expect(ours(html)).toBe(true)
        expect(read.types.filter(type => /link|image|strike|^s_|ordered|blockquote|^hr$|^em_|code_block/u.test(type))).toEqual([])
        for (const node of read.prose) expect(node).not.toMatch(/@\w|#\d|:\/\/|www\.|:\w+:/u)
      }),
      { numRuns: 400 }
    )
  })

  test('adds no line to the log', () => {
    fc.assert(
      fc.property(report, given => {
        const table = renderLogTable({ ...given, degradations: [], error: '' })
        const left = nextBuildWords(given) ? 2 : 0
        expect(table.split('\n')).toHaveLength((given.stages.length > 0 ? given.stages.length + 3 : 1) + left)
        // eslint-disable-next-line no-control-regex
        expect(renderLogTable(given)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e]/u)
      }),
      { numRuns: 400 }
    )
  })

  test('is whole in the outputs', () => {
    fc.assert(
      fc.property(report, given => {
        const stages = JSON.parse(renderOutputs(given)['stages'] ?? '') as { name: string }[]
        expect(stages.map(({ name }) => name).toSorted()).toEqual(given.stages.map(({ name }) => name).toSorted())
      }),
      { numRuns: 200 }
    )
  })
})

describe('size', () => {
  const huge = '😀|`\n'.repeat(25_000)
  const platforms = ['linux/amd64', 'linux/arm64', 'linux/s390x', 'linux/ppc64le']

  // Names of 100 KB are one string shared, or the test itself would need gigabytes.
  test.each([
    ['short names', (index: number) => `stage-${index}`],
    ['names of 100 KB', () => huge]
  ])('2,000 stages for 4 platforms, %s: under 1 MiB', (_, nameOf) => {
    const stages = Array.from({ length: 8000 }, (_, place) => {
      const name = nameOf(place >> 2)
      const refs = [refOf('x', { ref: name }), refOf('x', { ref: name, backend: 'gha', exported: 'failed' })]
      return stageOf(place >> 2, name, (place >> 2) % 2 ? 'crr' : 'ccc', { platform: platforms[place % 4] ?? '', refs })
    })
    const report = reportOf(stages, {
      outcome: 'failure',
      error: huge.repeat(5),
      target: huge,
      builder: { name: huge, driver: huge, reason: huge },
      image: { imageid: huge, digest: huge, tags: Array.from({ length: 10 }, () => huge) },
      imported: { backend: 'registry', ref: huge, scope: huge },
      broughtIn: stages.map(stage => ({ stage: stage.name, ref: huge })),
      degradations: stages.map(({ name }, index) => ({
        code: 'export-failed',
        backend: 'registry',
        stage: name,
        detail: index % 2 === 0 ? huge : `${index}: denied`
      }))
    })
    const summary = renderSummary(report)
    expect(Buffer.byteLength(summary)).toBeLessThan(MEBIBYTE)
    expect(summary).toMatch(/^❌ \*\*Build failed\*\* · 1000 of 2000 stages from cache · 16000 of 24000 steps/u)
    const { tables } = readMarkdown(summary)
    expect(tables[0]?.length).toBeGreaterThan(100)
    for (const table of tables) expect(new Set(table.map(row => row.length)).size).toBe(1)
    for (const output of Object.values(renderOutputs({ ...report, image: { imageid: '', digest: '', tags: [] } }))) {
      expect(output.length).toBeLessThanOrEqual(Math.max(500_000, huge.length))
    }
    expect(renderLogTable(report).length).toBeLessThan(200_000)
  })

  test('every build of the golden files is small', () => {
    for (const report of Object.values(builds)) expect(Buffer.byteLength(renderSummary(report))).toBeLessThan(64 * 1024)
  })
})

/** Our own tags; a title of ours may follow the first. */
function ours(html: string): boolean {
  return html === '<!-- -->' || ourTags.some(tag => html === tag || /^<details(?: open)?><summary>[\w ]+<\/summary>$/u.test(html))
}
