/** A word that BuildKit refuses: an open quote, a bad substitution, a variable that must be set. */
export class WordError extends Error {
  override readonly name = 'WordError'
}
