import { planCompression } from '../../src/plan/compression'
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
