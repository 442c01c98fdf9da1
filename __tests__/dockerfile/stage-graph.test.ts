import fc from 'fast-check'
import { parseDockerfile } from '../../src/dockerfile/parse-dockerfile'
import { ancestors, findTarget, neededStages, readsAmong } from '../../src/dockerfile/stage-graph'

const options = { buildArgs: {}, platform: 'linux/amd64', buildPlatform: 'linux/amd64' }
const stages = `
FROM alpine AS base
FROM base AS deps
FROM base AS tools
FROM deps AS Builder
RUN --mount=from=tools,target=/t make
FROM scratch
COPY --from=builder / /
FROM base AS test
`
const { dockerfile } = parseDockerfile(stages, options)

test.each([
  { target: undefined, expected: ['base', 'test'] },
  { target: '', expected: ['base', 'test'] },
  { target: 'BUILDER', expected: ['base', 'deps', 'tools', 'builder'] },
  { target: 'base', expected: ['base'] }
])('the target $target needs $expected', ({ target, expected }) => {
  expect(neededStages(dockerfile, target).map(stage => stage.name)).toEqual(expected)
})

test.each([
  {
    target: 'bilder',
    expected:
      'target stage "bilder" could not be found (did you mean "builder"?); the Dockerfile has: base, deps, tools, builder, test'
  },
  {
    target: 'stage-4',
    expected: 'target stage "stage-4" could not be found; the Dockerfile has: base, deps, tools, builder, test'
  },
  { target: '0', expected: 'target stage "0" could not be found; the Dockerfile has: base, deps, tools, builder, test' }
])('there is no target $target', ({ target, expected }) => {
  expect(findTarget(dockerfile, target)).toEqual({ problem: expected })
  expect(() => neededStages(dockerfile, target)).toThrow(expected)
})

test('a Dockerfile without names says so', () => {
  const unnamed = parseDockerfile('FROM alpine', options).dockerfile
  expect(findTarget(unnamed, 'a')).toEqual({
    problem: 'target stage "a" could not be found; no stage of the Dockerfile has a name'
  })
})

test('ancestors are what a stage reads, not the stage itself', () => {
  const [, , , , last] = dockerfile.stages
  expect(last && ancestors(dockerfile, last).map(stage => stage.name)).toEqual(['base', 'deps', 'tools', 'builder'])
})

test('a circle ends', () => {
  const { dockerfile: circle } = parseDockerfile('FROM a AS a\nCOPY --from=b / /\nFROM a AS b\nCOPY --from=a / /', options)
  expect(neededStages(circle, 'b').map(stage => stage.name)).toEqual(['a', 'b'])
})

test('--mount=from=0 is an image called 0, an index is for COPY alone', () => {
  const { dockerfile: numbered, problems } = parseDockerfile('FROM a\nFROM b\nRUN --mount=from=0,target=/a b', options)
  expect(problems).toEqual([])
  expect(numbered.stages[1]?.edges).toEqual([])
})

const piece = fc.constantFrom(
  'FROM',
  'from ',
  ' AS ',
  'a',
  'b',
  'COPY --from=',
  'RUN ',
  '--mount=from=',
  'ONBUILD ',
  'ARG ',
  '\n',
  '\r\n',
  '\\\n',
  '# escape=`\n',
  '#',
  '<<E',
  '<<-',
  'E\n',
  '$',
  '${',
  '}',
  ':-',
  '"',
  "'",
  '`',
  '\\',
  '[',
  '0',
  ' ',
  ',',
  '=',
  '\t',
  '\uFEFF',
  'é',
  '😀',
  '\0'
)

test('no text at all makes it throw, and what it gives is whole', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 60 }), pieces => {
      const text = pieces.join('')
      const lines = text.split('\n').length
      const { dockerfile: parsed } = parseDockerfile(text, options)
      parsed.stages.forEach((stage, at) => {
        expect(stage.index).toBe(at)
        expect(stage.lines.start).toBeGreaterThan(parsed.stages[at - 1]?.lines.end ?? 0)
        expect(stage.lines.end).toBeLessThanOrEqual(lines)
        for (const edge of stage.edges) expect(parsed.stages[edge.stage]).toBeDefined()
      })
    }),
    { numRuns: 2000 }
  )
})

test('which needed stage reads which, each pair once', () => {
  const text =
    'FROM a AS base\nFROM base AS x\nCOPY --from=base a b\nRUN --mount=from=base,target=/t y\nFROM base\nCOPY --from=x a b\nRUN --mount=from=x,target=/t y\n'
  const needed = neededStages(parseDockerfile(text, options).dockerfile)
  expect(readsAmong(needed)).toEqual([
    { reader: 1, read: 0, kind: 'from' },
    { reader: 2, read: 0, kind: 'from' },
    { reader: 2, read: 1, kind: 'copy' }
  ])
  expect(readsAmong(needed.slice(1))).toEqual([{ reader: 2, read: 1, kind: 'copy' }])
})
