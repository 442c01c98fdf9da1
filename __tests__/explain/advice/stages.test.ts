import type { BuildFacts } from '../../../src/explain/advice/advice'
import { findAdvice } from '../../../src/explain/advice/rules'
import { factsOf, findings, linesOf } from './facts'

it('unnamed-stage: those without a ref that ran', () => {
  const text = 'FROM a:1\nRUN x\nFROM a:1 AS b\nCOPY --from=0 /x /y'
  expect(linesOf('unnamed-stage', text, { withoutRef: new Set([0]) })).toEqual([1])
  expect(linesOf('unnamed-stage', text, { withoutRef: new Set([0]), cached: 'all' })).toEqual([])
  expect(linesOf('unnamed-stage', text)).toEqual([])
})

it('dead-stage: what no build can need, and no target of others', () => {
  expect(linesOf('dead-stage', 'FROM a:1\nFROM a:1 AS dev\nRUN x\nFROM a:1\nRUN y')).toEqual([1])
  expect(linesOf('dead-stage', 'FROM a:1 AS app\nRUN x\nFROM a:1 AS app\nRUN y')).toEqual([1])
  expect(linesOf('dead-stage', 'FROM a:1\nRUN x\nFROM a:1\nCOPY --from=0 /x /y')).toEqual([])
  expect(linesOf('dead-stage', 'FROM a:1 AS dev\nRUN x\nFROM a:1\nRUN y', { targetName: 'dev' })).toEqual([])
})

it('onbuild: triggers that ran', () => {
  const text = 'FROM a:1 AS base\nONBUILD RUN x\nRUN y\nFROM base\nRUN z'
  expect(linesOf('onbuild', text)).toEqual([2])
  expect(linesOf('onbuild', text, { cached: 'all' })).toEqual([])
  expect(linesOf('onbuild', 'FROM a:1\nONBUILD RUN x\nRUN y')).toEqual([])
})

it('onbuild: steps that the base image brings', () => {
  const text = 'FROM a:1-onbuild\nRUN y'
  const facts = factsOf(text)
  const results = facts.results.map(result => ({
    ...result,
    steps: [{ number: 1, command: 'COPY . /app', line: 1, status: 'ran' as const, seconds: 3 }, ...result.steps]
  }))
  expect(findings('onbuild', text, { results })).toMatchObject([{ foreign: 1, base: 'a:1-onbuild', lines: { start: 1 } }])
})

describe('owner-layer', () => {
  it.each([
    ['COPY . /app\nRUN chown -R app:app /app', [3]],
    ['WORKDIR /app\nCOPY src .\nRUN useradd app && chown -R app .', [4]],
    ['COPY . /app/\nRUN chmod -R 755 /app', [3]],
    ['COPY --chown=app . /app\nRUN chown -R app /app', []],
    ['COPY run.sh /app/run.sh\nRUN chown -R app /app', []],
    ['COPY . /app\nRUN chown app /app', []],
    ['COPY . /app\nRUN chmod +x /app/run.sh', []],
    ['COPY . /app\nRUN chown -R app /var/log', []],
    ['COPY . /app\nRUN chown -R app $DIR', []],
    ['RUN mkdir /app && chown -R app /app', []]
  ])('%j', (body, lines) => {
    expect(linesOf('owner-layer', `FROM a:1\n${body}`)).toEqual(lines)
  })
})

describe('emulated-build', () => {
  const both = { platforms: ['linux/amd64', 'linux/arm64'] }
  const go = 'FROM golang:1 AS build\nRUN CGO_ENABLED=0 go build -o /app .\nFROM scratch\nCOPY --from=build /app /app'
  const web =
    'FROM node:22 AS build\nRUN npm ci\nRUN npm run build\nFROM nginx:1\nCOPY --from=build /src/dist /usr/share/nginx/html'
  const java = 'FROM maven:3 AS build\nRUN mvn package\nFROM eclipse-temurin:21\nCOPY --from=build /src/target/app.jar /'
  it.each([
    ['go', go, ['linux/arm64']],
    ['javascript', web, ['linux/arm64']],
    ['java', java, ['linux/arm64']],
    ['go with C', go.replace('RUN ', 'RUN apk add gcc\nRUN '), undefined],
    ['go that may use C', go.replace('CGO_ENABLED=0 ', ''), undefined],
    ['go on the build platform', go.replace('FROM golang', 'FROM --platform=$BUILDPLATFORM golang'), undefined],
    ['node_modules', web.replace('/src/dist', '/src/node_modules'), undefined],
    ['FROM it', `${go}\nFROM build\nCOPY --from=1 /app /b`, undefined]
  ])('%s', (_, text, platforms) => {
    expect(findings('emulated-build', text, both)[0]?.platforms).toEqual(platforms)
  })
  it('says nothing of the machine’s own platform, or of machines that are not known', () => {
    expect(findings('emulated-build', go)).toEqual([])
    const elsewhere = Object.fromEntries(Object.entries(factsOf(go, both)).filter(([name]) => name !== 'buildPlatform'))
    expect(findAdvice(elsewhere as unknown as BuildFacts).filter(({ rule }) => rule === 'emulated-build')).toEqual([])
  })
})

it('buildkit-check: each once, with its line', () => {
  const warning = {
    name: 'FromAsCasing',
    message: 'casing',
    url: 'https://docs.docker.com/go/dockerfile/rule/from-as-casing/',
    start: 3,
    end: 3
  }
  const text = 'FROM a:1 AS one\nRUN x\nFROM one as two\nRUN y'
  expect(findings('buildkit-check', text, { warnings: [warning, warning], cached: 'all' })).toMatchObject([
    { name: 'FromAsCasing', stage: 'two', lines: { start: 3, end: 3 }, seconds: 0 }
  ])
})

describe('findAdvice', () => {
  it('gives the worst first, warnings before notices, and no more than ten', () => {
    const stages = Array.from({ length: 9 }, (_, index) => `FROM a${index}\nRUN pip install flask`)
    const text = [...stages, `FROM z:1\n${stages.map((_, index) => `COPY --from=${index} /a /b${index}`).join('\n')}`].join('\n')
    const advice = findAdvice(factsOf(text, { mountsKept: false }))
    expect(advice).toHaveLength(10)
    expect(advice.map(({ level }) => level)).toEqual([...Array<string>(9).fill('warning'), 'notice'])
    expect(advice.map(({ seconds }) => seconds)).toEqual(advice.map(() => 10))
  })
  it('has nothing to say of a build that came from the cache', () => {
    const text = 'FROM alpine\nCOPY . .\nRUN git clone https://a.b/c && pip install x\nRUN chown -R a .'
    expect(findAdvice(factsOf(text, { cached: 'all', context: { git: true, ignore: undefined } }))).toEqual([])
    expect(findAdvice(factsOf(text, { context: { git: true, ignore: undefined } })).length).toBeGreaterThan(4)
  })
})
