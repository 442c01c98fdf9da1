import { planCompression } from '../../src/plan/compression'
import type { CachedLayers } from '../../src/plan/compression'
import { inputsWith } from '../inputs/fixture'

const cases: {
  description: string
  given: Record<string, string>
  driver?: string
  of?: Partial<CachedLayers>
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
  },
  {
    description: 'not in the image: of its type, and fast',
    given: { push: 'true', tags: 'a' },
    of: { inImage: false },
    expected: { type: 'gzip', level: 4 }
  },
  {
    description: 'not in the image, for which a level was asked',
    given: { outputs: 'type=image,name=a,compression-level=9' },
    of: { inImage: false },
    expected: { type: 'gzip', level: 9 }
  },
  {
    description: 'not in an image of zstd',
    given: { outputs: 'type=image,name=a,compression=zstd' },
    of: { inImage: false },
    expected: { type: 'zstd' }
  },
  {
    description: 'gha, in the image',
    given: { push: 'true', tags: 'a' },
    of: { backend: 'gha' },
    expected: undefined
  },
  {
    description: 'gha, not in the image',
    given: { push: 'true', tags: 'a' },
    of: { backend: 'gha', inImage: false },
    expected: { type: 'gzip', level: 4 }
  },
  { description: 'gha without an image', given: {}, of: { backend: 'gha' }, expected: { type: 'gzip', level: 4 } },
  {
    description: 'gha, which has gzip alone',
    given: { 'cache-compression': 'zstd:3', push: 'true', tags: 'a' },
    of: { backend: 'gha', inImage: false },
    expected: undefined
  },
  {
    description: 'gha, and gzip of a level',
    given: { 'cache-compression': 'gzip:9', push: 'true', tags: 'a' },
    of: { backend: 'gha' },
    expected: { type: 'gzip', level: 9 }
  }
]

test.each(cases)('$description', ({ given, driver = 'docker-container', of, expected }) => {
  const layers = { backend: 'registry', inImage: true, ...of } as const
  expect(planCompression(inputsWith(given), driver, layers)).toEqual(expected)
})
