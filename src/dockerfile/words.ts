import { isSpace } from './white-space'

/**
 * The words of ARG, ENV and LABEL as written: split at blanks outside quotes, quotes and escapes kept.
 * Rules: frontend/dockerfile/parser/line_parsers.go (parseWords).
 */
export function splitAssignments(text: string, escape: string): readonly string[] {
  const words: string[] = []
  let word = ''
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (quote === '' && isSpace(character)) {
      if (word !== '') words.push(word)
      word = ''
      continue
    }
    if (character === escape && quote !== "'") {
      at++
      // An escape at the very end is dropped.
      if (at < text.length) word += character + text.charAt(at)
      continue
    }
    if (character === quote) quote = ''
    else if (quote === '' && (character === '"' || character === "'")) quote = character
    word += character
  }
  return word === '' ? words : [...words, word]
}

/** The fields of a comma-separated line, a field in double quotes taken as it is (`--mount=`). */
export function splitFields(text: string): readonly string[] {
  return Array.from(
    text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g),
    match => match[1]?.replaceAll('""', '"') ?? match[2] ?? ''
  )
}
