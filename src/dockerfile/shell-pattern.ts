// Shell patterns of `${name#pattern}` and its like: `*`, `?` and escapes, no brackets
// (BuildKit: frontend/dockerfile/shell/lex.go, convertShellPatternToRegex).

/** Cuts the shortest or longest match off the start or the end; undefined where the pattern is not valid. */
export function trimMatch(
  value: string,
  pattern: string,
  { end, longest }: { readonly end: boolean; readonly longest: boolean }
): string | undefined {
  const source = toRegex(pattern)
  if (source === undefined) return undefined
  const whole = new RegExp(`^${source}$`, 'u')
  const characters = Array.from(value)
  const lengths = Array.from({ length: characters.length + 1 }, (_, length) => length)
  for (const length of longest ? lengths.reverse() : lengths) {
    const kept = characters.length - length
    const [cut, rest] = end
      ? [characters.slice(kept), characters.slice(0, kept)]
      : [characters.slice(0, length), characters.slice(length)]
    if (whole.test(cut.join(''))) return rest.join('')
  }
  return value
}

/** Replaces the first or every longest match; undefined where the pattern is not valid. */
export function replaceMatches(value: string, pattern: string, replacement: string, all: boolean): string | undefined {
  const source = toRegex(pattern)
  if (source === undefined) return undefined
  let end = -1
  return value.replace(new RegExp(source, all ? 'gu' : 'u'), (match: string, offset: number) => {
    // Go, unlike JavaScript, finds no empty match right behind a match.
    if (match === '' && offset === end) return ''
    end = offset + match.length
    return replacement
  })
}

function toRegex(pattern: string): string | undefined {
  const characters = Array.from(pattern)
  let regex = ''
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? ''
    const following = characters[at + 1]
    if (character === '*') regex += '.*'
    else if (character === '?') regex += '.'
    else if (character !== '\\') regex += literal(character)
    else if (following !== '}' && following !== '/') {
      // `\}` and `\/` only keep the substitution open; other escapes must be of a pattern's own characters.
      if (following !== '*' && following !== '?' && following !== '\\') return undefined
      regex += literal(following)
      at++
    }
  }
  return regex
}

function literal(character: string): string {
  return /[[\]{}.+()|^$*?\\/]/.test(character) ? `\\${character}` : character
}
