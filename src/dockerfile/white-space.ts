// Go's unicode.IsSpace, which BuildKit trims by, is not JavaScript's \s: it has U+0085 and lacks U+FEFF.
const space = /\p{White_Space}/u
const leading = /^\p{White_Space}+/u
const trailing = /\p{White_Space}+$/u

export function isSpace(character: string): boolean {
  return space.test(character)
}

export function trimStart(text: string): string {
  return text.replace(leading, '')
}

export function trim(text: string): string {
  return trimStart(text).replace(trailing, '')
}
