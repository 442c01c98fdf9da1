import { isJsonForm, keywordOf, nestedInstruction, type InstructionText } from './instruction-text'
import { splitUnquotedWords, splitWords } from './shell-words'
import { WordError } from './word-error'

export interface Heredoc {
  /** The line that ends it. */
  readonly name: string
  /** `<<-`: tabs before the end line do not count. */
  readonly stripTabs: boolean
}

/**
 * The heredocs that an instruction opens, in the order in which their bodies follow. Throws WordError where BuildKit refuses
 * the heredoc's name. Rules: frontend/dockerfile/parser/parser.go (canContainHeredoc, heredocsFromLine). As there,
 * `$((1 << 3))` opens one.
 */
export function heredocsOf(instruction: InstructionText): readonly Heredoc[] {
  if (!instruction.text.includes('<<') || !takesHeredocs(instruction)) return []
  return wordsOf(instruction.text).flatMap(word => readHeredoc(word) ?? [])
}

/** The heredoc that a word opens: `<<EOF`, `3<<-"END"`. Throws WordError. */
export function readHeredoc(word: string): Heredoc | undefined {
  const match = /^\d*<<(-?)\s*([^<]*)$/.exec(word)
  if (!match?.[2]) return undefined
  const names = splitUnquotedWords(match[2])
  const [name] = names
  return name === undefined || names.length > 1 ? undefined : { name, stripTabs: match[1] === '-' }
}

function takesHeredocs(instruction: InstructionText): boolean {
  const inner = keywordOf(instruction) === 'ONBUILD' ? nestedInstruction(instruction) : instruction
  return ['RUN', 'COPY', 'ADD'].includes(keywordOf(inner)) && !isJsonForm(inner)
}

/** A line whose quotes do not close has no heredocs: BuildKit drops the error there. */
function wordsOf(line: string): readonly string[] {
  try {
    return splitWords(line)
  } catch (error) {
    if (error instanceof WordError) return []
    throw error
  }
}
