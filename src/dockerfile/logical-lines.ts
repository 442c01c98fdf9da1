import type { DockerfileProblem, LineRange } from './dockerfile'
import { heredocsOf } from './heredoc'
import { splitInstruction, type InstructionText } from './instruction-text'
import { readDirective, type Directives } from './directives'
import { WordError } from './word-error'
import { trimStart } from './white-space'

/** One instruction of the file: what BuildKit parses it from, and where it stands. */
export interface LogicalLine extends InstructionText {
  /** The lines of the file, heredoc bodies and comments included. */
  readonly source: string
  readonly lines: LineRange
}

export interface LogicalLines {
  readonly escape: string
  readonly instructions: readonly LogicalLine[]
  readonly problems: readonly DockerfileProblem[]
}

/**
 * Cuts a Dockerfile into instructions: continuations joined, comments and empty lines within them dropped, heredoc bodies
 * taken off. Rules: frontend/dockerfile/parser/parser.go (Parse). dockerfile-ast takes other lines for instructions
 * (`3<<EOF`, `\\` at a line's end, a directive after an unknown one), so the cutting is done here.
 */
export function readLogicalLines(text: string): LogicalLines {
  const lines = linesOf(text)
  const instructions: LogicalLine[] = []
  const problems: DockerfileProblem[] = []
  let directives: Directives = { escape: '\\', seen: [], done: false }
  for (let at = 0; at < lines.length;) {
    const start = at + 1
    const first = trimStart(lines[at] ?? '')
    at++
    const directive = readDirective(first, directives)
    directives = directive.directives
    if (directive.problem !== undefined) problems.push({ line: start, message: directive.problem })
    if (first === '' || isComment(first)) continue
    const joined = joinContinuations(first, lines, at, directives.escape)
    at = joined.at
    const instruction = splitInstruction(joined.text, directives.escape)
    const heredocs = skipHeredocs(instruction, lines, at)
    at = heredocs.at
    if (heredocs.problem !== undefined) problems.push({ line: start, message: heredocs.problem })
    const source = trimStart(lines.slice(start - 1, at).join('\n'))
    instructions.push({ ...instruction, source, lines: { start, end: at } })
  }
  return { escape: directives.escape, instructions, problems }
}

/** Lines without their ends and without a byte order mark; a lone CR ends none. */
function linesOf(text: string): readonly string[] {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .map(line => line.replace(/\r+$/, ''))
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

function isComment(line: string): boolean {
  return trimStart(line).startsWith('#')
}

function joinContinuations(first: string, lines: readonly string[], from: number, escape: string): { text: string; at: number } {
  // An escape that is itself escaped does not continue the line.
  const mark = escape === '`' ? /(^|[^`])`[ \t]*$/ : /(^|[^\\])\\[ \t]*$/
  let text = first.replace(mark, '$1')
  let open = mark.test(first)
  let at = from
  for (; open && at < lines.length; at++) {
    const line = lines[at] ?? ''
    if (isComment(line) || trimStart(line) === '') continue
    text += line.replace(mark, '$1')
    open = mark.test(line)
  }
  return { text, at }
}

/** Gives the index of the line behind the instruction's heredoc bodies. */
function skipHeredocs(instruction: InstructionText, lines: readonly string[], from: number): { at: number; problem?: string } {
  let at = from
  try {
    for (const { name, stripTabs } of heredocsOf(instruction)) {
      const end = lines.findIndex((line, index) => index >= at && (stripTabs ? line.replace(/^\t+/, '') : line) === name)
      if (end < 0) return { at: lines.length, problem: `unterminated heredoc: no line is ${name}` }
      at = end + 1
    }
  } catch (error) {
    if (error instanceof WordError) return { at, problem: error.message }
    throw error
  }
  return { at }
}
