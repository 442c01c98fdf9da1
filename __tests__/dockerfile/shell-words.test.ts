import { expandWord, splitWords } from '../../src/dockerfile/shell-words'

const variables = new Map([
  ['A', 'alpine'],
  ['EMPTY', ''],
  ['PATH_LIKE', 'ghcr.io/acme/app:1.2.3'],
  ['1', 'one']
])

// Expectations from BuildKit's own frontend/dockerfile/shell tests' rules and from builds on the engine.
test.each([
  { word: 'alpine', expected: 'alpine' },
  { word: '$A', expected: 'alpine' },
  { word: '$A:3', expected: 'alpine:3' },
  { word: '$A_B', expected: '' },
  { word: '${A}_B', expected: 'alpine_B' },
  { word: '$1x', expected: 'onex' },
  { word: '$', expected: '$' },
  { word: '$/', expected: '$/' },
  { word: '$@x', expected: 'x' },
  { word: '$NONE', expected: '' },
  { word: '\\$A', expected: '$A' },
  { word: "'$A'", expected: '$A' },
  { word: '"$A"', expected: 'alpine' },
  { word: '"\\$A \\x \\""', expected: '$A \\x "' },
  { word: 'a\\', expected: 'a' },
  { word: '<<A<b', expected: '<<A<b' },
  { word: '${NONE:-x$A}', expected: 'xalpine' },
  { word: '${EMPTY:-x}', expected: 'x' },
  { word: '${EMPTY-x}', expected: '' },
  { word: '${A:-x}', expected: 'alpine' },
  { word: '${A:+x}', expected: 'x' },
  { word: '${EMPTY:+x}', expected: '' },
  { word: '${EMPTY+x}', expected: 'x' },
  { word: '${NONE+x}', expected: '' },
  { word: '${A:?no}', expected: 'alpine' },
  { word: '${EMPTY?no}', expected: '' },
  { word: '${NONE:-${A#al}}', expected: 'pine' },
  { word: '${NONE:-"a}b"}', expected: 'a}b' },
  { word: '${PATH_LIKE#*/}', expected: 'acme/app:1.2.3' },
  { word: '${PATH_LIKE##*/}', expected: 'app:1.2.3' },
  { word: '${PATH_LIKE%.*}', expected: 'ghcr.io/acme/app:1.2' },
  { word: '${PATH_LIKE%%.*}', expected: 'ghcr' },
  { word: '${PATH_LIKE%%:?.*}', expected: 'ghcr.io/acme/app' },
  { word: '${PATH_LIKE#nothing}', expected: 'ghcr.io/acme/app:1.2.3' },
  { word: '${PATH_LIKE/./-}', expected: 'ghcr-io/acme/app:1.2.3' },
  { word: '${PATH_LIKE//./-}', expected: 'ghcr-io/acme/app:1-2-3' },
  { word: '${PATH_LIKE//\\//-}', expected: 'ghcr.io-acme-app:1.2.3' },
  { word: '${PATH_LIKE//[/-}', expected: 'ghcr.io/acme/app:1.2.3' },
  { word: '${A//*/x}', expected: 'x' },
  { word: '${A//\\*/x}', expected: 'alpine' }
])('$word is $expected', ({ word, expected }) => {
  expect(expandWord(word, variables, '\\')).toBe(expected)
})

test.each([
  { word: '"open', expected: 'double-quote' },
  { word: "'open", expected: 'single-quote' },
  { word: '${', expected: "missing '}'" },
  { word: '${A', expected: "missing '}'" },
  { word: '${A:-x', expected: "missing '}'" },
  { word: '${A/x', expected: "missing '/'" },
  { word: '${A/x/y', expected: "missing '}'" },
  { word: '${}', expected: 'bad substitution' },
  { word: '${{A}}', expected: 'bad substitution' },
  { word: '${:-x}', expected: 'bad substitution' },
  { word: '${A:x}', expected: 'unsupported modifier (:x)' },
  { word: '${A:#x}', expected: 'unsupported modifier (:#)' },
  { word: '${A!x}', expected: 'unsupported modifier (!)' },
  { word: '${A#\\x}', expected: 'invalid pattern' },
  { word: '${NONE?}', expected: 'NONE: is not allowed to be unset' },
  { word: '${EMPTY:?}', expected: 'EMPTY: is not allowed to be empty' },
  { word: '${NONE:?give it}', expected: 'NONE: give it' }
])('$word is refused: $expected', ({ word, expected }) => {
  expect(() => expandWord(word, variables, '\\')).toThrow(expected)
})

test('another escape character leaves backslashes alone', () => {
  expect(expandWord('c:\\`$A\\$A', variables, '`')).toBe('c:\\$A\\alpine')
})

test.each([
  { line: 'RUN a  b', expected: ['RUN', 'a', 'b'] },
  { line: 'RUN "a b"\'c d\' e\\ f', expected: ['RUN', '"a b"\'c d\'', 'e\\ f'] },
  { line: 'RUN cat << EOF <<-B', expected: ['RUN', 'cat', '<< EOF', '<<-B'] },
  { line: 'RUN ${X:-a b} $Y', expected: ['RUN', '${X:-a', 'b}', '$Y'] }
])('the words of $line', ({ line, expected }) => {
  expect(splitWords(line)).toEqual(expected)
})
