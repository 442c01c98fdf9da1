/**
 * Text of a program or service with the queries of its URLs cut: that is where storage puts signatures (`sig`, `X-Amz-Signature`,
 * `X-Goog-Signature`, `_state`), and Go's HTTP client quotes whole URLs in its errors. An apostrophe is one of a query unless it ends it.
 */
export function withoutQueries(text: string): string {
  return text.replace(/(https?:\/\/[^\s"'?]*)\?(?:[^\s"']|'(?=[\w%&=.~-]))*/gi, '$1?…')
}

/** Text with the user and password taken out of its URLs. */
export function hideCredentials(text: string): string {
  return text.replace(/:\/\/(?:[^/@\s]+@)+/g, '://***@')
}
