import { readFileSync } from 'node:fs'
import { parseDockerfile } from '../../src/dockerfile/parse-dockerfile'
import { neededStages } from '../../src/dockerfile/stage-graph'
import { completeStages, explainStages, finishedStages, newStageWatch, type StageFacts } from '../../src/explain/stages'
import { applyStatus, newVertexTable } from '../../src/progress/vertices'
import { statusesOf, tableOf } from '../progress/recordings'

const both = ['linux/amd64', 'linux/arm64']

interface Recorded {
  readonly recording: string
  readonly dockerfile?: string
  readonly platforms?: readonly string[]
  readonly target?: string
  readonly outcome?: StageFacts['outcome']
  /** `stage status` and the steps as `number` and first letter of the status, `s` where it was stopped; the platform where there are several. */
  readonly rows: readonly string[]
  /** Stages in the order in which they became finished; missing: none. */
  readonly finished?: readonly string[]
}

const webHit = ['base hit 2c 3c', 'python-deps hit 1c 2c', 'node-deps hit 1c 2c', 'builder hit 1c 2c', 'runtime hit 1c 2c 3c']
const webEdited = [...webHit.slice(0, 3), 'builder miss 1r 2r', 'runtime partial 1c 2r 3r']

const recorded: readonly Recorded[] = [
  {
    recording: 'web/cold',
    rows: ['base miss 2r 3r', 'python-deps miss 1r 2r', 'node-deps miss 1r 2r', 'builder miss 1r 2r', 'runtime miss 1r 2r 3r'],
    finished: ['base', 'node-deps', 'python-deps', 'builder', 'runtime']
  },
  { recording: 'web/hit', rows: webHit },
  { recording: 'web/edited', rows: webEdited, finished: ['builder', 'runtime'] },
  { recording: 'web/imported', rows: webHit },
  { recording: 'web/imported-edited', rows: webEdited, finished: ['builder', 'runtime'] },
  { recording: 'web/import-absent', rows: webHit },
  {
    recording: 'web/no-cache-filter',
    // What runtime copies from builder did not change, so it is found by its content.
    rows: [...webHit.slice(0, 2), 'node-deps miss 1r 2r', 'builder miss 1r 2r', 'runtime hit 1c 2c 3c'],
    finished: ['node-deps', 'builder']
  },
  {
    recording: 'lost-layer/imported-edited',
    dockerfile: 'web',
    outcome: 'failure',
    rows: [
      'base hit 2c 3c',
      'python-deps not-run 1n 2n',
      'node-deps hit 1c 2c',
      'builder failed 1f 2n',
      'runtime not-run 1n 2n 3n'
    ]
  },
  {
    recording: 'failing/failed',
    outcome: 'failure',
    rows: ['base miss 2r', 'slow not-run 1r 2s', 'broken failed 1r 2f 3n', 'quick miss 1r', 'runtime not-run 1n 2n 3n'],
    finished: ['base', 'quick']
  },
  {
    recording: 'missing-file/failed',
    outcome: 'failure',
    rows: ['base miss 2r', 'slow not-run 1s', 'quick miss 1r', 'runtime failed 1n 2f'],
    finished: ['base', 'quick']
  },
  {
    recording: 'cancelled/interrupted',
    dockerfile: 'failing',
    outcome: 'cancelled',
    rows: ['base miss 2r', 'slow not-run 1r 2s', 'broken not-run 1r 2s 3n', 'quick miss 1r', 'runtime not-run 1n 2n 3n'],
    finished: ['base', 'quick']
  },
  { recording: 'single/cold', rows: ['only miss 2r 3r'], finished: ['only'] },
  { recording: 'single/hit', rows: ['only hit 2c 3c'] },
  { recording: 'single-reading/cold', rows: ['only miss 2r 3r'], finished: ['only'] },
  {
    recording: 'platforms/cold',
    platforms: both,
    rows: [
      'tools linux/amd64 miss 2r 3r',
      'tools linux/arm64 miss 2r 3r',
      'build linux/amd64 partial 2c 3r 4r',
      'build linux/arm64 partial 2c 3r 4r',
      'base linux/amd64 hit 2c',
      'base linux/arm64 hit 2c',
      'runtime linux/amd64 miss 1r 2r',
      'runtime linux/arm64 miss 1r 2r'
    ],
    finished: ['build', 'tools', 'runtime']
  },
  {
    recording: 'platforms/hit',
    platforms: both,
    rows: [
      'tools linux/amd64 hit 2c 3c',
      'tools linux/arm64 hit 2c 3c',
      'build linux/amd64 hit 2c 3c 4c',
      'build linux/arm64 hit 2c 3c 4c',
      'base linux/amd64 hit 2c',
      'base linux/arm64 hit 2c',
      'runtime linux/amd64 hit 1c 2c',
      'runtime linux/arm64 hit 1c 2c'
    ]
  },
  {
    recording: 'platforms/another',
    platforms: ['linux/arm', 'linux/arm64/v8'],
    rows: [
      'tools linux/arm hit 2c 3c',
      'tools linux/arm64/v8 hit 2c 3c',
      'build linux/arm partial 2c 3c 4r',
      'build linux/arm64/v8 hit 2c 3c 4c',
      'base linux/arm hit 2c',
      'base linux/arm64/v8 hit 2c',
      'runtime linux/arm miss 1r 2r',
      'runtime linux/arm64/v8 hit 1c 2c'
    ],
    finished: ['build', 'runtime']
  },
  {
    recording: 'platforms/one',
    platforms: ['linux/arm64'],
    rows: ['tools hit 2c 3c', 'build hit 2c 3c 4c', 'base hit 2c', 'runtime hit 1c 2c']
  },
  {
    recording: 'link/cold',
    rows: ['bare miss 1r', 'files miss 1r 2r', 'left miss 2r 3r 4r', 'right miss 2r', 'runtime miss 1r 2r'],
    finished: ['bare', 'files', 'right', 'left', 'runtime']
  },
  { recording: 'link/hit', rows: ['bare hit 1c', 'files hit 1c 2c', 'left hit 2c 3c 4c', 'right hit 2c', 'runtime hit 1c 2c'] },
  {
    recording: 'onbuild/cold',
    rows: ['parent miss 2r 3r 4r', 'child miss 1r 2r 3r', 'stage-2 miss 1r'],
    finished: ['parent', 'child', 'stage-2']
  },
  { recording: 'onbuild/hit', rows: ['parent hit 2c 3c 4c', 'child hit 1c 2c 3c', 'stage-2 hit 1c'] },
  { recording: 'odd/cold', rows: ['odd miss 2r 3r 4r 5r 6r 7r 8r'], finished: ['odd'] },
  { recording: 'odd/hit', rows: ['odd hit 2c 3c 4c 5c 6c 7c 8c'] },
  {
    // One WORKDIR, one COPY and one `RUN echo build` are announced for all of them.
    recording: 'merged/cold',
    rows: ['deps miss 2r 3r 4r', 'build miss 2r 3r 4r', 'twin miss 2r 3r 4r', 'runtime miss 2r 3r 4r 5r'],
    finished: ['build', 'twin', 'deps', 'runtime']
  },
  { recording: 'merged/hit', rows: ['deps hit 2c 3c 4c', 'build hit 2c 3c 4c', 'twin hit 2c 3c 4c', 'runtime hit 2c 3c 4c 5c'] },
  {
    recording: 'shadowed/cold',
    rows: ['app miss 2r', 'app miss 1r', 'stage-2 miss 2r 3r', 'stage-3 miss 1r'],
    finished: ['app', 'app', 'stage-2', 'stage-3']
  },
  { recording: 'shadowed/hit', rows: ['app hit 2c', 'app hit 1c', 'stage-2 hit 2c 3c', 'stage-3 hit 1c'] },
  {
    // BuildKit ran the steps of left and right once, under right's vertices; left's were never begun.
    recording: 'same-content/cold',
    rows: ['one miss 2r', 'two miss 2r', 'left hit 2c 3c', 'right miss 2r 3r', 'runtime miss 1r 2r'],
    finished: ['two', 'one', 'right', 'runtime']
  },
  // What an ADD asks a repository before its key is known is no step, though it has the step's name and speaks.
  { recording: 'download/imported', rows: ['remote hit 2c 3c', 'last hit 2c'] },
  { recording: 'same-content/hit', rows: ['one hit 2c', 'two hit 2c', 'left hit 2c 3c', 'right hit 2c 3c', 'runtime hit 1c 2c'] },
  {
    recording: 'concurrent/main',
    rows: ['base partial 2c 3r', 'early miss 1r 2r', 'late miss 1r 2r', 'runtime miss 1r 2r'],
    finished: ['base', 'early', 'late', 'runtime']
  },
  // The main build's vertices stand for those of the builds beside it.
  {
    recording: 'concurrent/early-during',
    target: 'early',
    rows: ['base partial 2c 3r', 'early miss 1r 2r'],
    finished: ['base', 'early']
  },
  {
    recording: 'concurrent/early-after',
    target: 'early',
    rows: ['base partial 2c 3r', 'early miss 1r 2r'],
    finished: ['base', 'early']
  },
  { recording: 'concurrent/base-after', target: 'base', rows: ['base partial 2c 3r'], finished: ['base'] }
]

function wanted({ recording, dockerfile: name, platforms = ['linux/amd64'], target }: Recorded) {
  const text = readFileSync(`__tests__/fixtures/rawjson/${name ?? recording.split('/')[0]}/Dockerfile`, 'utf8')
  const more = target === undefined ? {} : { target }
  const { dockerfile } = parseDockerfile(text, {
    buildArgs: {},
    platform: platforms[0] ?? '',
    buildPlatform: 'linux/amd64',
    ...more
  })
  return { dockerfile, needed: neededStages(dockerfile, target), platforms }
}

describe.each(recorded)('$recording', recorded => {
  const { recording, rows, finished = [], platforms = ['linux/amd64'], outcome = 'success' } = recorded
  const results = explainStages({ ...wanted(recorded), table: tableOf(statusesOf(recording)), outcome })

  test('stages', () => {
    const actual = results.map(({ name, platform, status, steps }) =>
      [
        name,
        ...(platforms.length > 1 ? [platform] : []),
        status,
        ...steps.map(step => `${step.number}${step.stopped ? 's' : step.status[0]}`)
      ].join(' ')
    )
    expect(actual).toEqual(rows)
  })

  test('steps', () => {
    for (const { cached, seconds, steps } of results) {
      expect(cached).toBe(steps.filter(({ status }) => status === 'cached').length)
      expect(seconds).toBeCloseTo(steps.reduce((sum, step) => sum + step.seconds, 0))
      for (const { status, seconds, started, line } of steps) {
        if (status === 'cached') expect({ seconds, started }).toEqual({ seconds: 0, started: undefined })
        if (status === 'ran') expect(seconds).toBeGreaterThan(0)
        expect(line).toBeGreaterThan(0)
      }
    }
  })

  test('stages as they are finished', () => {
    const watch = newStageWatch(wanted(recorded))
    const table = newVertexTable()
    const names = statusesOf(recording).flatMap(status => {
      applyStatus(table, status)
      return finishedStages(watch, table).map(({ name }) => name)
    })
    expect(names).toEqual(finished)
  })
})

test('values of build arguments are not in commands', () => {
  const web = recorded.find(({ recording }) => recording === 'web/cold') as Recorded
  const commands = explainStages({ ...wanted(web), table: tableOf(statusesOf('web/cold')), outcome: 'success' })[0]?.steps.map(
    ({ command }) => command
  )
  expect(commands).toEqual(['WORKDIR /app', 'RUN echo "base of $SEED" && mkdir -p /opt/base'])
})

test('the second pass enters reasons and refs, and no reason for a hit', () => {
  const edited = recorded.find(({ recording }) => recording === 'web/edited') as Recorded
  const results = explainStages({ ...wanted(edited), table: tableOf(statusesOf('web/edited')), outcome: 'success' })
  const complete = completeStages(results, { reason: () => ({ code: 'unknown' }), refs: () => [], history: () => ({}) })
  expect(complete.map(({ reason }) => reason?.code)).toEqual([undefined, undefined, undefined, 'unknown', 'unknown'])
})
