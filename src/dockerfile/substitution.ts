import { replaceMatches, trimMatch } from './shell-pattern'
import { WordError } from './word-error'

/** `${name<operator>word}`; with `emptyIsUnset` as `${name:<operator>word}`. */
export interface Substitution {
  readonly name: string
  readonly value: string | undefined
  readonly emptyIsUnset: boolean
  readonly operator: string
  readonly word: string
}

/** An operator that BuildKit knows in this form. */
export function isOperator(operator: string, emptyIsUnset: boolean): boolean {
  return (emptyIsUnset ? ['-', '+', '?'] : ['-', '+', '?', '#', '%']).includes(operator)
}

/**
 * What a substitution comes to: `-` a default, `+` an alternative, `?` a demand, `#` and `%` a match cut off the start or end,
 * doubled the longest. Throws WordError. Rules: frontend/dockerfile/shell/lex.go (processDollar).
 */
export function substitute({ name, value, emptyIsUnset, operator, word }: Substitution): string {
  const isSet = value !== undefined && !(emptyIsUnset && value === '')
  if (operator === '-') return isSet ? value : word
  if (operator === '+') return isSet ? word : ''
  if (operator === '?') {
    if (isSet) return value
    throw new WordError(`${name}: ${word || `is not allowed to be ${value === undefined ? 'unset' : 'empty'}`}`)
  }
  const longest = word.startsWith(operator)
  const pattern = longest ? word.slice(1) : word
  return valid(pattern, trimMatch(value ?? '', pattern, { end: operator === '%', longest }))
}

/** What `${name/pattern/replacement}` comes to, or with `all` `${name//pattern/replacement}`. Throws WordError. */
export function replace(value: string, pattern: string, replacement: string, all: boolean): string {
  return valid(pattern, replaceMatches(value, pattern, replacement, all))
}

function valid(pattern: string, result: string | undefined): string {
  if (result === undefined) throw new WordError(`invalid pattern (${pattern}) in substitution`)
  return result
}
