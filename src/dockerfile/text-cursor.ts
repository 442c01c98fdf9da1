/** A place in a text, read character by character (code points, as BuildKit's runes). */
export class TextCursor {
  private readonly characters: readonly string[]
  private at = 0

  constructor(readonly text: string) {
    this.characters = Array.from(text)
  }

  /** The character here, undefined at the end. */
  peek(): string | undefined {
    return this.characters[this.at]
  }

  /** The character here, which is passed. */
  next(): string | undefined {
    const character = this.peek()
    if (character !== undefined) this.at++
    return character
  }

  /** What a pattern anchored at its start matches here, which is passed; empty where it does not match. */
  take(pattern: RegExp): string {
    const match = pattern.exec(this.characters.slice(this.at).join(''))?.[0] ?? ''
    this.at += Array.from(match).length
    return match
  }
}
