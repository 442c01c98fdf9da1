import { parseCacheMount } from '../../src/dockerfile/cache-mount'
import type { CacheMount } from '../../src/dockerfile/cache-mount'

const expand = (word: string) => ({ text: word.replace('$NAME', 'pip'), known: !word.includes('$UNKNOWN') })
const mount = (id: string, more: Partial<CacheMount> = {}): CacheMount => ({
  id,
  shown: id,
  from: '',
  source: '/',
  known: true,
  ...more
})

const cases: readonly (readonly [string, CacheMount | undefined])[] = [
  ['type=bind,target=/a', undefined],
  ['target=/a', undefined],
  ['type=cache,target=/root/.cache/pip', mount('/root/.cache/pip')],
  ['type=cache,target=/a//b/../c/', mount('/a/c', { shown: '/a//b/../c/' })],
  ['type=cache,target=cache', mount('cache')],
  ['type=cache,dst=/a', mount('/a')],
  ['TYPE=Cache,Destination=/a', mount('/a')],
  ['type=cache,id=apt,target=/var/cache/apt,sharing=locked', mount('apt')],
  ['type=cache,id=/a/,target=/b', mount('/a/')],
  // Flags have a character for each byte.
  ['type=cache,id=grÃ¶Ã\u009fe,target=/b', mount('grÃ¶Ã\u009fe', { shown: 'größe' })],
  ['type=cache,id=$NAME-1,target=/b', mount('pip-1', { shown: '$NAME-1' })],
  ['type=cache,target=$UNKNOWN/a', mount('$UNKNOWN/a', { known: false })],
  ['type=cache,id=a,target=$UNKNOWN', mount('a', { known: false })],
  ['type=cache,"id=a,b",target=/c', mount('a,b')],
  ['type=cache,target=/a,uid=1000', mount('/a', { owner: { uid: 1000, gid: 0, mode: 0o755 } })],
  ['type=cache,target=/a,gid=7,mode=0700', mount('/a', { owner: { uid: 0, gid: 7, mode: 0o700 } })],
  ['type=cache,target=/a,uid=0', mount('/a', { owner: { uid: 0, gid: 0, mode: 0o755 } })],
  ['type=cache,target=/a,ro', mount('/a')],
  ['type=cache,target=/a,from=scratch', mount('/a')],
  ['type=cache,target=/a,from=deps,src=seed', mount('/a', { from: 'deps', source: '/seed' })],
  // BuildKit makes no directory of its own where a path of the source is mounted.
  ['type=cache,target=/a,from=deps,source=/seed,uid=5', mount('/a', { from: 'deps', source: '/seed' })]
]

it.each(cases)('%s', (text, expected) => {
  expect(parseCacheMount(text, expand)).toEqual(expected)
})
