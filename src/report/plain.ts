/** Longest text of others that a view shows in one place. */
const LONGEST = 160

/**
 * Any text as one line of visible characters: colours dropped, white space made single blanks, control, bidi and other invisible
 * characters spelled out, what is over `longest` characters cut from the middle (names and refs tell themselves apart at both ends).
 */
export function oneLine(text: string, longest: number = LONGEST): string {
  const clean = visible(cutMiddle(text, longest * 4))
    .replace(/\s+/gu, ' ')
    .trim()
  return cutMiddle(clean, longest)
}

/** The last lines of a text, each as `oneLine` but with its indentation. */
export function lastLines(text: string, most: number, longest: number): readonly string[] {
  const lines = text
    .slice(-most * longest * 4)
    .split(/\r\n|[\n\r\u2028\u2029]/u)
    .map(line =>
      visible(cutMiddle(line, longest * 4))
        .replaceAll('\t', '  ')
        .replace(/\s/gu, ' ')
    )
    .map(line => cutMiddle(line, longest).trimEnd())
  while (lines.length > 0 && lines[lines.length - 1] === '') lines.pop()
  return lines.slice(-most)
}

// Escape sequences of terminals: CSI, and OSC up to its end.
// eslint-disable-next-line no-control-regex
const terminalCodes = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)/gu
// Controls but for white space, formats (bidi, zero width, tags), lone surrogates, and blanks of no width.
const invisible = /[^\P{Cc}\s]|\p{Cf}|\p{Cs}|[\u115f\u1160\u3164\uffa0]/gu

function visible(text: string): string {
  return text.replace(terminalCodes, '').replace(invisible, character => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}

function cutMiddle(text: string, longest: number): string {
  if (text.length <= longest) return text
  // By code points, so that no character is cut in half; the slices keep a huge text cheap.
  const head = [...text.slice(0, longest * 2)]
  const tail = [...text.slice(-longest * 2)]
  if (text.length <= longest * 2 && head.length <= longest) return text
  const end = Math.floor(longest / 3)
  return `${head.slice(0, longest - end - 1).join('')}…${tail.slice(-end).join('')}`
}
