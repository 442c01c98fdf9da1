import { timeline } from '../../src/report/timeline'
import { readMarkdown } from './read-markdown'
import { began, reportOf, stageOf } from './samples'
import type { BuildReport } from '../../src/report/report'

const step = (command: string, second: number, seconds: number, status: 'ran' | 'failed' | 'cached' = 'ran') => ({
  number: 1,
  command,
  status,
  seconds,
  ...(status === 'cached' ? {} : { started: began + second * 1000 })
})
const build = (difference: Partial<BuildReport> = {}) =>
  reportOf(
    [
      stageOf(0, 'deps', 'c', { steps: [step('RUN early', 0, 0, 'cached')] }),
      stageOf(1, 'app', 'rr', { steps: [step('COPY . .', 0, 10), step('RUN make', 10, 20)] })
    ],
    { exports: [{ stage: 'app', backend: 'gha', exported: 'yes', started: began + 30_000, seconds: 10 }], ...difference }
  )
const lines = (report: BuildReport, rows = 12) =>
  readMarkdown(timeline(report, rows)).blocks.flatMap(block => block.trimEnd().split('\n'))

test('a bar for each step that ran and each save, in the order they began, as long as they took', () => {
  expect(lines(build())).toEqual([
    `                              0 s${' '.repeat(33)}40 s`,
    `app  COPY . .                 ${'█'.repeat(10)}${' '.repeat(30)}  10 s`,
    `app  RUN make                 ${' '.repeat(10)}${'█'.repeat(20)}${' '.repeat(10)}  20 s`,
    `app  saved to GitHub’s cache  ${' '.repeat(30)}${'▒'.repeat(10)}  10 s`
  ])
})

test('what was brought in comes first', () => {
  const report = build({ broughtIn: [{ stage: 'deps', ref: 'r', started: began - 5000, seconds: 4 }] })
  expect(lines(report)[1]).toMatch(/^deps +brought in +░{4} +4\.0 s$/u)
})

test('the longest, where there is room for a few', () => {
  expect(lines(build(), 1)[1]).toMatch(/RUN make/u)
  expect(timeline(build(), 1)).toMatch(/… and 2 shorter ones\./u)
  expect(timeline(build(), 0)).toBe('')
})

test('nothing where nothing ran, or nobody knows when', () => {
  expect(timeline(reportOf([stageOf(0, 'a', 'cc')]), 12)).toBe('')
  expect(
    timeline(build({ stages: [], exports: [{ stage: 'a', backend: 'gha', exported: 'not-allowed', seconds: 0 }] }), 12)
  ).toBe('')
})

test('every bar is seen and stays within its column', () => {
  const report = build({ exports: [{ stage: 'app', backend: 'gha', exported: 'yes', started: began + 3_600_000, seconds: 0 }] })
  for (const line of lines(report).slice(1)) expect(line.match(/[█▒░]+/gu)?.[0].length).toBeGreaterThanOrEqual(1)
  expect(
    new Set(
      lines(report)
        .slice(1)
        .map(line => line.search(/\d[\d.]* (s|min)/u))
    ).size
  ).toBe(1)
})
