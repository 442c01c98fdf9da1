import { parse } from 'csv-parse/sync'

/**
 * How a list is written:
 * - `comma-list`: items separated by lines and commas, double quotes as in CSV;
 * - `line-list`: one item a line, commas kept, double quotes as in CSV;
 * - `verbatim-list`: one item a line, commas and quotes kept;
 * - `secret-list`: as `line-list`, and the white space around an item is part of it.
 */
export type ListForm = 'comma-list' | 'line-list' | 'verbatim-list' | 'secret-list'

/** A double quote was opened and never closed, so it cannot be known where the items end. */
export const unclosedQuote = Symbol('unclosed quote')

/**
 * Splits the text of a list input exactly as build-push-action does (`Util.getList` of docker/actions-toolkit, called with
 * `ignoreComma`, `quote: false` and `trimWhitespace: false`), so that a workflow keeps its meaning. Empty items are dropped.
 */
export function parseInputList(text: string, form: ListForm): readonly string[] | typeof unclosedQuote {
  if (text.trim() === '') return []
  const items = records(text, form === 'verbatim-list')
  if (items === unclosedQuote) return items
  // A quoted item may hold commas itself: `"linux/arm64,linux/arm/v7"` is two platforms.
  const split = form === 'comma-list' ? items.flatMap(item => item.split(',')) : items
  return split.filter(item => item.trim() !== '').map(item => (form === 'secret-list' ? item : item.trim()))
}

/** One text per line of the list, its fields joined again: every form but `comma-list` keeps the commas. */
function records(text: string, quotesAreText: boolean): readonly string[] | typeof unclosedQuote {
  const options = { relax_quotes: true, relax_column_count: true, skip_empty_lines: true }
  try {
    const rows: string[][] = parse(text, quotesAreText ? { ...options, quote: false } : options)
    return rows.map(row => row.join(','))
  } catch {
    // With the options above, an open quote is the only thing csv-parse refuses. Its message may hold the text, which may be a secret.
    return unclosedQuote
  }
}
