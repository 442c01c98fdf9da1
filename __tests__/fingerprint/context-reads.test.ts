import { contextTree, selectEntries } from '../../src/fingerprint/context-reads'
import { newPathMatcher, parseIgnoreFile } from '../../src/fingerprint/path-patterns'
import type { TreeEntry } from '../../src/host'

const file = (path: string): TreeEntry => ({ path, kind: 'file', mode: 0o644 })
const directory = (path: string): TreeEntry => ({ path, kind: 'directory', mode: 0o755 })
const link = (path: string, target: string): TreeEntry => ({ path, kind: 'link', mode: 0o777, target })
const entries = [
  file('a.txt'),
  directory('dir'),
  file('dir/a.txt'),
  file('dir/b.md'),
  directory('dir/empty'),
  directory('dir/sub'),
  file('dir/sub/a.txt'),
  link('inside', 'dir'),
  link('outside', '../../etc/passwd'),
  link('circle', 'circle'),
  link('chain', 'inside/sub/a.txt')
]
const tree = contextTree(entries, newPathMatcher([]) ?? { matches: () => false, mayExceptBelow: () => true })

// What BuildKit does with COPY is tried in e2e/context-files; the engine there has no --parents.
test.each([
  ['--parents', { source: '', include: 'dir/sub/a.txt' }, ['dir', 'dir/sub', 'dir/sub/a.txt']],
  ['--parents of a directory', { source: '', include: 'dir/sub' }, ['dir', 'dir/sub', 'dir/sub/a.txt']],
  ['--parents with **', { source: '', include: '**/*.md' }, ['dir', 'dir/b.md']],
  ['--parents behind a pivot', { source: 'dir', include: 'sub/*.txt' }, ['dir/sub', 'dir/sub/a.txt']],
  ['--parents and --exclude', { source: '', include: 'dir', exclude: ['**/*.txt'] }, ['dir', 'dir/b.md']],
  ['a directory, empty ones too', { source: 'dir' }, ['dir', 'dir/a.txt', 'dir/b.md', 'dir/empty', 'dir/sub', 'dir/sub/a.txt']],
  ['a link to a directory', { source: 'inside/sub' }, ['dir/sub', 'dir/sub/a.txt']],
  ['a link through a link', { source: 'chain' }, ['dir/sub/a.txt']],
  ['a link that leads out stays in', { source: 'outside' }, []],
  ['a link to itself', { source: 'circle' }, []],
  ['nothing', { source: 'missing' }, []]
] as const)('%s', (_, read, expected) => {
  expect(selectEntries(tree, { shown: '', wildcards: true, exclude: [], ...read })).toEqual(expected)
})

test('a name with a star is one for a mount', () => {
  expect(selectEntries(tree, { source: '*', shown: '', wildcards: false, exclude: [] })).toEqual([])
})

test.each([
  ['comments, blanks, a byte order mark', '\uFEFF# a\n\n  b/ \n #c\n', ['b', '#c']],
  ['slashes and dots', '/a\n./b/../c//d\n!/e/\n! f\n', ['a', 'c/d', '!e', '!f']],
  ['line ends of Windows', 'a\r\n!b\r\n', ['a', '!b']]
])('an ignore file: %s', (_, text, expected) => expect(parseIgnoreFile(text)).toEqual(expected))

test('where nothing is excepted an ignored directory need not be looked into', () => {
  const plain = newPathMatcher(['node_modules', '!keep/this'])
  expect([plain?.matches('node_modules/x'), plain?.mayExceptBelow('node_modules'), plain?.mayExceptBelow('keep')]).toEqual([
    true,
    false,
    true
  ])
  expect(newPathMatcher(['node_modules', '!**/x'])?.mayExceptBelow('node_modules')).toBe(true)
})

test.each([['!'], ['a[']])('%s is refused, as BuildKit does', pattern => expect(newPathMatcher([pattern])).toBeUndefined())
