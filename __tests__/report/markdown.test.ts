import fc from 'fast-check'
import { code, codeBlock, details, ours, sentence, table, text } from '../../src/report/markdown'
import { lastLines, oneLine } from '../../src/report/plain'
import { words } from '../../src/report/words'
import { hostileText } from './hostile'
import { readMarkdown } from './read-markdown'

// eslint-disable-next-line no-control-regex
const unseen = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069]/u

describe('code', () => {
  test.each([
    ['plain', 'plain', '`plain`'],
    ['a pipe', 'a|b', '`a|b`'],
    ['a backtick', 'a`b', '``a`b``'],
    ['backticks at the ends', '`a`', '`` `a` ``'],
    ['lines', 'a\n  b', '`a b`'],
    ['nothing', '', ''],
    ['bidi', 'a\u202eb', '`a\\u{202e}b`'],
    ['colours', '\u001b[31mred\u001b[0m', '`red`']
  ])('%s', (_, given, expected) => expect(code(given)).toBe(expected))

  test('holds any text as it is, in prose and in tables', () => {
    fc.assert(
      fc.property(hostileText, given => {
        const shown = oneLine(given).replace(/`{17,}/gu, `${'`'.repeat(16)}…`)
        const expected = shown === '' ? [] : [shown]
        expect(readMarkdown(ours`before ${code(given)} after`).code).toEqual(expected)
        const read = readMarkdown(table([{ title: ours`A` }, { title: ours`B` }], [[ours`x ${code(given)}`, ours`y`]]))
        expect(read.code).toEqual(expected)
        expect(read.tables.map(rows => rows.map(row => row.length))).toEqual([[2, 2]])
      }),
      { numRuns: 2000 }
    )
  })
})

describe('text', () => {
  test.each([
    [
      'words stay readable',
      'docker names no current builder, so (docker-container) it is',
      'docker names no current builder, so (docker-container) it is'
    ],
    ['a mention', '@octocat', '&#64;<!-- -->octocat'],
    ['a reference', 'fix #12 GH-12', 'fix &#35;<!-- -->12 GH<!-- -->-12'],
    ['a commit', 'deadbeef', 'deadb<!-- -->eef'],
    ['a list', '1. x', '&#49;. x']
  ])('%s', (_, given, expected) => expect(text(given)).toBe(expected))

  test('has no meaning, whatever it holds', () => {
    fc.assert(
      fc.property(hostileText, given => {
        const read = readMarkdown(ours`${text(given)}`)
        expect(
          read.types.filter(
            type => !['paragraph_open', 'paragraph_close', 'inline', 'text', 'html_inline', 'text_special'].includes(type)
          )
        ).toEqual([])
        expect(read.html.filter(tag => tag !== '<!-- -->')).toEqual([])
        // GitHub looks for these in each text node after parsing.
        for (const node of read.prose) expect(node).not.toMatch(/@\w|#\d|\w:\/\/|www\.\w|:\w+:|\bGH-\d|\b[0-9a-f]{7,40}\b/iu)
      }),
      { numRuns: 2000 }
    )
  })
})

describe('one line', () => {
  test('has no character that is not seen, and is never too long', () => {
    fc.assert(
      fc.property(hostileText, fc.integer({ min: 8, max: 60 }), (given, longest) => {
        const line = oneLine(given, longest)
        expect(line).not.toMatch(unseen)
        expect(line).not.toContain('\n')
        expect([...line].length).toBeLessThanOrEqual(longest)
      }),
      { numRuns: 2000 }
    )
  })

  test('keeps both ends of a long name', () => {
    const line = oneLine(`${'a'.repeat(500)}:tag`, 30)
    expect(line).toHaveLength(30)
    expect(line).toMatch(/^a+….*:tag$/u)
  })
})

describe('code block', () => {
  test('holds any lines', () => {
    fc.assert(
      fc.property(hostileText, given => {
        const lines = lastLines(given, 20, 200)
        const read = readMarkdown(`${codeBlock(lines)}\n\nafter`)
        expect(read.blocks).toHaveLength(1)
        expect(read.types).not.toContain('html_block')
        expect(read.blocks[0]).not.toMatch(unseen)
        expect(read.prose).toEqual(['after'])
      }),
      { numRuns: 1000 }
    )
  })

  test('the last lines are those with text', () => {
    expect(lastLines('a\n\n b\tc\r\n\n', 2, 80)).toEqual(['', ' b  c'])
    expect(lastLines('', 5, 80)).toEqual([])
  })
})

test('a sentence shows its names as code', () => {
  expect(sentence(words`${'a|b'} was ${2} of ${[' ours ']}`)).toBe('`a|b` was 2 of  ours ')
})

test('a folded part renders its Markdown', () => {
  expect(details(ours`More`, ours`**x**`)).toBe('<details><summary>More</summary>\n\n**x**\n\n</details>')
})
