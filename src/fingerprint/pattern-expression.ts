/** Says whether an expression fits a whole path. */
export interface PathExpression {
  test(path: string): boolean
}

interface Part {
  /** `inside` is the rest of an `optional`: what is below any directory. */
  readonly kind: 'one' | 'many' | 'optional' | 'inside' | 'start'
  readonly fits: (character: string) => boolean
}

/** Repetitions that a regular expression may have: each multiplies the time it takes by the length of the path. */
const mostRepetitions = 2

/** What the patterns are translated to: directories that may be there, classes, anything, escaped and other characters. */
const parts = /\(\.\*\/\)\?|\[(?:\\.|[^\]\\])*\]\*?|\.\*|\\.|./gs

/**
 * Compiles what a path pattern is translated to. Time is bounded by length of pattern × length of path, whatever they are.
 * Undefined for what is no regular expression.
 */
export function compileExpression(source: string): PathExpression | undefined {
  let regex
  try {
    regex = new RegExp(`^${source}$`)
  } catch {
    return undefined
  }
  return source.split('*').length - 1 <= mostRepetitions ? regex : compileWithoutBacktracking(source)
}

/** Follows all ways to read a path at the same time. */
function compileWithoutBacktracking(source: string): PathExpression {
  const all = (source.match(parts) ?? []).flatMap(partsOf)
  return {
    test(path) {
      let [now, next] = [new Uint8Array(all.length + 1), new Uint8Array(all.length + 1)]
      now[0] = 1
      for (let at = 0; at < path.length; at++) {
        reach(all, now, at === 0)
        advance(all, now, next, path.charAt(at))
        ;[now, next] = [next, now.fill(0)]
      }
      reach(all, now, path === '')
      return now[all.length] === 1
    }
  }
}

/** Goes on where no character is needed. */
function reach(all: readonly Part[], places: Uint8Array, atStart: boolean): void {
  all.forEach(({ kind }, place) => {
    if (places[place] !== 1) return
    if (kind === 'many' || kind === 'optional' || (kind === 'start' && atStart)) places[place + 1] = 1
    if (kind === 'optional') places[place + 2] = 1
  })
}

/** Takes one character. */
function advance(all: readonly Part[], now: Uint8Array, next: Uint8Array, character: string): void {
  all.forEach(({ kind, fits }, place) => {
    if (now[place] !== 1 || !fits(character)) return
    if (kind === 'one' || (kind === 'inside' && character === '/')) next[place + 1] = 1
    if (kind === 'many' || kind === 'inside') next[place] = 1
  })
}

const never = () => false
const anything = (character: string) => /./.test(character)

function partsOf(text: string): readonly Part[] {
  if (text === '(.*/)?') {
    return [
      { kind: 'optional', fits: never },
      { kind: 'inside', fits: anything }
    ]
  }
  if (text === '.*') return [{ kind: 'many', fits: anything }]
  if (text === '^') return [{ kind: 'start', fits: never }]
  if (text.startsWith('[')) {
    const many = text.endsWith('*')
    const regex = new RegExp(many ? text.slice(0, -1) : text)
    return [{ kind: many ? 'many' : 'one', fits: character => regex.test(character) }]
  }
  const literal = text.startsWith('\\') ? text.slice(1) : text
  return [{ kind: 'one', fits: character => character === literal }]
}
