/** What the lines before the first instruction have set so far. */
export interface Directives {
  readonly escape: string
  readonly seen: readonly string[]
  /** The first line that is no known directive ends them. */
  readonly done: boolean
}

const known = ['syntax', 'escape', 'check']

/**
 * Takes one line, without blanks before it, and gives the directives after it and what is wrong with it, if anything.
 * Rules: frontend/dockerfile/parser/directives.go (ParseLine), parser.go (setEscapeToken).
 */
export function readDirective(line: string, directives: Directives): { directives: Directives; problem?: string } {
  if (directives.done) return { directives }
  const match = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/.exec(line)
  const name = match?.[1]?.toLowerCase() ?? ''
  const value = match?.[2] ?? ''
  if (!known.includes(name)) return { directives: { ...directives, done: true } }
  if (directives.seen.includes(name)) return { directives, problem: `only one ${name} parser directive can be used` }
  const after = { ...directives, seen: [...directives.seen, name] }
  if (name !== 'escape') return { directives: after }
  if (value !== '\\' && value !== '`') return { directives: after, problem: `invalid escape token '${value}', must be \\ or \`` }
  return { directives: { ...after, escape: value } }
}
