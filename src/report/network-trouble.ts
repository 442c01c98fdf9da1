import { words } from './words'

/** What a tool said when it got no answer from a server: it did not find it, could not connect, or the connection broke. */
const unreachable =
  /ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|getaddrinfo|connection (refused|reset)|no such host|no route to host|network is unreachable|server misbehaving|temporary failure in name resolution|i\/o timeout|handshake timeout|no answer within|not (done|read) within|deadline exceeded|socket hang up|other side closed|unexpected EOF/i

/** What servers answer that are not well, or have had enough. */
const unwell = /\b(429|50[0234])\b|too many requests|internal server error|bad gateway|service unavailable|gateway time-?out/i

/**
 * Whether a server could not be reached or is not well, as far as what a tool said of it tells; undefined where it gave an answer of its
 * own, such as that somebody is not logged in.
 */
export function networkTrouble(detail: string): 'unreachable' | 'unwell' | undefined {
  return unreachable.test(detail) ? 'unreachable' : unwell.test(detail) ? 'unwell' : undefined
}

export const unwellServiceWords = words`The cache service answered that it is not well or has too much to do: often the next run is fine.`
