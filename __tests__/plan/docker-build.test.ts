import { readInputs } from '../../src/inputs'
import {
  automaticArguments,
  buildKitFlags,
  cacheImages,
  dockerBuildArgv,
  isCacheTrouble,
  needsBuildKit,
  parsePushedDigest
} from '../../src/plan/docker-build'
import { inputsWith, reading } from '../inputs/fixture'

const words = (text: string) => text.split(' ')

const builds: { given: Record<string, string>; images?: readonly string[]; expected: string }[] = [
  { given: {}, expected: 'build --iidfile /iid .' },
  {
    given: {
      tags: 'a:1,b:2',
      'build-args': 'A=1',
      labels: 'l=1',
      target: 't',
      file: 'd/F',
      platforms: 'linux/arm64',
      pull: 'true'
    },
    expected:
      'build --iidfile /iid --build-arg A=1 --file d/F --label l=1 --platform linux/arm64 --tag a:1 --tag b:2 --target t --pull .'
  },
  {
    given: { network: 'host', 'shm-size': '2g', 'add-hosts': 'a:1.1.1.1' },
    expected: 'build --iidfile /iid --add-host a:1.1.1.1 --shm-size 2g --network host .'
  },
  { given: {}, images: ['a:1'], expected: 'build --iidfile /iid --cache-from a:1 .' },
  ...['no-cache', 'rebuild-cache'].map(input => ({
    given: { [input]: 'true' },
    images: ['a:1'],
    expected: 'build --iidfile /iid --no-cache .'
  })),
  { given: { 'rebuild-stages': 'deps' }, images: ['a:1'], expected: 'build --iidfile /iid --no-cache .' },
  { given: { 'no-cache-filters': 'deps' }, expected: 'build --iidfile /iid --no-cache .' },
  { given: { context: '-x' }, expected: 'build --iidfile /iid ./-x' }
]
test.each(builds)('$given', ({ given, images = [], expected }) => {
  expect(dockerBuildArgv(inputsWith(given), '/iid', images)).toEqual(words(expected))
})

test.each([
  ['type=registry,ref=a:cache', ['a:cache']],
  ['a:cache', ['a:cache']],
  ['type=gha,scope=x', []],
  ['type=local,src=/x', []]
])('cache-from %s names images %j', (entry, expected) => {
  expect(cacheImages(inputsWith({ 'cache-from': entry }))).toEqual(expected)
})

test('the image that is replaced serves as a cache, unless nothing is to be read', () => {
  expect(cacheImages(inputsWith({ push: 'true', tags: 'a:1,b:1' }))).toEqual(['a:1'])
  expect(cacheImages(inputsWith({ tags: 'a:1' }))).toEqual([])
  expect(cacheImages(inputsWith({ push: 'true', tags: 'a:1', 'no-cache': 'true' }))).toEqual([])
})

test.each([
  [{}, []],
  [{ provenance: 'false', sbom: 'false', platforms: 'linux/amd64', driver: 'docker' }, []],
  [{ secrets: 'A=b', ssh: 'default' }, ['secrets', 'ssh']],
  [{ platforms: 'linux/amd64,linux/arm64' }, ['platforms']],
  [{ provenance: 'mode=max', outputs: 'type=oci,dest=x' }, ['outputs', 'provenance']],
  [{ call: 'check' }, ['call']],
  [{ driver: 'kubernetes' }, ['driver']],
  [{ context: 'https://example.com/a.git', file: 'https://example.com/Dockerfile' }, ['context', 'file']],
  [{ secrets: 'GIT_AUTH_TOKEN.github.com=b' }, ['secrets']]
] as [Record<string, string>, string[]][])('%j needs BuildKit for %j', (given, expected) => {
  expect(needsBuildKit(inputsWith(given))).toEqual(expected)
})

test('a repository that is the context needs it, not the secret that github-token becomes', () => {
  const repository = { defaultContext: 'https://github.com/acme/app.git#abc', server: 'github.com' }
  const asked = (given: Record<string, string>) =>
    needsBuildKit(readInputs(reading({ context: '{{defaultContext}}', 'github-token': 'hush', ...given }), repository).inputs)
  expect([asked({}), asked({ secrets: 'A=b' })]).toEqual([['context'], ['context', 'secrets']])
})

test.each([
  ['ARG VERSION=1\nFROM busybox\nRUN echo TARGETARCH $TARGETARCH\n', []],
  ['FROM busybox\nARG \\\n  TARGETARCH\narg TARGETOS=linux\nARG TARGETARCH\n', ['ARG TARGETARCH', 'ARG TARGETOS']],
  ['FROM --platform=$BUILDPLATFORM busybox\n', ['ARG BUILDPLATFORM']],
  ['FROM base${TARGETVARIANT}\nONBUILD ARG TARGETSTAGE\n', ['ARG TARGETVARIANT', 'ARG TARGETSTAGE']],
  ['FROM busybox\n# ARG TARGETARCH\nARG MY_TARGETARCH\n', []]
])('%j takes of BuildKit %j', (dockerfile, expected) => {
  expect(automaticArguments(dockerfile)).toEqual(expected)
})

test.each([
  ['FROM --platform=linux/amd64 a\nCOPY --from=a --chown=1 x /\nADD --chown=1 y /\nRUN echo --mount=x\n', []],
  [
    'FROM a\nRUN --mount=type=cache,target=/a --network=none \\\n  make\nrun --mount=type=tmpfs,target=/b x\n',
    ['RUN --mount', 'RUN --network']
  ],
  [
    'FROM a\nCOPY --link --from=a x /\nONBUILD ADD --from=a --checksum=sha256:1 y /\n',
    ['COPY --link', 'ADD --from', 'ADD --checksum']
  ]
])('flags of %j that only BuildKit knows', (dockerfile, expected) => {
  expect(buildKitFlags(dockerfile)).toEqual(expected)
})

test('what docker says', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  expect(parsePushedDigest(`1: Pushed\nlatest: digest: ${digest} size: 528\n`)).toBe(digest)
  expect(parsePushedDigest('denied')).toBe('')
  expect(isCacheTrouble('failed to restore cached image from "x"')).toBe(true)
  expect(isCacheTrouble('The command returned a non-zero code: 1')).toBe(false)
})
