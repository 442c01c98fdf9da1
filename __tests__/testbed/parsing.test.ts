import { PassThrough } from 'node:stream'
import { parseCommandFile } from '../../testbed/command-files.mjs'
import { readLines } from '../../testbed/step-process.mjs'
import { parseCommand, readCommands } from '../../testbed/workflow-commands.mjs'

describe('command files', () => {
  it('hold lines and here-documents', () => {
    expect(parseCommandFile('a=1\nb<<E\nx=1\n\ny<<z\nE\nc=\n')).toEqual({ a: '1', b: 'x=1\n\ny<<z', c: '' })
  })

  it.each(['nothing', '=1', '<<E\nE', 'a<<E\nopen', 'a<<\n'])('%j is refused', text => {
    expect(() => parseCommandFile(text)).toThrow(/^Invalid/)
  })
})

describe('workflow commands', () => {
  it.each([
    ['::error::a%0Ab%25', { name: 'error', properties: {}, message: 'a\nb%' }],
    ['  ::Notice file=a%2Cb,line=2::', { name: 'notice', properties: { file: 'a,b', line: '2' }, message: '' }],
    ['#5 ::error::not at the start', undefined],
    ['::not a command', undefined]
  ])('%j', (line, expected) => {
    expect(parseCommand(line)).toEqual(expected)
  })

  it('are off between stop-commands and its token', () => {
    const { annotations, shown } = readCommands(['::stop-commands::t0k', '::error::no', '::t0k::', '::error::yes'])
    expect(annotations).toEqual([{ level: 'error', message: 'yes' }])
    expect(shown).toBe('::error::no\n##[error]yes')
  })

  it('mask every line of a value, in the whole log', () => {
    expect(readCommands(['one', '::add-mask::one%0Atwo', 'say two']).shown).toBe('***\nsay ***')
  })

  it('that no runner obeys are listed', () => {
    expect(readCommands(['::set-output name=a::1']).unknown).toEqual([
      { name: 'set-output', properties: { name: 'a' }, message: '1' }
    ])
  })
})

it('lines end at \\n, \\r\\n and \\r, and no character is broken', async () => {
  const stream = new PassThrough()
  const lines: string[] = []
  readLines(stream, line => lines.push(line))
  for (const byte of Buffer.from('é1\r\n☃2\r3\u2028\n\nlast')) stream.write(Buffer.of(byte))
  stream.end()
  await new Promise(resolve => stream.once('end', resolve))
  expect(lines).toEqual(['é1', '☃2', '3\u2028', '', 'last'])
})
