import { newPathMatcher, wildcardRegex } from '../../src/fingerprint/path-patterns'
import { compileExpression } from '../../src/fingerprint/pattern-expression'

/** Patterns with many repetitions, which are followed without a regular expression. */
const ignored: readonly [pattern: string, matching: readonly string[], other: readonly string[]][] = [
  ['*a*b*c*', ['abc', 'xaxbxcx', 'abcabc', 'abc/below'], ['acb', 'x/abc', 'ab/c']],
  ['**/*a*b', ['ab', 'x/ab', 'x/y/xaxb', 'ab/below'], ['ba', 'a/b', 'xa/yb']],
  ['a/**/b/**/*.c*', ['a/b/x.c', 'a/x/y/b/z/w.cc', 'a/b/.c'], ['a/x.c', 'ab/x.c', 'a/b', 'b/x.c']],
  ['*/*/*.log', ['a/b/c.log', 'a/b/.log'], ['a/c.log', 'a/b/c/d.log', 'a/b/clog']],
  ['*[0-9]*[^a]*.?', ['1b.x', 'x9-y.z'], ['1.x', '1a.x', 'xb.y', '1b.xy']],
  ['**/x**y**', ['xy', 'a/xb/y', 'xa/yz'], ['x', 'yx', 'a/y']],
  [String.raw`*\**\?*`, ['*?', 'a*b?c'], ['ab', '?*']]
]

test.each(ignored)('%s', (pattern, matching, other) => {
  const matcher = newPathMatcher([pattern])
  expect(matching.filter(path => !matcher?.matches(path))).toEqual([])
  expect(other.filter(path => matcher?.matches(path))).toEqual([])
})

test.each([
  ['*a*a*b', ['aab', 'xaxaxb'], ['ab', 'aa/b', 'aabc']],
  ['s?c/*/*[ab]*', ['src/x/a', 'sbc//xbx'], ['s/c/x/a', 'src/x/c', 'src/x/a/y']]
] as const)('a source %s', (pattern, matching, other) => {
  const expression = wildcardRegex(pattern)
  expect(matching.filter(path => !expression?.test(path))).toEqual([])
  expect(other.filter(path => expression?.test(path))).toEqual([])
})

test('a malformed source is none', () => {
  expect(['a*\\', 'a[', '*[z-a]*', '***[z-a]'].map(wildcardRegex)).toEqual([undefined, undefined, undefined, undefined])
})

const atoms = ['(.*/)?', '.*', '[^/]*', '[^/]', '[ab]', '[^a]', '[]', '\\.', '\\/', '\\*', 'a', 'b', '^', ']']
const texts = ['', 'a', 'b', '/', '.', 'ab', 'a/b', 'a.b', 'a/', '/a', '*', 'a/b/a', 'ba/a.b', '^a', ']', 'a]b', '//', 'a*/b.']

test('whatever three parts an expression has, it fits what the regular expression fits', () => {
  const sources = atoms.flatMap(one => atoms.flatMap(two => atoms.map(three => `${one}${two}${three}`)))
  const different = sources.flatMap(source => {
    // More repetitions than a regular expression may have, of what is in none of the texts.
    const [regex, expression] = [new RegExp(`^${source}$`), compileExpression(`${source}${'[z]*'.repeat(3)}`)]
    return texts.filter(text => regex.test(text) !== expression?.test(text)).map(text => `${source} ${text}`)
  })
  expect(different).toEqual([])
})

test('what is no regular expression is none', () => {
  expect([compileExpression('['), compileExpression('[^/]*[^/]*[^/]*[b-a]')]).toEqual([undefined, undefined])
})

test('a long name is judged at once, however many stars a pattern has', () => {
  const started = performance.now()
  const matcher = newPathMatcher(['**/*a*a*a*a*a*a*ab', '**/**/**/**/**/**/b'])
  const source = wildcardRegex('*a*a*a*a*a*a*a*ab')
  expect([matcher?.matches('a'.repeat(255)), matcher?.matches('/a'.repeat(1000)), source?.test('a'.repeat(255))]).toEqual([
    false,
    false,
    false
  ])
  expect(performance.now() - started).toBeLessThan(10_000)
})
