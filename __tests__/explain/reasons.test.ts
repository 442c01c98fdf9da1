import { explainReasons } from '../../src/explain/reasons'
import type { ReasonFacts } from '../../src/explain/reasons'
import type { StageResult, StepResult } from '../../src/explain/stage-result'
import type { Dockerfile } from '../../src/dockerfile/dockerfile'
import type { Reason, StageStatus } from '../../src/reasons'
import { build, edited, file, recordOf, stagesOf, viewOf } from '../fingerprint/builds'
import type { Build } from '../fingerprint/builds'
import { diamond, dockerfileOf } from '../helpers/plans'

/** `r` ran, `c` cached, `f` failed, `-` did not run: one letter for each step of the stage. */
function resultOf(dockerfile: Dockerfile, name: string, letters: string, platform = 'linux/amd64'): StageResult {
  const stage = dockerfile.stages.find(candidate => candidate.name === name)
  if (!stage || stage.steps.length !== letters.length) throw new Error(`${name} has ${stage?.steps.length} steps`)
  const words = { r: 'ran', c: 'cached', f: 'failed', '-': 'not-run' } as const
  const steps = stage.steps.map((step, index): StepResult => ({
    number: index + 2,
    command: step.text,
    line: step.lines.start,
    status: words[letters[index] as keyof typeof words],
    seconds: 0
  }))
  const has = (letter: string) => letters.includes(letter)
  const status: StageStatus = has('f') ? 'failed' : has('-') ? 'not-run' : !has('r') ? 'hit' : has('c') ? 'partial' : 'miss'
  return { name, index: stage.index, platform, status, steps, cached: 0, seconds: 0, reason: null, refs: [] }
}

const nothingKnown: Omit<ReasonFacts, 'dockerfile' | 'results'> = {
  rebuilt: new Set(),
  nothingSaved: false,
  unreachable: false,
  absent: new Set(),
  refused: new Set(),
  evicted: new Set(),
  begun: new Set(),
  viewOf: () => undefined
}

const chain = `FROM scratch AS a
COPY x /
FROM a AS alias
FROM alias AS b
RUN one
RUN --mount=from=c,target=/c two
`.replace('FROM a AS alias', 'FROM scratch AS c\nRUN c\nFROM a AS alias')

const cases: readonly {
  description: string
  dockerfile?: string
  stages: Readonly<Record<string, string>>
  facts?: Partial<ReasonFacts>
  of: string
  expected: Reason | null
}[] = [
  { description: 'a hit has none', stages: { base: 'c' }, of: 'base', expected: null },
  { description: 'a stage that was not come to has none', stages: { deps: '-' }, of: 'deps', expected: null },
  {
    description: 'its parent was rebuilt',
    stages: { base: 'r', deps: 'r' },
    of: 'deps',
    expected: { code: 'parent-rebuilt', parent: 'base' }
  },
  {
    description: 'the stage it copies from was rebuilt',
    stages: { base: 'c', deps: 'c', tools: 'r', final: 'rr' },
    of: 'final',
    expected: { code: 'parent-rebuilt', parent: 'tools' }
  },
  {
    description: 'of several parents the one named first in the file',
    stages: { base: 'r', deps: 'r', tools: 'r', final: 'rr' },
    of: 'final',
    expected: { code: 'parent-rebuilt', parent: 'deps' }
  },
  {
    description: 'the copy was cached: the stage copied from is not why the step behind it ran',
    stages: { base: 'c', deps: 'c', tools: 'r', final: 'cr' },
    of: 'final',
    expected: { code: 'unknown' }
  },
  {
    description: 'the first copy from it was cached, and the second one was not',
    dockerfile: 'FROM scratch AS a\nRUN a\nFROM scratch AS b\nCOPY --from=a /x /x\nCOPY --from=a /y /y\n',
    stages: { a: 'r', b: 'cr' },
    of: 'b',
    expected: { code: 'parent-rebuilt', parent: 'a', line: 5 }
  },
  {
    description: 'its first step was cached: what it is FROM is not why',
    stages: { base: 'c', deps: 'r', tools: 'c', final: 'cr' },
    of: 'final',
    expected: { code: 'unknown' }
  },
  {
    description: 'a step that failed, because its parent was rebuilt',
    stages: { base: 'r', deps: 'f' },
    of: 'deps',
    expected: { code: 'parent-rebuilt', parent: 'base' }
  },
  {
    description: 'a parent that failed did not rebuild anything',
    stages: { base: 'f', deps: '-' },
    of: 'base',
    expected: { code: 'unknown' }
  },
  {
    description: 'through a stage without steps',
    dockerfile: chain,
    stages: { a: 'r', c: 'c', b: 'rr' },
    of: 'b',
    expected: { code: 'parent-rebuilt', parent: 'a' }
  },
  {
    description: 'a mounted stage was rebuilt',
    dockerfile: chain,
    stages: { a: 'c', c: 'r', b: 'cr' },
    of: 'b',
    expected: { code: 'parent-rebuilt', parent: 'c' }
  },
  {
    description: 'a mounted stage was rebuilt, but the step before ran already',
    dockerfile: chain,
    stages: { a: 'c', c: 'r', b: 'rr' },
    of: 'b',
    expected: { code: 'unknown' }
  },
  {
    description: 'no ref of it',
    stages: { base: 'c', deps: 'r' },
    facts: { absent: new Set(['deps']) },
    of: 'deps',
    expected: { code: 'cache-absent' }
  },
  {
    description: 'its ref was there and could not be fetched',
    stages: { base: 'c', deps: 'r' },
    facts: { absent: new Set(['deps']), refused: new Set(['deps']) },
    of: 'deps',
    expected: { code: 'cache-unreachable' }
  },
  { description: 'nothing proved', stages: { base: 'c', deps: 'r' }, of: 'deps', expected: { code: 'unknown' } },
  {
    description: 'nothing was saved anywhere',
    stages: { base: 'r', deps: 'r' },
    facts: { nothingSaved: true },
    of: 'deps',
    expected: { code: 'first-build' }
  },
  {
    description: 'no backend answered',
    stages: { base: 'r' },
    facts: { unreachable: true },
    of: 'base',
    expected: { code: 'cache-unreachable' }
  },
  {
    description: 'asked for',
    stages: { base: 'r' },
    facts: { rebuilt: new Set(['base']) },
    of: 'base',
    expected: { code: 'rebuild-requested' }
  },
  {
    description: 'all asked for',
    stages: { base: 'r' },
    facts: { rebuilt: undefined, nothingSaved: true },
    of: 'base',
    expected: { code: 'rebuild-requested' }
  }
]

test.each(cases)('$description', ({ dockerfile: text = diamond, stages, facts, of, expected }) => {
  const dockerfile = dockerfileOf(text)
  const results = Object.entries(stages).map(([name, letters]) => resultOf(dockerfile, name, letters))
  const result = results.find(({ name }) => name === of)
  if (!result) throw new Error(of)
  expect(explainReasons({ dockerfile, results, ...nothingKnown, ...facts }).get(result) ?? null).toEqual(
    expected && expect.objectContaining(expected)
  )
})

test('a parent rebuilt on another platform is not the reason', () => {
  const dockerfile = dockerfileOf(diamond)
  const results = [
    resultOf(dockerfile, 'base', 'c', 'linux/amd64'),
    resultOf(dockerfile, 'base', 'r', 'linux/arm64'),
    resultOf(dockerfile, 'deps', 'r', 'linux/amd64'),
    resultOf(dockerfile, 'deps', 'r', 'linux/arm64')
  ]
  const facts = { dockerfile, results, ...nothingKnown }
  expect(results.slice(2).map(result => explainReasons(facts).get(result)?.code)).toEqual(['unknown', 'parent-rebuilt'])
})

test.each<[string, string, Partial<Build>, string, string, boolean]>([
  ['the stage it is FROM', 'deps', file('lock.json', '2'), 'rrrr', 'deps', false],
  ['a stage it copies from', 'tools', file('tool', '2'), 'crrr', 'tools', false],
  [
    'the stage it is FROM, and on that stands what a failed build got done,',
    'deps',
    file('lock.json', '2'),
    'crrr',
    'deps',
    true
  ],
  ['a stage that what a failed build got done copies from', 'tools', file('tool', '2'), 'ccrr', 'tools', true]
])('%s hit, and was saved anew by an earlier build', (_, saved, edit, letters, parent, isBegun) => {
  const now: Build = { ...build, ...edit }
  const { dockerfile } = stagesOf(now)
  const before = viewOf(build, now)
  const view = {
    ...before,
    record: { ...before.record, stages: { ...before.record.stages, [saved]: recordOf(now).stages[saved] ?? {} } }
  }
  const result = resultOf(dockerfile, 'stage-3', letters)
  const hits = { base: 'c', deps: 'cc', tools: 'cc' }
  const reasons = explainReasons({
    dockerfile,
    results: [...Object.entries(hits).map(([name, steps]) => resultOf(dockerfile, name, steps)), result],
    ...nothingKnown,
    begun: new Set(isBegun ? ['stage-3'] : []),
    viewOf: () => view
  })
  expect(reasons.get(result)).toMatchObject({ code: 'parent-rebuilt', parent, earlier: true })
})

test.each([
  { begun: ['deps'], letters: 'cr', expected: { code: 'file-changed', files: [{ path: 'lock.json' }] } },
  { begun: ['deps'], letters: 'rr', expected: { code: 'file-changed', files: [{ path: 'lock.json' }] } },
  { begun: ['stage-3'], letters: 'cr', expected: { code: 'unknown' } }
])(
  'a change that a build which failed had got past is why the rest ran: $letters, begun: $begun',
  ({ begun, letters, expected }) => {
    const now: Build = { ...build, ...file('lock.json', '2') }
    const { dockerfile } = stagesOf(now)
    const result = resultOf(dockerfile, 'deps', letters)
    const reasons = explainReasons({
      dockerfile,
      results: [resultOf(dockerfile, 'base', 'c'), result],
      rebuilt: new Set(),
      nothingSaved: false,
      unreachable: false,
      absent: new Set(),
      refused: new Set(),
      evicted: new Set(),
      begun: new Set(begun),
      viewOf: () => viewOf(build, now)
    })
    expect(reasons.get(result)).toMatchObject(expected)
  }
)

test('what a step that ran reads, and was rebuilt, comes before a change that a build which failed had got past', () => {
  const now: Build = { ...build, ...edited('WORKDIR /app', 'WORKDIR /srv') }
  const { dockerfile } = stagesOf(now)
  const result = resultOf(dockerfile, 'stage-3', 'crrr')
  const hits = { base: 'c', deps: 'cc', tools: 'cr' }
  const reasons = explainReasons({
    dockerfile,
    results: [...Object.entries(hits).map(([name, steps]) => resultOf(dockerfile, name, steps)), result],
    ...nothingKnown,
    begun: new Set(['stage-3']),
    viewOf: () => viewOf(build, now)
  })
  expect(reasons.get(result)).toMatchObject({ code: 'parent-rebuilt', parent: 'tools' })
})
