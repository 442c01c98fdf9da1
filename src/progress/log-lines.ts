/**
 * Text that others wrote, as lines that can be printed to the job log.
 * What comes out holds no line end and can be no workflow command: the runner takes a line that begins with `::`,
 * white space before it or not, and `##[` anywhere in a line (actions/runner src/Runner.Common/ActionCommand.cs TryParseV2, TryParse),
 * and it reads a lone carriage return as a line end. Colours and other terminal sequences pass.
 */
export function printableLines(text: string): string[] {
  return text.split(lineEnds).map(line => line.replace(bracketCommand, '# #[').replace(colonCommand, '$1: :'))
}

/** The same on one line, for names. */
export function printableLine(text: string): string {
  return printableLines(text).join(' ')
}

// What some reader takes for a line end: the runner, the log page, or a terminal.
const lineEnds = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/
const bracketCommand = /##\[/g
// White space as .NET trims it, which is what \s is and two more.
const colonCommand = /^([\s\u0085\u180e]*)::/

/** A line longer than this is printed in pieces, so that output without line ends is bounded. */
const longestLine = 32 * 1024
/** A progress bar redraws its line: of what a carriage return overwrites, one is shown in so many milliseconds. */
const redrawInterval = 5_000

/** One output stream of one step: bytes in, whole lines out. */
export class OutputStream {
  private readonly decoder = new TextDecoder()
  private rest = ''
  private lastRedraw = -Infinity

  /** Complete lines, without their ends. `time` in milliseconds decides which redrawn lines are shown. */
  push(base64: string, time: number): string[] {
    return this.take(this.decoder.decode(Buffer.from(base64, 'base64'), { stream: true }), time)
  }

  /** What is left when the step has ended. */
  end(): string[] {
    const lines = this.take(this.decoder.decode(), Infinity)
    const last = lastDrawn(this.rest)
    this.rest = ''
    return last === '' ? lines : [...lines, last]
  }

  private take(text: string, time: number): string[] {
    const parts = (this.rest + text).split('\n')
    this.rest = parts.pop() ?? ''
    const lines = parts.map(lastDrawn)
    // A carriage return at the very end may be half of a line end.
    const redraw = this.rest.slice(0, -1).lastIndexOf('\r')
    if (redraw >= 0) {
      const drawn = lastDrawn(this.rest.slice(0, redraw))
      this.rest = this.rest.slice(redraw + 1)
      if (drawn !== '' && time - this.lastRedraw >= redrawInterval) {
        this.lastRedraw = time
        lines.push(drawn)
      }
    }
    while (this.rest.length > longestLine) {
      lines.push(this.rest.slice(0, longestLine))
      this.rest = this.rest.slice(longestLine)
    }
    return lines.flatMap(inPieces)
  }
}

/** Of a line redrawn with carriage returns, what a terminal shows in the end. */
function lastDrawn(line: string): string {
  return line.split('\r').findLast(part => part !== '') ?? ''
}

function inPieces(line: string): string[] {
  if (line.length <= longestLine) return [line]
  return Array.from({ length: Math.ceil(line.length / longestLine) }, (_, i) =>
    line.slice(i * longestLine, (i + 1) * longestLine)
  )
}
