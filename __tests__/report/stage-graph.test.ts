import fc from 'fast-check'
import { label } from '../../src/report/mermaid'
import { stageGraph } from '../../src/report/stage-graph'
import { hostileText } from './hostile'
import { readMarkdown } from './read-markdown'
import { because, refOf, reportOf, stageOf } from './samples'

const linesOf = (report: Parameters<typeof stageGraph>[0], rows = 1000) =>
  readMarkdown(stageGraph(report, rows)).blocks.flatMap(block => block.trim().split('\n'))

describe('labels', () => {
  test('hold no character that means anything to mermaid', () => {
    fc.assert(
      fc.property(hostileText, text => {
        expect(label(text)).toMatch(/^(?:[\p{L}\p{N} ]|(?<=[\p{L}\p{N}])-(?=[\p{L}\p{N}])|#\d+;)*$/u)
      }),
      { numRuns: 500 }
    )
  })

  test.each([
    ['node-deps', 'node-deps'],
    ['- a', '#45; a'],
    ['a"]; click s0 "x"', 'a#34;#93;#59; click s0 #34;x#34;'],
    ['%%{init: {}}%%', '#37;#37;#123;init#58;#8203; #123;#125;#125;#37;#37;'],
    ['one\ntwo', 'one two'],
    ['é 😀', 'é #128512;'],
    ['$$x$$', '#36;#8203;#36;#8203;x#36;#8203;#36;#8203;']
  ])('%j', (text, expected) => expect(label(text)).toBe(expected))

  test('a long text keeps both ends', () => expect(label('a'.repeat(90) + 'z', 20)).toMatch(/^a+#8230;a+z$/u))
})

test('a node for each stage, an arrow for each stage that is read, and why it ran on the edges', () => {
  const stages = [
    stageOf(0, 'base', ''),
    stageOf(1, 'deps', 'cc'),
    stageOf(2, 'builder', 'cr'),
    stageOf(3, 'app', 'rr', because({ code: 'parent-rebuilt', parent: 'builder' }))
  ]
  expect(linesOf(reportOf(stages))).toEqual([
    expect.stringMatching(/^%%\{init: .*edgeLabelBackground/u),
    'flowchart LR',
    's0["base<br>no steps"]:::bare',
    's1["deps<br>hit 2#47;2"]:::hit',
    's2["builder<br>partial 1#47;2 · 6#46;7 s"]:::partial',
    's3["app<br>rebuilt 0#47;2 · 12 s"]:::miss',
    'c2(["COPY package#46;json package-lock#46;json #46;#47;"]):::cause',
    'c2 ==>|"#160;ran from here on#160;"| s2',
    's0 --> s1',
    's1 --> s2',
    's2 ==>|"#160;rebuilt#160;"| s3',
    expect.stringMatching(/^classDef hit /u),
    ...Array.from({ length: 6 }, () => expect.stringMatching(/^classDef /u) as string),
    'linkStyle default color:#ffffff'
  ])
})

test('no arrow leads on from what hit: it changed in an earlier build', () => {
  const reason = because({ code: 'parent-rebuilt', parent: 'a', earlier: true })
  const lines = linesOf(reportOf([stageOf(0, 'a', 'c'), stageOf(1, 'b', 'rr', reason)]))
  expect(lines).toEqual(expect.arrayContaining(['c1 ==>|"#160;a changed since this stage was saved#160;"| s1', 's0 --> s1']))
})

test.each([
  ['what failed is marked where it did', stageOf(1, 'b', 'cf'), 'c1 ==>|"#160;failed here#160;"| s1'],
  [
    'a cause that is known',
    stageOf(1, 'b', 'rr', because({ code: 'cache-absent' })),
    'c1 ==>|"#160;nothing saved for this stage yet#160;"| s1'
  ]
])('%s', (_, stage, line) => expect(linesOf(reportOf([stageOf(0, 'a', 'c'), stage]))).toContain(line))

test('that nothing was saved yet is not said of every stage', () => {
  const stages = [0, 1].map(index => stageOf(index, `s${index}`, 'r', because({ code: 'first-build' })))
  expect(linesOf(reportOf(stages)).filter(line => line.startsWith('c0'))).toEqual([])
})

test('stages without steps lead on from what they are made from', () => {
  const stages = [
    stageOf(0, 'a', 'r'),
    stageOf(1, 'alias', ''),
    stageOf(2, 'other', ''),
    stageOf(3, 'b', 'r', because({ code: 'parent-rebuilt', parent: 'a' }))
  ]
  expect(linesOf(reportOf(stages))).toEqual(expect.arrayContaining(['s0 --> s1', 's1 --> s2', 's2 ==>|"#160;rebuilt#160;"| s3']))
})

test('platforms are one node, which shows the one with news and counts them all', () => {
  const stages = [stageOf(0, 'a', 'c'), stageOf(1, 'b', 'cc'), stageOf(1, 'b', 'cr', { platform: 'linux/arm64' })]
  expect(linesOf(reportOf(stages)).filter(line => line.startsWith('s1['))).toEqual([
    's1["b<br>partial 3#47;4 · 5#46;4 s"]:::partial'
  ])
})

test('one stage alone is no graph', () => expect(stageGraph(reportOf([stageOf(0, 'a', 'r')]), 1000)).toBe(''))

describe('many stages', () => {
  const many = (steps: (index: number) => string) =>
    reportOf(Array.from({ length: 200 }, (_, index) => stageOf(index, `s${index}`, steps(index))))

  test('those with news and what they read, and how many more there are', () => {
    const report = many(index => (index % 60 === 59 ? 'cr' : 'cc'))
    expect(
      linesOf(report)
        .filter(line => /^s\d+\[/u.test(line))
        .map(line => /^s\d+/u.exec(line)?.[0])
    ).toEqual(['s58', 's59', 's118', 's119', 's178', 's179'])
    expect(stageGraph(report, 1000)).toMatch(/… and 194 more stages\.$/u)
  })

  test('fewer where there is less room, none where there is none', () => {
    const report = many(() => 'cr')
    expect(linesOf(report, 10).filter(line => /^s\d+\[/u.test(line))).toHaveLength(10)
    expect(stageGraph(report, 0)).toBe('')
  })

  test('within the limits of mermaid on GitHub, however much reads what, with names of any length', () => {
    const stages = Array.from({ length: 200 }, (_, index) => stageOf(index, '|'.repeat(5000), 'cr', { refs: [refOf('x')] }))
    const edges = stages.flatMap((_, reader) =>
      stages.slice(0, reader).map((__, read) => ({ reader, read, kind: 'copy' as const }))
    )
    const source = linesOf({ stages, edges }).join('\n')
    expect(source.length).toBeGreaterThan(1000)
    expect(source.length).toBeLessThan(50_000)
    expect(source.match(/-->|==>/gu)?.length).toBeLessThan(500)
  })
})
