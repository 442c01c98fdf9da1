import * as fc from 'fast-check'
import { parseShell } from '../../../src/explain/advice/shell'

const wordsOf = (script: string) => parseShell(script)?.map(({ words }) => words.join('|'))

it.each([
  ['a b && c; d | e & f', ['a|b', 'c', 'd', 'e', 'f']],
  [`echo 'a && b' "c; d" e\\ f`, ['echo|a && b|c; d|e f']],
  ['if ! test -f x; then apt-get update; else true; fi', ['test|-f|x', 'apt-get|update', 'true']],
  ['for i in a b; do pip install $i; done', ['for|i|in|a|b', 'pip|install|$i']],
  ['(cd x && make) > out 2>&1', ['cd|x', 'make']],
  ['curl x >/dev/null 2>err | tar -x &> log', ['curl|x', 'tar|-x']],
  ['A=1 B="x y" sudo env C=2 npm ci', ['npm|ci']],
  ['echo "$(date; echo ")")" && b', ['echo|$(date; echo ")")', 'b']],
  ['a `b; c` d', ['a|`b; c`|d']],
  ['a # b && c\nd \\\n e', ['a', 'd|e']],
  ['a#b', ['a#b']],
  ["bash -o pipefail -c 'pip install x && y'", ['pip|install|x', 'y']],
  ['{ a; b; }', ['a', 'b']],
  ['', []]
])('%j', (script, expected) => {
  expect(wordsOf(script)).toEqual(expected)
})

it.each([
  'case $x in a) b;; esac',
  'f() { a; }',
  'function f { a; }',
  'echo "a',
  "echo 'a",
  'a $(b',
  'diff <(a) b',
  '((i++))',
  'a ${b'
])('does not claim to understand %j', script => {
  expect(parseShell(script)).toBeUndefined()
})

it('keeps assignments with their command', () => {
  expect(parseShell('A=1 B=$x npm ci')).toEqual([
    {
      words: ['npm', 'ci'],
      assignments: new Map([
        ['A', '1'],
        ['B', '$x']
      ])
    }
  ])
})

it('reads any text without an error and in linear time', () => {
  const piece = fc.constantFrom(
    'a',
    ' ',
    '&&',
    ';',
    '|',
    '"',
    "'",
    '\\',
    '$(',
    ')',
    '`',
    '#',
    '\n',
    '<',
    '>',
    '{',
    '}',
    '${',
    '&',
    '=',
    'sh -c '
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), pieces => {
      parseShell(pieces.join(''))
    })
  )
  const started = performance.now()
  parseShell('a && '.repeat(20_000))
  parseShell('$('.repeat(2_000))
  expect(performance.now() - started).toBeLessThan(2000)
})
