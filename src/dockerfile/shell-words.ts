import { isOperator, replace, substitute } from './substitution'
import { TextCursor } from './text-cursor'
import { isSpace } from './white-space'
import { WordError } from './word-error'

export type Variables = ReadonlyMap<string, string>

/**
 * Takes a word as written and gives what BuildKit makes of it: quotes and escapes gone, `$name` and `${name…}` replaced,
 * an unset name by nothing. Throws WordError. Rules: frontend/dockerfile/shell/lex.go (ProcessWord).
 */
export function expandWord(word: string, variables: Variables, escape: string): string {
  return new WordReader(word, { escape, variables, asWritten: false }).read().text
}

/**
 * The words of a line, split outside quotes; quotes and escapes stay and variables are left as written.
 * Throws WordError. Rules: lex.go (ProcessWords with RawQuotes, RawEscapes, SkipUnsetEnv).
 */
export function splitWords(line: string): readonly string[] {
  return new WordReader(line, { escape: '\\', variables: new Map(), asWritten: true }).read().words
}

/** The words of a text with their quotes and escapes gone, variables left as written. Throws WordError. */
export function splitUnquotedWords(line: string): readonly string[] {
  return new WordReader(line, { escape: '\\', variables: undefined, asWritten: false }).read().words
}

interface Style {
  readonly escape: string
  /** undefined: a variable stays as it is written. */
  readonly variables: Variables | undefined
  /** Keep quotes, escapes and unset variables. */
  readonly asWritten: boolean
}

class WordReader {
  private readonly cursor: TextCursor
  /** The word being read. One for all nesting levels: BuildKit drops what stood before a `${…}` with a modifier, so do we. */
  private word = ''
  private keepEscapes: boolean

  constructor(
    source: string,
    private readonly style: Style
  ) {
    this.cursor = new TextCursor(source)
    this.keepEscapes = style.asWritten
  }

  /** Reads up to the stop character, which is passed, or to the end. */
  read(stop?: string): { readonly text: string; readonly words: readonly string[] } {
    const words: string[] = []
    let text = ''
    this.word = ''
    const flush = () => {
      if (this.word !== '') words.push(this.word)
      this.word = ''
    }
    const add = (piece: string, splitting: boolean) => {
      text += piece
      for (const character of piece) {
        if (splitting && isSpace(character)) flush()
        else this.word += character
      }
    }
    for (let next = this.cursor.peek(); next !== undefined && next !== stop; next = this.cursor.peek()) {
      if (next === '$') add(this.readDollar(), true)
      else if (next === "'") add(this.readSingleQuoted(), false)
      else if (next === '"') add(this.readDoubleQuoted(), false)
      else if (next === '<') add(this.readPossibleHeredoc(), false)
      else if (next === this.style.escape) add(this.readEscaped(), false)
      else {
        this.cursor.next()
        add(next, true)
      }
    }
    if (this.cursor.next() !== stop) this.fail(`unexpected end of statement while looking for matching ${stop}`)
    flush()
    return { text, words }
  }

  /** `<<` with the blanks behind it belongs to one word: a heredoc may be written `<< EOF`. */
  private readPossibleHeredoc(): string {
    this.cursor.next()
    if (this.cursor.peek() !== '<') return '<'
    this.cursor.next()
    return `<<${this.cursor.take(/^[ \t\r]+/)}`
  }

  /** An escape at the very end escapes nothing and is dropped. */
  private readEscaped(): string {
    this.cursor.next()
    const kept = this.keepEscapes ? this.style.escape : ''
    return kept + (this.cursor.next() ?? '')
  }

  private readSingleQuoted(): string {
    const quoted = this.cursor.take(/^'[^']*'/)
    if (quoted === '') this.fail('unexpected end of statement while looking for matching single-quote')
    return this.style.asWritten ? quoted : quoted.slice(1, -1)
  }

  private readDoubleQuoted(): string {
    this.cursor.next()
    let content = ''
    for (let next = this.cursor.peek(); next !== '"'; next = this.cursor.peek()) {
      if (next === undefined) return this.fail('unexpected end of statement while looking for matching double-quote')
      if (next === '$') {
        content += this.readDollar()
        continue
      }
      this.cursor.next()
      if (next !== this.style.escape) {
        content += next
        continue
      }
      if (this.keepEscapes) content += next
      const escaped = this.cursor.peek()
      if (escaped === undefined) continue
      // Inside double quotes an escape counts only before these; elsewhere it is a character like any other.
      if (escaped === '"' || escaped === '$' || escaped === this.style.escape) this.cursor.next()
      content += escaped === '"' || escaped === '$' ? escaped : next
    }
    this.cursor.next()
    return this.style.asWritten ? `"${content}"` : content
  }

  private readDollar(): string {
    this.cursor.next()
    if (this.cursor.peek() === '{') return this.readBraces()
    const name = this.readName()
    if (name === '') return '$'
    return this.value(name) ?? (this.keepsUnset ? `$${name}` : '')
  }

  /** `${name}`, and with a modifier: `:-` `-` `:+` `+` `:?` `?` `#` `##` `%` `%%` `/` `//`. */
  private readBraces(): string {
    this.cursor.next()
    const first = this.cursor.peek()
    if (first === undefined) this.fail("syntax error: missing '}'")
    if (first === '{' || first === '}' || first === ':') this.fail('syntax error: bad substitution')
    const name = this.readName()
    const modifier = this.cursor.next()
    if (modifier === '}') return this.value(name) ?? (this.keepsUnset ? `\${${name}}` : '')
    if (modifier === '/') return this.readReplacement(name)
    const emptyIsUnset = modifier === ':'
    const operator = emptyIsUnset ? this.cursor.next() : modifier
    if (operator === undefined) return this.fail("syntax error: missing '}'")
    const written = `${emptyIsUnset ? ':' : ''}${operator}`
    if (!isOperator(operator, emptyIsUnset)) this.fail(`unsupported modifier (${written}) in substitution`)
    const word = this.readPart('}', operator === '#' || operator === '%')
    const value = this.value(name)
    if (value === undefined && this.keepsUnset) return `\${${name}${written}${word}}`
    return substitute({ name, value, emptyIsUnset, operator, word })
  }

  private readReplacement(name: string): string {
    const all = this.cursor.peek() === '/'
    if (all) this.cursor.next()
    const pattern = this.readPart('/', true)
    const replacement = this.readPart('}', true)
    const value = this.value(name)
    if (value === undefined && this.keepsUnset) return `\${${name}/${pattern}/${replacement}}`
    return replace(value ?? '', pattern, replacement, all)
  }

  private readPart(stop: string, keepEscapes: boolean): string {
    const outer = this.keepEscapes
    this.keepEscapes = keepEscapes
    try {
      return this.read(stop).text
    } catch (error) {
      if (error instanceof WordError && this.cursor.peek() === undefined) this.fail(`syntax error: missing '${stop}'`)
      throw error
    } finally {
      this.keepEscapes = outer
    }
  }

  /** Letters, digits and `_`; digits alone at the start (`$1`); or one of the shell's special parameters. */
  private readName(): string {
    return this.cursor.take(/^(?:\p{Nd}+|[@*#?$!-]|[\p{L}_][\p{L}\p{Nd}_]*)/u)
  }

  private get keepsUnset(): boolean {
    return this.style.asWritten || this.style.variables === undefined
  }

  private value(name: string): string | undefined {
    return this.style.variables?.get(name)
  }

  private fail(message: string): never {
    throw new WordError(`failed to process "${this.cursor.text}": ${message}`)
  }
}
