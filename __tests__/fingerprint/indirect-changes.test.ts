import type { Build } from './builds'
import { differences } from './differences'

const derived: Build = {
  dockerfile: `ARG TAG=3
ARG IMAGE=alpine:$TAG
FROM $IMAGE AS base
ARG ROOT=/opt
ENV HOME=$ROOT/home
WORKDIR $HOME
COPY a sub
FROM base AS tools
COPY --from=base /x /x
RUN --mount=from=base,target=/m x
`,
  files: { a: 'a' }
}

test.each<{ description: string; now: Partial<Build>; expected: readonly string[] }>([
  {
    description: 'an argument that others are made from, given: it is the cause, not the lines that mention it',
    now: { buildArgs: { ROOT: '/srv' } },
    expected: ['base 0: build-args [4,["ROOT"]]', 'base 1: build-args [4,["ROOT"]]']
  },
  {
    description: 'its default',
    now: { dockerfile: derived.dockerfile.replace('/opt', '/srv') },
    expected: ['base 0: instruction [4]', 'base 1: instruction [4]']
  },
  {
    description: 'what is made from it',
    now: { dockerfile: derived.dockerfile.replace('/home', '/house') },
    expected: ['base 0: instruction [5]', 'base 1: instruction [5]']
  },
  {
    description: 'a part of the name of the image, given',
    now: { buildArgs: { TAG: '4' } },
    expected: ['base base: build-args [1,["TAG"]]']
  },
  {
    description: 'a part of the name of the image, by default',
    now: { dockerfile: derived.dockerfile.replace('TAG=3', 'TAG=4') },
    expected: ['base base: instruction [1]']
  }
])('what differs where values are made from others: $description', ({ now, expected }) => {
  expect(differences(derived, { ...derived, ...now }).filter(text => text.startsWith('base'))).toEqual(expected)
})

const readers =
  'FROM a AS one\nRUN 1\nFROM a AS two\nRUN 2\nFROM b AS last\nCOPY --from=one /x /x\nRUN --mount=from=one,target=/m x\n'
test.each([
  ['a stage got another name', readers.replaceAll('one', 'first'), []],
  [
    'another stage is read',
    readers.replaceAll('from=one', 'from=two').replace('RUN 1', 'RUN 1\nFROM two AS three'),
    ['last 0: instruction [7,true]', 'last 1: instruction [8,true]']
  ],
  ['the stage is made of something else', readers.replace('RUN 1', 'RUN 3'), ['last 0: stage [6,0]', 'last 1: stage [7,0]']]
])('what differs at its readers: %s', (_, now, expected) => {
  expect(differences({ dockerfile: readers }, { dockerfile: now }).filter(text => text.startsWith('last'))).toEqual(expected)
})

const hidden = `ARG OS=a
ARG SYSTEM=$OS-1
FROM alpine AS base
ARG MODE=fast
ENV MODE "set $MODE"
ENV LEVEL=1 PLACE=$LEVEL
ARG SYSTEM
RUN one
FROM base AS last
RUN two
COPY $MODE /x
`
test.each<{ description: string; now: Partial<Build>; expected: readonly string[] }>([
  {
    description: 'a build argument behind an ENV of its name',
    now: { buildArgs: { MODE: 'slow' } },
    expected: ['base 0: build-args [4,["MODE"]]', 'last 0: build-args [4,["MODE"]]', 'last 1: build-args [4,["MODE"]]']
  },
  {
    description: 'its default',
    now: { dockerfile: hidden.replace('fast', 'slow') },
    expected: ['base 0: instruction [4]', 'last 0: instruction [4]', 'last 1: instruction [4]']
  },
  {
    description: 'what ENV adds to it',
    now: { dockerfile: hidden.replace('set ', 'is ') },
    expected: ['base 0: instruction [5]', 'last 0: instruction [5]', 'last 1: instruction [5]']
  },
  {
    description: 'an argument from before the first FROM that another one there is made from',
    now: { buildArgs: { OS: 'b' } },
    expected: ['base 0: build-args [1,["OS"]]', 'last 0: build-args [1,["OS"]]']
  },
  {
    description: 'its default, too',
    now: { dockerfile: hidden.replace('OS=a', 'OS=b') },
    expected: ['base 0: instruction [1]', 'last 0: instruction [1]']
  },
  {
    description: 'variables in another order, which is part of the key of RUN',
    now: {
      dockerfile: hidden.replace(
        'ENV MODE "set $MODE"\nENV LEVEL=1 PLACE=$LEVEL',
        'ENV LEVEL=1 PLACE=$LEVEL\nENV MODE "set $MODE"'
      )
    },
    expected: ['base 0: instruction [5]', 'last 0: instruction [5]']
  },
  {
    description: 'an argument that is for the list of packages, and that no step sees',
    now: { dockerfile: hidden.replace('ENV MODE', 'ARG BUILDKIT_SBOM_SCAN_STAGE=true\nENV MODE') },
    expected: []
  }
])('what differs where a variable is hidden by what is made from it: $description', ({ now, expected }) => {
  const own = differences({ dockerfile: hidden }, { dockerfile: hidden, ...now }).filter(text => !text.includes('base: stage'))
  expect(own).toEqual(expected)
})

test('long chains of variables and of stages without steps are compared, and not each way through them', () => {
  const levels = Array.from({ length: 100 }, (_, at) => at)
  const halves = (at: number) => `\${A${at}%?}\${B${at}#?}`
  const text = [
    'FROM alpine AS s0\nARG A0=12\nARG B0=34',
    ...levels.map(at => `ENV A${at + 1}=${halves(at)} B${at + 1}=${halves(at)}`),
    'FROM alpine AS tool',
    ...levels.map(at => `FROM ${at === 0 ? 's0' : `t${at}`} AS t${at + 1}`),
    'FROM t100 AS last\nRUN x\n'
  ].join('\n')
  // Each of the 2^100 ways would never end.
  expect(differences({ dockerfile: text }, { dockerfile: text.replace('A0=12', 'A0=52') })).toEqual(['last 0: instruction [2]'])
})

const aliases = `ARG TAG=1
FROM tool:$TAG AS tool
FROM alpine:3 AS os
ENV LEVEL=1
FROM os AS app
RUN one
COPY --from=tool /x /x
`
const images = { 'docker.io/library/tool:1': 'sha256:1', 'docker.io/library/alpine:3': 'sha256:2' }
test.each<{ description: string; now: Partial<Build>; expected: readonly string[] }>([
  {
    description: 'a name',
    now: { dockerfile: aliases.replaceAll('tool /', 'tools /').replace('AS tool', 'AS tools') },
    expected: []
  },
  {
    description: 'the image that it is FROM moved',
    now: { images: { ...images, 'docker.io/library/alpine:3': 'sha256:3' } },
    expected: ['app base: image [3,"sha256:2","sha256:3"]']
  },
  {
    description: 'the image that is copied from moved',
    now: { images: { ...images, 'docker.io/library/tool:1': 'sha256:3' } },
    expected: ['app 1: image [2,"sha256:1","sha256:3",true]']
  },
  {
    description: 'another image is copied from',
    now: { dockerfile: aliases.replace('tool:$TAG', 'tool:$TAG-2') },
    expected: ['app 1: instruction [2,true]']
  },
  { description: 'a build argument', now: { buildArgs: { TAG: '2' } }, expected: ['app 1: build-args [1,["TAG"],true]'] },
  { description: 'its ENV', now: { dockerfile: aliases.replace('LEVEL=1', 'LEVEL=2') }, expected: ['app 0: instruction [4]'] },
  {
    description: 'an ENV of one that is only copied from',
    now: { dockerfile: aliases.replace('AS tool', 'AS tool\nENV NO=1') },
    expected: []
  },
  {
    description: 'it got a step',
    now: { dockerfile: aliases.replace('AS tool', 'AS tool\nRUN x') },
    expected: ['app 1: stage [8,0]']
  }
])('what differs where stages without steps are read: $description', ({ now, expected }) => {
  const told = differences({ dockerfile: aliases, images }, { dockerfile: aliases, images, ...now })
  expect(told.filter(text => text.startsWith('app'))).toEqual(expected)
})
