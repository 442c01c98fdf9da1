import { build, edited, file, recordOf } from './builds'
import type { Build } from './builds'
import { differences } from './differences'

const parents = ['deps base: stage [7]', 'tools base: stage [11]', 'stage-3 base: stage [16]', 'stage-3 1: stage [18,0]']

test.each<{ description: string; now: Partial<Build>; expected: readonly string[] }>([
  { description: 'nothing', now: {}, expected: [] },
  { description: 'a file nobody reads', now: file('unused', 'x'), expected: [] },
  {
    description: 'a file',
    now: file('lock.json', '2'),
    expected: ['deps 0: files [8,[{"path":"lock.json","how":"changed"}]]', 'stage-3 base: stage [16]']
  },
  {
    description: 'a file that a wildcard finds',
    now: file('lock.yaml', '2'),
    expected: ['deps 0: files [8,[{"path":"lock.yaml","how":"appeared"}]]', 'stage-3 base: stage [16]']
  },
  {
    description: 'files in a directory',
    now: { files: { 'package.json': '{}', 'lock.json': '1', tool: 't', 'src/a': 'b', 'src/d/e': 'e', 'cfg/x': 'x' } },
    expected: [
      'stage-3 2: files [19,[{"path":"src/a","how":"changed"},{"path":"src/b/c","how":"went"},{"path":"src/d/e","how":"appeared"}]]'
    ]
  },
  {
    description: 'mode of a file',
    now: { modes: { 'src/a': 0o755 } },
    expected: ['stage-3 2: files [19,[{"path":"src/a","how":"changed"}]]']
  },
  {
    description: 'mode of a directory',
    now: { modes: { 'src/b': 0o700 } },
    expected: ['stage-3 2: files [19,[{"path":"src/b","how":"changed"}]]']
  },
  {
    description: 'a mounted file',
    now: file('cfg/x', 'y'),
    expected: ['stage-3 3: files [20,[{"path":"cfg/x","how":"changed"}]]']
  },
  {
    description: 'a file became a link',
    now: file('src/a', '-> b/c'),
    expected: ['stage-3 2: files [19,[{"path":"src/a","how":"changed"}]]']
  },
  { description: 'blanks that mean nothing', now: edited('COPY src src', 'COPY   src    src'), expected: [] },
  { description: 'where a cache mount is kept', now: edited('id=x', 'id=y'), expected: [] },
  { description: 'a comment, and lines move', now: edited('FROM base AS tools', '# here\n\nFROM base AS tools'), expected: [] },
  { description: 'a keyword in small letters', now: edited('RUN install', 'run install'), expected: [] },
  {
    description: 'an instruction',
    now: edited('cfg build', 'cfg build --all'),
    expected: ['stage-3 3: instruction [20]']
  },
  {
    description: 'an instruction in between',
    now: edited('COPY src src', 'RUN prepare\nCOPY src src'),
    expected: ['stage-3 2: instruction [19]', 'stage-3 3: instruction [20]', 'stage-3 4: instruction [21]']
  },
  {
    description: 'steps left out at the end',
    now: edited('RUN --mount=type=bind,source=cfg,target=/cfg build\n', ''),
    expected: []
  },
  {
    description: 'a build argument, and what is derived from it',
    now: { buildArgs: { MODE: 'slow' } },
    expected: [
      'base 0: build-args [3,["MODE"]]',
      'deps base: stage [7]',
      'deps 1: build-args [3,["MODE"]]',
      'tools base: stage [11]',
      'tools 0: build-args [3,["MODE"]]',
      'tools 1: build-args [3,["MODE"]]',
      'stage-3 base: stage [16]',
      'stage-3 1: stage [18,0]',
      'stage-3 3: build-args [3,["MODE"]]'
    ]
  },
  { description: 'a build argument nobody declares', now: { buildArgs: { HTTP_PROXY: 'x' } }, expected: [] },
  {
    description: 'a variable',
    now: edited('OTHER=1', 'OTHER=2'),
    expected: [
      'base 0: instruction [4]',
      'deps base: stage [7]',
      'deps 1: instruction [4]',
      'tools base: stage [11]',
      'tools 0: instruction [4]',
      'stage-3 base: stage [16]',
      'stage-3 1: stage [18,0]',
      'stage-3 3: instruction [4]'
    ]
  },
  {
    description: 'the shell',
    now: edited('"-c"', '"-ec"'),
    expected: ['tools 0: instruction [12]', 'stage-3 1: stage [18,0]']
  },
  {
    description: 'the directory that others are relative to',
    now: edited('WORKDIR /app', 'WORKDIR /opt'),
    expected: ['stage-3 0: instruction [17]', 'stage-3 2: instruction [17]', 'stage-3 3: instruction [17]']
  },
  {
    description: 'the base image moved',
    now: { images: { 'docker.io/library/alpine:3': 'sha256:2' } },
    expected: ['base base: image [2,"sha256:1","sha256:2"]']
  },
  {
    description: 'the base image, by hand',
    now: edited('alpine:$TAG', 'alpine:4'),
    expected: ['base base: instruction [2]', ...parents]
  },
  {
    description: 'the base image, by default',
    now: edited('ARG TAG=3', 'ARG TAG=4'),
    expected: ['base base: instruction [1]', ...parents]
  },
  {
    description: 'the base image, by argument',
    now: { buildArgs: { TAG: '4' } },
    expected: ['base base: build-args [1,["TAG"]]', ...parents]
  },
  {
    description: 'an input that RUN depends on',
    now: { inputs: { ulimit: 'nofile=2' } },
    expected: [
      'base 0: other []',
      'deps base: stage [7]',
      'deps 1: other []',
      'tools base: stage [11]',
      'tools 0: other []',
      'stage-3 base: stage [16]',
      'stage-3 1: stage [18,0]',
      'stage-3 3: other []'
    ]
  }
])('what differs: $description', ({ now, expected }) => {
  expect(differences({ ...build, inputs: { ulimit: '' } }, { ...build, inputs: { ulimit: '' }, ...now })).toEqual(expected)
})

test('an argument that got the value it had by default changes nothing', () => {
  expect(differences(build, { ...build, buildArgs: { MODE: 'fast' } })).toEqual([])
})

test('another platform has other values', () => {
  const platforms = 'FROM scratch AS a\nARG TARGETARCH\nRUN $TARGETARCH\n'
  const [amd, arm] = ['linux/amd64', 'linux/arm64'].map(platform => recordOf({ dockerfile: platforms, platform }))
  expect(amd?.stages['a']?.['linux/amd64']?.made.id).not.toBe(arm?.stages['a']?.['linux/arm64']?.made.id)
})

test('no value of a build argument is in the record', () => {
  const secret = 'a-value-nobody-may-see'
  const dockerfile = `ARG IMAGE
FROM $IMAGE AS a
ARG V
ENV W=$V
WORKDIR /$V
USER $V
COPY $V /to/$V
RUN --mount=type=bind,target=/$V x
`
  const text = JSON.stringify(recordOf({ dockerfile, buildArgs: { V: secret, IMAGE: `${secret}:1` } }))
  expect(text).not.toContain(secret)
  expect(text).toContain('"V"')
})
