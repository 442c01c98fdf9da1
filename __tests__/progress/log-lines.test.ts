import fc from 'fast-check'
import { OutputStream, printableLine, printableLines } from '../../src/progress/log-lines'

const base64 = (bytes: string | Uint8Array) => Buffer.from(bytes).toString('base64')

/** What actions/runner does with a line: `::name …::` after white space, or `##[name …]` anywhere. */
function isCommand(line: string): boolean {
  return /^[\s\u0085\u180e]*::/.test(line) || line.includes('##[')
}

test.each([
  ['plain text', ['plain text']],
  ['', ['']],
  ['::error::x', [': :error::x']],
  [' \t::error::x', [' \t: :error::x']],
  ['\u00a0\u0085::error::x', ['\u00a0', ': :error::x']],
  ['a ::error::x', ['a ::error::x']],
  ['a\r::error::x', ['a', ': :error::x']],
  ['a\r\nb\nc', ['a', 'b', 'c']],
  ['a\u2028::error::x', ['a', ': :error::x']],
  ['a ##[error]x ##[add-mask]y', ['a # #[error]x # #[add-mask]y']],
  ['###[error]', ['## #[error]']],
  ['\u001b[31mred\u001b[0m', ['\u001b[31mred\u001b[0m']]
])('%j is printed as %j', (text, lines) => {
  expect(printableLines(text)).toEqual(lines)
  expect(printableLine(text)).toBe(lines.join(' '))
})

const nasty = fc.array(
  fc.oneof(
    fc.constantFrom(
      '::',
      ':',
      '##[',
      '#',
      '##',
      '[',
      ']',
      '::error::',
      '::set-output name=a::',
      '\r',
      '\n',
      '\r\n',
      '\u2028',
      '\u2029',
      '\u0085'
    ),
    fc.constantFrom('\v', '\f', ' ', '\t', '\u00a0', '\u180e', '\ufeff', '\u001b[0m', '\u0000', 'é', '€', '😀'),
    fc.string({ unit: 'binary' })
  ),
  { maxLength: 12 }
)

test('no text becomes a workflow command or a second line', () => {
  fc.assert(
    fc.property(nasty, parts => {
      for (const line of printableLines(parts.join(''))) {
        expect(isCommand(line)).toBe(false)
        expect(line).not.toMatch(/[\n\r\v\f\u0085\u2028\u2029]/)
      }
    })
  )
})

test.each([
  { description: 'whole lines', chunks: ['one\ntwo\n'], lines: ['one', 'two'] },
  { description: 'a line in pieces', chunks: ['on', 'e\ntw', 'o'], lines: ['one', 'two'] },
  { description: 'empty lines', chunks: ['\n\na\n'], lines: ['', '', 'a'] },
  { description: 'lines of Windows', chunks: ['one\r\ntwo\r', '\n', 'three\r\n'], lines: ['one', 'two', 'three'] },
  { description: 'a progress bar in one piece', chunks: ['1%\r50%\r100%\n'], lines: ['100%'] },
  { description: 'a progress bar that is cleared', chunks: ['1%\r50%\r\n'], lines: ['50%'] },
  { description: 'a progress bar in time', chunks: ['1%\r', '2%\r3%', '\r4%\r', '5%\r', '6%\n'], lines: ['2%', '6%'] },
  { description: 'nothing', chunks: [''], lines: [] }
])('$description', ({ chunks, lines }) => {
  const stream = new OutputStream()
  expect([...chunks.flatMap((chunk, i) => stream.push(base64(chunk), i * 2_000)), ...stream.end()]).toEqual(lines)
})

test('characters that are split between chunks', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('é', '€', '😀', 'a', '\n'), { minLength: 1 }),
      fc.array(fc.nat(7)),
      (characters, cuts) => {
        const bytes = Buffer.from(characters.join(''))
        const stream = new OutputStream()
        const lines: string[] = []
        let offset = 0
        for (const cut of cuts) lines.push(...stream.push(base64(bytes.subarray(offset, (offset += cut))), 0))
        lines.push(...stream.push(base64(bytes.subarray(offset)), 0), ...stream.end())
        expect(lines.join('\n')).toBe(characters.join('').replace(/\n$/, ''))
      }
    )
  )
})

test('bytes that are no UTF-8 are shown as such', () => {
  const stream = new OutputStream()
  expect(stream.push(base64(Uint8Array.of(0x61, 0xff, 0x62, 0x0a)), 0)).toEqual(['a\ufffdb'])
})

test('output without line ends is printed in pieces', () => {
  const stream = new OutputStream()
  const lines = Array.from({ length: 100 }, () => stream.push(base64('x'.repeat(10_000)), 0)).flat()
  expect(Math.max(...lines.map(line => line.length))).toBeLessThan(50_000)
  expect([...lines, ...stream.end()].join('')).toBe('x'.repeat(1_000_000))
})
