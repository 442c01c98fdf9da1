import { oneLine } from './plain'

/** A text in which our own words and the names of others stay apart, so that every view can show the names safely. */
export type Words = readonly (string | { readonly name: string })[]

/** Template of a sentence: strings put in are names (shown as code), numbers and other words are taken as they are. */
export function words(ours: TemplateStringsArray, ...values: readonly (string | number | Words)[]): Words {
  return ours.flatMap((literal, index) => [literal, ...asWords(values[index])])
}

/** Puts sentences in a row. */
export function joinWords(list: readonly Words[], separator: string): Words {
  return list.flatMap((item, index) => (index === 0 ? item : [separator, ...item]))
}

/** Names in a row, each once, at most five. */
export function namesWords(names: readonly string[]): Words {
  const unique = [...new Set(names)]
  const shown = unique.slice(0, 5).map(name => words`${name}`)
  return joinWords(unique.length > 5 ? [...shown, words`${unique.length - 5} more`] : shown, ', ')
}

/** For the log and the outputs: one line of plain text. */
export function plain(text: Words): string {
  return text
    .map(part => (typeof part === 'string' ? part : oneLine(part.name)))
    .join('')
    .replaceAll('\u00a0', ' ')
}

function asWords(value: string | number | Words | undefined): Words {
  if (value === undefined) return []
  if (typeof value === 'string') return [{ name: value }]
  return typeof value === 'number' ? [String(value)] : value
}
