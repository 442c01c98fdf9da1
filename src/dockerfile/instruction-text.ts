import { isSpace, trim } from './white-space'

/** An instruction cut into its parts, nothing of it judged yet. */
export interface InstructionText {
  /** The whole instruction on one line. */
  readonly text: string
  /** As written: `from`, `FROM`. */
  readonly keyword: string
  /** `--from=base`, quotes and escapes gone; a character for each byte (`fromBytes` gives the text), as BuildKit has them. */
  readonly flags: readonly string[]
  /** What follows the flags. */
  readonly rest: string
  readonly escape: string
}

const blanks = /[\t\v\f\r ]+/

/** Rules: frontend/dockerfile/parser/split_command.go. */
export function splitInstruction(text: string, escape: string): InstructionText {
  const line = trim(text)
  const blank = blanks.exec(line)
  if (blank === null) return { text: line, keyword: line, flags: [], rest: '', escape }
  const { flags, rest } = takeFlags(bytewise(line.slice(blank.index + blank[0].length)), escape)
  return { text: line, keyword: line.slice(0, blank.index), flags, rest: trim(fromBytes(rest)), escape }
}

/** The instruction behind ONBUILD. */
export function nestedInstruction(instruction: InstructionText): InstructionText {
  return splitInstruction(instruction.rest, instruction.escape)
}

export function keywordOf(instruction: InstructionText): string {
  return instruction.keyword.toUpperCase()
}

/** Arguments as BuildKit splits them for FROM, COPY and ADD: the items of a JSON list of texts, else by blanks. */
export function argumentsOf(instruction: InstructionText): readonly string[] {
  if (keywordOf(instruction) !== 'FROM') {
    const list = jsonList(instruction.rest)
    if (isTexts(list)) return list
  }
  return instruction.rest === '' ? [] : instruction.rest.split(blanks)
}

/** `RUN ["a", "b"]` rather than `RUN a b`. */
export function isJsonForm(instruction: InstructionText): boolean {
  return isTexts(jsonList(instruction.rest))
}

/** The rest is a JSON list, but of more than texts: BuildKit refuses that rather than take it for a command. */
export function isBrokenJsonForm(instruction: InstructionText): boolean {
  const list = jsonList(instruction.rest)
  return list !== undefined && !isTexts(list)
}

/** The values of `--name=value`, in order; undefined for `--name` alone. */
export function flagValues(instruction: InstructionText, name: string): readonly (string | undefined)[] {
  return instruction.flags
    .filter(flag => flag === `--${name}` || flag.startsWith(`--${name}=`))
    .map(flag => (flag.includes('=') ? flag.slice(flag.indexOf('=') + 1) : undefined))
}

/** The text whose bytes are these characters. */
export function fromBytes(characters: string): string {
  return Buffer.from(characters, 'latin1').toString('utf8')
}

function bytewise(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

function jsonList(text: string): readonly unknown[] | undefined {
  if (!text.startsWith('[')) return undefined
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) ? list : undefined
  } catch {
    // Not JSON: BuildKit then takes the text for the shell form.
    return undefined
  }
}

function isTexts(list: readonly unknown[] | undefined): list is readonly string[] {
  return list !== undefined && list.every(item => typeof item === 'string')
}

/** Takes the words that start with `--` off the front; `--` alone ends them. */
function takeFlags(line: string, escape: string): { flags: readonly string[]; rest: string } {
  const flags: string[] = []
  let at = 0
  while (at < line.length) {
    if (isSpace(line.charAt(at))) {
      at++
      continue
    }
    if (!line.startsWith('--', at)) return { flags, rest: line.slice(at) }
    const flag = takeFlag(line, at, escape)
    at = flag.at
    if (flag.word === '--') return { flags, rest: line.slice(at) }
    flags.push(flag.word)
  }
  return { flags, rest: '' }
}

function takeFlag(line: string, from: number, escape: string): { word: string; at: number } {
  let word = ''
  let quote = ''
  let at = from
  for (; at < line.length; at++) {
    const character = line.charAt(at)
    if (quote === '' && isSpace(character)) break
    if (character === quote) quote = ''
    else if (quote === '' && (character === '"' || character === "'")) quote = character
    else if (character === escape) word += line.charAt(++at)
    else word += character
  }
  return { word, at }
}
