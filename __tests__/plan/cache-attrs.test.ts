import { formatAttributes, formatCacheFrom, formatCacheTo } from '../../src/plan/cache-attrs'
import type { CachePlace, CacheToOptions } from '../../src/plan/cache-attrs'

const registry: CachePlace = { backend: 'registry', place: 'ghcr.io/acme/app', name: 'cache-deps' }
const gha: CachePlace = { backend: 'gha', place: '', name: 'cache-deps_OF_acme__app' }
const local: CachePlace = { backend: 'local', place: '/tmp/.buildx-cache', name: 'cache-deps' }

test.each([
  { ref: registry, expected: 'type=registry,ref=ghcr.io/acme/app:cache-deps' },
  { ref: gha, expected: 'type=gha,scope=cache-deps_OF_acme__app,timeout=1m' },
  { ref: local, expected: 'type=local,src=/tmp/.buildx-cache,tag=cache-deps' },
  { ref: { ...local, place: '/tmp/a,"b"' }, expected: 'type=local,"src=/tmp/a,""b""",tag=cache-deps' }
])('read from $ref.backend $ref.place', ({ ref, expected }) => {
  expect(formatCacheFrom(ref)).toBe(expected)
})

const writes: { description: string; ref: CachePlace; options: CacheToOptions; expected: string }[] = [
  {
    description: 'registry',
    ref: registry,
    options: { mode: 'max' },
    expected: 'type=registry,ref=ghcr.io/acme/app:cache-deps,mode=max'
  },
  {
    description: 'compressed',
    ref: registry,
    options: { mode: 'min', compression: { type: 'zstd', level: 9 } },
    expected: 'type=registry,ref=ghcr.io/acme/app:cache-deps,mode=min,compression=zstd,compression-level=9'
  },
  {
    description: 'gha takes no compression',
    ref: gha,
    options: { mode: 'max', compression: { type: 'zstd' } },
    expected: 'type=gha,scope=cache-deps_OF_acme__app,timeout=1m,mode=max'
  },
  {
    description: 'local',
    ref: local,
    options: { mode: 'max' },
    expected: 'type=local,dest=/tmp/.buildx-cache,tag=cache-deps,mode=max'
  },
  {
    description: 'local, into a new directory',
    ref: local,
    options: { mode: 'max', directory: '/tmp/new', compression: { type: 'uncompressed' } },
    expected: 'type=local,dest=/tmp/new,tag=cache-deps,mode=max,compression=uncompressed'
  }
]

test.each(writes)('write: $description', ({ ref, options, expected }) => {
  expect(formatCacheTo(ref, options)).toBe(expected)
})

test('a field is quoted as a whole where its text needs it', () => {
  expect(
    formatAttributes([
      ['a', 'x y'],
      ['b', 'x,y'],
      ['c', 'x"y'],
      ['d', 'x\ny']
    ])
  ).toBe('a=x y,"b=x,y","c=x""y","d=x\ny"')
})
