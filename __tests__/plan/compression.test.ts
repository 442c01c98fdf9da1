import { compressesByStage, planCompression } from '../../src/plan/compression'
import { inputsWith } from '../inputs/fixture'

const cases: {
  description: string
  given: Record<string, string>
  driver?: string
  expected: ReturnType<typeof planCompression>
}[] = [
  {
    description: 'as asked',
    given: { 'cache-compression': 'estargz:3', push: 'true', tags: 'a' },
    expected: { type: 'estargz', level: 3 }
  },
  { description: 'no image', given: {}, expected: { type: 'zstd' } },
  { description: 'files only', given: { outputs: 'out\ntype=tar,dest=a.tar\ntype=cacheonly' }, expected: { type: 'zstd' } },
  { description: 'the docker driver makes an image by itself', given: {}, driver: 'docker', expected: undefined },
  { description: 'the docker driver with files only', given: { outputs: 'out' }, driver: 'docker', expected: { type: 'zstd' } },
  { description: 'pushed', given: { push: 'true', tags: 'a' }, expected: undefined },
  { description: 'loaded', given: { load: 'true' }, expected: undefined },
  { description: 'an image of gzip', given: { outputs: 'type=image,name=a,push=true' }, expected: undefined },
  {
    description: 'an image of zstd',
    given: { outputs: 'type=image,name=a,compression=zstd,compression-level=9' },
    expected: { type: 'zstd', level: 9 }
  }
]

test.each(cases)('$description', ({ given, driver = 'docker-container', expected }) => {
  expect(planCompression(inputsWith(given), driver)).toEqual(expected)
})

test('what an image does not have is zstd, unless something else is asked for', () => {
  expect(planCompression(inputsWith({ push: 'true', tags: 'a' }), 'docker-container', false)).toEqual({ type: 'zstd' })
  const asked = inputsWith({ push: 'true', tags: 'a', 'cache-compression': 'gzip:1' })
  expect(planCompression(asked, 'docker-container', false)).toEqual({ type: 'gzip', level: 1 })
})

test.each([
  { given: { push: 'true', tags: 'a' }, backend: 'registry', expected: true },
  { given: { push: 'true', tags: 'a' }, backend: 'local', expected: true },
  { given: { push: 'true', tags: 'a' }, backend: 'gha', expected: false },
  { given: { push: 'true', tags: 'a', 'cache-compression': 'zstd' }, backend: 'registry', expected: false },
  { given: {}, backend: 'registry', expected: false }
] as const)('by stage: $backend $given: $expected', ({ given, backend, expected }) => {
  expect(compressesByStage(inputsWith(given), 'docker-container', backend)).toBe(expected)
})
