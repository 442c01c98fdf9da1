import fc from 'fast-check'

/** What people could put into a name to break out of a view, on top of any characters at all. */
export const pieces = [
  '|', '||', '\\|', '\\', '`', '``', '```', '`'.repeat(90), '\n', '\r\n', '\n\n', '\n| a | b |\n', '\t', '    ', '<b>', '</td>', '<!--', '-->',
  '<script>alert(1)</script>', '<img src=x>', '</details>', '<br>', '&lt;', '&#124;', '[x](http://evil.example)', '![x](http://evil.example)', '[x]: http://e',
  'https://evil.example/a', 'http://evil.example', 'www.evil.example', 'a@evil.example', 'mailto:a@b.cc', '<http://evil.example>', '@octocat', '@acme/team',
  '#123', 'GH-123', 'acme/app#1', 'acme/app@0123456', '0123456789abcdef0123456789abcdef01234567', ':tada:', '**', '__', '~~', '*', '_', '$x$', '$`x`$', '# ',
  '> ', '- ', '1. ', '---', '===', '[^1]', '[ ]', '\u202e', '\u2066', '\u200b', '\u0000', '\u0007', '\u001b[31m', '\u001b]0;x\u0007', '\ud800', '\u2028',
  '\u{e0041}', '😀', 'é', '::error::x', '##[error]', '%0A', 'stage', ' '
] // prettier-ignore

export const hostileText = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 8 })
      .map(parts => parts.join(''))
  },
  { weight: 1, arbitrary: fc.constantFrom(...pieces).map(piece => piece.repeat(300)) }
)
