import { cacheImages, dockerBuildArgv, isCacheTrouble, needsBuildKit, parsePushedDigest } from '../../src/plan/docker-build'
import { inputsWith } from '../inputs/fixture'

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
  [{ driver: 'kubernetes' }, ['driver']]
] as [Record<string, string>, string[]][])('%j needs BuildKit for %j', (given, expected) => {
  expect(needsBuildKit(inputsWith(given))).toEqual(expected)
})

test('what docker says', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  expect(parsePushedDigest(`1: Pushed\nlatest: digest: ${digest} size: 528\n`)).toBe(digest)
  expect(parsePushedDigest('denied')).toBe('')
  expect(isCacheTrouble('failed to restore cached image from "x"')).toBe(true)
  expect(isCacheTrouble('The command returned a non-zero code: 1')).toBe(false)
})
