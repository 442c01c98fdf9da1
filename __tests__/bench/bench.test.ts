// What the benchmark makes of what it measured.
import { renderChart } from '../../bench/chart.mjs'
import { buildOf, stepsRun } from '../../bench/history.mjs'
import { phasesOf } from '../../bench/phases.mjs'
import { compareSteps, jobs } from '../../bench/project.mjs'
import { renderResults } from '../../bench/results.mjs'
import { summarize } from '../../bench/summary.mjs'

const at = (seconds: number) => new Date(1_800_000_000_000 + seconds * 1000).toISOString()
const vertex = (name: string, from: number, to: number, more: object = {}) => ({
  digest: `sha256:${name}`,
  name,
  started: at(from),
  completed: at(to),
  ...more
})
const build = (...lines: object[]) =>
  buildOf(lines.map(line => JSON.stringify(line)).join('\n'), { created_at: at(0), completed_at: at(20) })

describe('steps that ran', () => {
  it('are not those that were cached, also when a cached layer is pulled later', () => {
    const name = '[base 2/3] RUN install'
    const cached = build({ vertexes: [vertex(name, 1, 1, { cached: true })] }, { vertexes: [vertex(name, 2, 5)] })
    expect(stepsRun([cached])).toEqual([])
  })

  it('are those whose cached result could not be loaded, which their output shows', () => {
    const name = '[base 2/3] RUN install'
    const again = build(
      { vertexes: [vertex(name, 1, 1, { cached: true })] },
      { logs: [{ vertex: `sha256:${name}`, stream: 1, data: '' }] }
    )
    expect(stepsRun([again])).toEqual(['base 2'])
  })

  it('count once when two builds shared them, twice when they ran twice', () => {
    const name = '[builder  2/12] RUN make'
    const first = build({ vertexes: [vertex(name, 1, 5)] })
    const beside = build({ vertexes: [vertex(name, 1, 5)] })
    const later = build({ vertexes: [vertex(name, 8, 12)] })
    expect(stepsRun([first, beside])).toEqual(['builder 2'])
    expect(stepsRun([first, beside, later])).toEqual(['builder 2', 'builder 2'])
  })

  it('leave out base images and what is no step', () => {
    const names = ['[base 1/3] FROM docker.io/library/busybox', '[internal] load build context', 'exporting to image']
    expect(stepsRun([build({ vertexes: names.map(name => vertex(name, 1, 2)) })])).toEqual([])
  })
})

describe('the project', () => {
  it('says which steps were needless and which are missing', () => {
    const fix = jobs.find(({ name }) => name === 'fix')
    if (!fix) throw new Error('no job fix')
    const ran = ['builder 1', 'builder 2', 'node-deps 2', 'runtime 1', 'runtime 2']
    expect(compareSteps(fix, ran)).toEqual({ needless: ['node-deps 2'], missing: ['runtime 3'] })
  })
})

const measurement = (competitor: string, seconds: number, more: object = {}) => ({
  job: 'unchanged',
  competitor,
  round: 1,
  seconds,
  load: 0,
  ran: [],
  needless: [],
  missing: [],
  registry: { requests: 8, up: 1_000_000, down: 0 },
  gha: { requests: 0, up: 0, down: 0 },
  asked: {},
  builds: [],
  troubles: [],
  ...more
})

describe('the results', () => {
  const run = () => Promise.reject(new Error('nothing runs here'))
  const competitors = [
    { name: 'ours', backend: 'registry', side: 'ours', keepsBuilder: false, run },
    { name: 'its rival', backend: 'registry', side: 'rival', keepsBuilder: false, run },
    { name: 'a <fast> one', backend: 'none', side: 'rival', keepsBuilder: false, run },
    { name: 'warm', backend: 'none', side: 'floor', keepsBuilder: true, run }
  ] as const
  const measured = [
    ...[9, 2, 3].map((seconds, index) => measurement('ours', seconds, { round: index + 1 })),
    measurement('its rival', 6, { needless: ['base 2'] }),
    measurement('a <fast> one', 4),
    measurement('warm', 1)
  ]
  const summary = summarize(measured, { jobs: jobs.filter(({ name }) => name === 'unchanged'), competitors })

  it('are medians, in relation to the same kind of cache, to the best other and to the warm builder', () => {
    expect(summary.jobs[0]?.rows[0]).toMatchObject({ seconds: 3, ofRival: 0.5, ofBest: 0.75, ofFloor: 3, remark: '' })
    expect(summary.rounds).toBe('median of 1 to 3 rounds')
    expect(summary.jobs[0]?.rows[1]).toMatchObject({ ofBest: 1.5, remark: '1 needless' })
  })

  it('are a table and a picture', () => {
    expect(renderResults(summary, {})).toContain('| ours | 3.0 | 0.50 | 0.75 | 3.00 | 0 | 8 | 1.0 | 0.0 |  |')
    expect(renderChart(summary)).toContain('>a &lt;fast> one</text>')
  })
})

describe('the time', () => {
  it('goes to what came before the main build, to it, and to what came after', () => {
    const builds = [
      { kind: 'bring-in', from: 1, to: 3, steps: [], exports: [] },
      { kind: 'image', from: 4, to: 10, steps: [{ name: 'builder 2', from: 5, to: 8 }], exports: [] },
      { kind: 'export', from: 8, to: 12, steps: [], exports: [] }
    ]
    expect(phasesOf(measurement('ours', 13, { builds }))).toEqual({ before: 1, bringIn: 3, steps: 4, push: 2, after: 3 })
  })
})
