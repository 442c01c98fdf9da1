import { parseFailedLines } from '../../src/progress/failed-lines'

const rule = '--------------------'
const source = (at: number, lines: readonly string[]) => [`Dockerfile:${at}`, rule, ...lines, rule].join('\n')
const missing = 'ERROR: failed to build: failed to solve: "/nope": not found'

test.each([
  ['one line', source(3, ['   1 |     FROM a', '   2 |     ', '   3 | >>> COPY nope /']), { start: 3, end: 3 }],
  [
    'several',
    source(9, ['   8 |     FROM a', '   9 | >>> RUN x && \\', '  10 | >>>   y', '  11 |     CMD z']),
    { start: 9, end: 10 }
  ],
  ['the last of two', `${source(1, ['   1 | >>> FROM a'])}\n${source(2, ['   2 | >>> FROM b'])}`, { start: 2, end: 2 }],
  ['none marked', source(2, ['   2 |     FROM b']), undefined],
  ['none at all', '', undefined]
])('%s', (_, text, expected) => expect(parseFailedLines(`#5 ERROR\n${text}\n${missing}`)).toEqual(expected))
