import { readLogicalLines } from '../../src/dockerfile/logical-lines'

test.each([
  { description: 'flags and rest', text: 'COPY --from=a --link b c', expected: ['COPY|--from=a --link|b c'] },
  { description: 'two dashes', text: 'RUN --a=b -- --c', expected: ['RUN|--a=b|--c'] },
  { description: 'two dashes at the end', text: 'RUN --', expected: ['RUN||'] },
  { description: 'quotes in flags', text: 'RUN --mount="a b,"\'c\' d', expected: ['RUN|--mount=a b,c|d'] },
  { description: 'bytes of flags', text: 'RUN --mount=größe ä', expected: ['RUN|--mount=grÃ¶Ã\u009fe|ä'] },
  // The second byte of this letter is a blank for BuildKit.
  { description: 'blank bytes in flags', text: 'RUN --mount=à é', expected: ['RUN|--mount=Ã|é'] },
  { description: 'escapes in flags', text: 'RUN --mount=a\\ b c', expected: ['RUN|--mount=a b|c'] },
  { description: 'a keyword over two lines', text: 'RU\\\nN a', expected: ['RUN||a'] },
  { description: 'a here-string', text: 'RUN cat <<<EOF\nRUN a', expected: ['RUN||cat <<<EOF', 'RUN||a'] },
  { description: 'a heredoc on a descriptor', text: 'RUN 3<<EOF a\nFROM b\nEOF\nRUN a', expected: ['RUN||3<<EOF a', 'RUN||a'] },
  { description: 'a heredoc in JSON form', text: 'RUN ["<<EOF"]\nRUN a', expected: ['RUN||["<<EOF"]', 'RUN||a'] },
  { description: 'no heredoc in ENV', text: 'ENV A=<<EOF\nRUN a', expected: ['ENV||A=<<EOF', 'RUN||a'] },
  { description: 'a heredoc whose name is a variable', text: 'RUN <<$E\nFROM b\n$E\nRUN a', expected: ['RUN||<<$E', 'RUN||a'] },
  { description: 'no heredoc of two words', text: 'RUN a "<<E b"\nRUN a', expected: ['RUN||a "<<E b"', 'RUN||a'] },
  { description: 'an end line with blanks is none', text: 'RUN <<E\nE \n E\nE\nRUN a', expected: ['RUN||<<E', 'RUN||a'] },
  {
    description: 'a heredoc in a trigger',
    text: 'ONBUILD COPY <<E /a\nRUN b\nE\nRUN a',
    expected: ['ONBUILD||COPY <<E /a', 'RUN||a']
  },
  { description: 'a comment that ends with an escape', text: '# a \\\nRUN a', expected: ['RUN||a'] },
  { description: 'a lone escape', text: '\\\n\nRUN \\\n a', expected: ['RUN||a'] },
  { description: 'carriage returns alone end no line', text: 'RUN a\rRUN b', expected: ['RUN||a\rRUN b'] },
  { description: 'a comment between heredocs', text: 'RUN <<A <<B\nA\n# c\nB\nRUN a', expected: ['RUN||<<A <<B', 'RUN||a'] }
])('$description', ({ text, expected }) => {
  const { instructions, problems } = readLogicalLines(text)
  expect(problems).toEqual([])
  expect(instructions.map(({ keyword, flags, rest }) => [keyword, flags.join(' '), rest].join('|'))).toEqual(expected)
})
