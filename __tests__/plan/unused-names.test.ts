import { parseDockerfile } from '../../src/dockerfile/parse-dockerfile'
import { unusedNames } from '../../src/plan/unused-names'
import { unusedSentences } from '../../src/report/sentences-unused'

const dockerfile = `ARG TAG=3
FROM busybox:$TAG AS base
ONBUILD ARG LATER
FROM base AS build
ARG VERSION=1 QUOTED="a b"
RUN true
FROM scratch AS unneeded
ARG ELSEWHERE
FROM build
`

function said(buildArgs: readonly string[], noCacheFilters: readonly string[] = [], text = dockerfile): readonly string[] {
  const values = Object.fromEntries(
    buildArgs.filter(one => one.includes('=')).map(one => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)])
  )
  const options = { buildArgs: values, platform: 'linux/amd64', buildPlatform: 'linux/amd64' }
  const { dockerfile: parsed, script } = parseDockerfile(text, options)
  const stages = parsed.stages.filter(({ named }) => named).map(({ name }) => name)
  const env = buildArgs.includes('OF_ENVIRONMENT') ? { OF_ENVIRONMENT: 'SECRET' } : {}
  const unused = unusedNames({ buildArgs, noCacheFilters }, { text, script, stages }, { ...values, ...env })
  return unusedSentences(unused, 'Dockerfile').map(({ text: sentence, isSlip }) => (isSlip ? `warning: ${sentence}` : sentence))
}

test.each<[string, readonly string[], readonly string[]]>([
  [
    'declared before the first FROM, in a stage, in one that is not needed, for stages FROM it',
    ['TAG=1', 'VERSION=1', 'ELSEWHERE=1', 'LATER=1'],
    []
  ],
  ['declared beside another, quoted', ['QUOTED=x'], []],
  ['proxies in any case', ['HTTP_PROXY=p', 'https_proxy=p', 'No_Proxy=p', 'ALL_PROXY=p', 'FTP_PROXY=p'], []],
  ['what BuildKit takes itself', ['BUILDKIT_INLINE_CACHE=1', 'BUILDKIT_ANYTHING=1', 'SOURCE_DATE_EPOCH=0'], []],
  ['what it sets itself', ['TARGETPLATFORM=x', 'TARGETARCH=x', 'BUILDOS=x', 'TARGETSTAGE=x'], []],
  [
    'a slip',
    ['VERSON=SECRET'],
    [
      'warning: build-args: no ARG of Dockerfile declares VERSON (did you mean VERSION?), so it has no effect, unless ONBUILD of a base image does'
    ]
  ],
  [
    'in other letters',
    ['version=1'],
    [
      'warning: build-args: no ARG of Dockerfile declares version (did you mean VERSION?), so it has no effect, unless ONBUILD of a base image does'
    ]
  ],
  [
    'several, one of them twice',
    ['ONE_THING=1', 'ONE_THING=2', 'ANOTHER=1'],
    ['build-args: no ARG of Dockerfile declares ONE_THING, ANOTHER, so they have no effect, unless ONBUILD of a base image does']
  ],
  [
    'more than anybody reads',
    [...'abcdefg'].map(name => `UNKNOWN_${name}=1`),
    [
      'build-args: no ARG of Dockerfile declares UNKNOWN_a, UNKNOWN_b, UNKNOWN_c, UNKNOWN_d, UNKNOWN_e, 2 more, so they have no effect, unless ONBUILD of a base image does'
    ]
  ],
  [
    'from the environment',
    ['OF_ENVIRONMENT'],
    ['build-args: no ARG of Dockerfile declares OF_ENVIRONMENT, so it has no effect, unless ONBUILD of a base image does']
  ],
  ['lines of a value that was not quoted', ['c2VjcmV0', 'c2VjcmV0==', '-----BEGIN KEY-----', '"a": "b=c"'], []]
])('build arguments: %s', (_, given, expected) => expect(said(given)).toEqual(expected))

test('stages that are to be rebuilt', () => {
  expect(said([], ['base', 'Build'])).toEqual([])
  expect(said([], ['buidl', 'stage-3'])).toEqual([
    'warning: no-cache-filters: Dockerfile has no stage named buidl (did you mean build?), stage-3, so nothing is rebuilt for that'
  ])
})

test.each<[string, boolean]>([
  ['# syntax=docker/dockerfile:1', true],
  ['# escape=`\n# syntax = docker.io/docker/dockerfile-upstream:master', true],
  ['#syntax=docker/dockerfile@sha256:1', true],
  ['# about\n# syntax=example/other', true],
  ['# syntax=docker/dockerfile-other', false],
  ['# syntax=ghcr.io/acme/frontend:1', false],
  ['# check=skip=all\n# SYNTAX=acme/frontend', false]
])('%s: names are judged: %s', (directives, judged) => {
  const text = `${directives}\nFROM scratch AS only\n`
  expect(said(['UNKNOWN=1'], ['none'], text)).toHaveLength(judged ? 2 : 0)
  expect(said(['UNKNOWN=1', 'BUILDKIT_SYNTAX=acme/frontend'], ['none'], text)).toEqual([])
})

test('an ARG whose name is made of a variable', () => {
  expect(said(['X_1=1', 'TAG=1'], [], 'FROM scratch AS only\nARG ONE=1\nARG X_$ONE\n')).toEqual([])
})
