import { parseInputList, unclosedQuote } from '../../src/plan/input-list'
import type { ListForm } from '../../src/plan/input-list'

// The cases of build-push-action's own list parsing: __tests__/util.test.ts of docker/actions-toolkit says what comes of each.
const cases: { description: string; text: string; form: ListForm; expected: readonly string[] }[] = [
  { description: 'nothing', text: '', form: 'comma-list', expected: [] },
  { description: 'white space only', text: ' \n \n', form: 'line-list', expected: [] },
  { description: 'one item', text: 'bar', form: 'comma-list', expected: ['bar'] },
  { description: 'lines', text: 'bar\nbaz', form: 'comma-list', expected: ['bar', 'baz'] },
  { description: 'empty lines', text: 'bar\n\nbaz\n', form: 'comma-list', expected: ['bar', 'baz'] },
  { description: 'commas', text: 'bar,baz,', form: 'comma-list', expected: ['bar', 'baz'] },
  { description: 'lines and commas', text: 'bar\r\nbaz, bat', form: 'comma-list', expected: ['bar', 'baz', 'bat'] },
  { description: 'commas within quotes of a comma list', text: 'a\n"b,c"', form: 'comma-list', expected: ['a', 'b', 'c'] },
  { description: 'commas kept', text: 'a:b\r\ntype=local,src=c', form: 'line-list', expected: ['a:b', 'type=local,src=c'] },
  { description: 'a quoted line', text: '"a=1,""2"", 3"', form: 'line-list', expected: ['a=1,"2", 3'] },
  { description: 'quotes within a line', text: 'LABEL=say "hi", you', form: 'line-list', expected: ['LABEL=say "hi", you'] },
  {
    description: 'several lines in quotes',
    text: 'A=1\n"B=2\n\n3"\nC=4',
    form: 'line-list',
    expected: ['A=1', 'B=2\n\n3', 'C=4']
  },
  { description: 'a # is no comment', text: 'a=b#c\n#d', form: 'line-list', expected: ['a=b#c', '#d'] },
  { description: 'quotes kept', text: '"env.no_proxy=a,b"\nc', form: 'verbatim-list', expected: ['"env.no_proxy=a,b"', 'c'] },
  { description: 'white space around items', text: '  a , b  \n\t c', form: 'comma-list', expected: ['a', 'b', 'c'] },
  { description: 'white space in a secret', text: '"A= x\n\n"\nB=y \n', form: 'secret-list', expected: ['A= x\n\n', 'B=y '] }
]

test.each(cases)('$description', ({ text, form, expected }) => {
  expect(parseInputList(text, form)).toEqual(expected)
})

test('an open quote is told apart from an empty list', () => {
  expect(parseInputList('"A=1\nB=2', 'line-list')).toBe(unclosedQuote)
})
