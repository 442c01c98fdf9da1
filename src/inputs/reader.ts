import { closest, didYouMean } from '../did-you-mean'
import { hideCredentials } from '../signed-urls'
import { parseInputList, unclosedQuote } from '../plan/input-list'
import type { ListForm } from '../plan/input-list'

/** A problem, and the inputs it is about. */
export interface InputProblem {
  readonly about: readonly string[]
  readonly text: string
}

/** Gives what is wrong with a value and what would be right, as text that follows the value; undefined where it is fine. */
export type Check = (value: string) => string | undefined

/** Reads inputs by name and gathers every problem on the way: after one, a stand-in takes the value's place and reading goes on. */
export class InputReader {
  readonly problems: InputProblem[] = []

  /** `read` gives an input as the workflow wrote it, white space included: a secret may end in it. */
  constructor(private readonly read: (name: string) => string) {}

  text(name: string): string {
    return this.read(name).trim()
  }

  /** As YAML 1.2's core schema, and as @actions/core; an empty text is no answer, and stands for the default. */
  boolean(name: string, otherwise = false): boolean {
    const value = this.text(name)
    if (value === '') return otherwise
    if (/^(true|True|TRUE)$/.test(value)) return true
    if (/^(false|False|FALSE)$/.test(value)) return false
    const likely = booleanWords.get(value.toLowerCase()) ?? closest(value, ['true', 'false'])
    this.problem(name, value, `is not a boolean: write ${likely ?? 'true or false'}`)
    return false
  }

  /** One of a closed set, the default first: an empty text stands for it. */
  oneOf<const Value extends string>(name: string, values: readonly [Value, ...Value[]]): Value {
    const value = this.text(name)
    if (value === '') return values[0]
    const found = values.find(known => known === value)
    if (found === undefined) this.unknown(name, value, values)
    return found ?? values[0]
  }

  list(name: string, form: ListForm): readonly string[] {
    const items = parseInputList(form === 'secret-list' ? this.read(name) : this.text(name), form)
    if (items !== unclosedQuote) return items
    this.add(name, 'a double quote is opened and not closed. Close it, or double it to mean the character itself')
    return []
  }

  /** `otherwise` is the default, for an empty text. */
  checked(name: string, problemOf: Check, otherwise = ''): string {
    const value = this.text(name) || otherwise
    const problem = problemOf(value)
    if (problem !== undefined) this.problem(name, value, problem)
    return value
  }

  /** An input that may be left out, checked where it is not. */
  ifGiven(name: string, problemOf: Check): string {
    return this.text(name) === '' ? '' : this.checked(name, problemOf)
  }

  unknown(name: string, value: string, values: readonly string[]): void {
    const others = values.length > 1 ? `${values.slice(0, -1).join(', ')} or ${values.at(-1)}` : values.join('')
    this.problem(name, value, `is not known: write ${others}${didYouMean(value, values)}`)
  }

  /** `what` is text that follows the value. */
  problem(name: string, value: string, what: string): void {
    this.add(name, `${quoted(value)} ${what}`)
  }

  /** For an entry whose text may be secret; `position` counts from 0. */
  hiddenProblem(name: string, position: number, what: string): void {
    this.add(name, `entry ${position + 1} ${what} (its text is not shown)`)
  }

  private add(name: string, text: string): void {
    this.problems.push({ about: [name], text: `${name}: ${text}` })
  }
}

/** A value as it is shown in a problem: on one line, and not longer than a person reads. */
export function quoted(value: string): string {
  const text = Array.from(hideCredentials(value))
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120).join('')}…` : text.join(''))
}

const booleanWords: ReadonlyMap<string, string> = new Map([
  ['yes', 'true'],
  ['y', 'true'],
  ['on', 'true'],
  ['1', 'true'],
  ['no', 'false'],
  ['n', 'false'],
  ['off', 'false'],
  ['0', 'false']
])
