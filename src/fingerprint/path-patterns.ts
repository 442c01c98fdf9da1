import { posix } from 'node:path'
import { compileExpression } from './pattern-expression'
import type { PathExpression } from './pattern-expression'

/** Says of paths, `/` between their parts, whether patterns match them or a directory they are in. */
export interface PathMatcher {
  matches(path: string): boolean
  /** Whether something in a matched directory may be excepted by a `!` pattern. */
  mayExceptBelow(directory: string): boolean
}

interface Pattern {
  readonly exception: boolean
  readonly text: string
  readonly fits: (path: string) => boolean
}

/**
 * Patterns of a .dockerignore, of `--exclude` and of `--parents`; the last one that fits decides. Rules: github.com/moby/patternmatcher
 * (New, MatchesUsingParentResults, Pattern.compile), which Docker, buildx and BuildKit share. Undefined where they would refuse one.
 */
export function newPathMatcher(texts: readonly string[]): PathMatcher | undefined {
  const patterns: Pattern[] = []
  for (const text of texts.map(text => text.trim()).filter(text => text !== '')) {
    const cleaned = cleanPath(text)
    const exception = cleaned.startsWith('!')
    const pattern = exception ? cleaned.slice(1) : cleaned
    const fits = compile(pattern)
    if (!fits || (exception && pattern === '')) return undefined
    patterns.push({ exception, text: pattern, fits })
  }
  const exceptions = patterns.filter(({ exception }) => exception)
  /** By directory, which patterns fit it or one it is in. */
  const known = new Map<string, readonly boolean[]>()

  function judge(path: string): { readonly fitting: readonly boolean[]; readonly matched: boolean } {
    const slash = path.lastIndexOf('/')
    const above = slash < 0 ? undefined : fittingDirectory(path.slice(0, slash))
    let matched = false
    const fitting = patterns.map(({ exception, fits }, at) => {
      // A pattern that could change nothing is not tried, and then does not count for what is below either.
      const fit = above?.[at] === true || (exception === matched && fits(path))
      if (fit) matched = !exception
      return fit
    })
    return { fitting, matched }
  }

  function fittingDirectory(directory: string): readonly boolean[] {
    let fitting = known.get(directory)
    if (!fitting) known.set(directory, (fitting = judge(directory).fitting))
    return fitting
  }

  return {
    matches: path => judge(path).matched,
    mayExceptBelow: directory =>
      exceptions.some(
        ({ text }) => /[*?[\\]/.test(text) || `${text}/`.startsWith(`${directory}/`) || `${directory}/`.startsWith(`${text}/`)
      )
  }
}

/**
 * The patterns of a .dockerignore: comments and empty lines gone, relative to the context.
 * Rules: github.com/moby/patternmatcher/ignorefile (ReadAll).
 */
export function parseIgnoreFile(text: string): readonly string[] {
  return text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .filter(line => !line.startsWith('#'))
    .map(line => line.trim())
    .filter(line => line !== '')
    .map(line => {
      const exception = line.startsWith('!')
      const pattern = exception ? line.slice(1).trim() : line
      const cleaned = pattern === '' ? '' : cleanPath(pattern)
      return `${exception ? '!' : ''}${cleaned.length > 1 && cleaned.startsWith('/') ? cleaned.slice(1) : cleaned}`
    })
}

/** Go's filepath.Clean: no `.`, `..` and double slashes where that can be, and none at the end. */
export function cleanPath(path: string): string {
  const cleaned = posix.normalize(path)
  return cleaned.length > 1 && cleaned.endsWith('/') ? cleaned.slice(0, -1) : cleaned
}

/** As Pattern.compile: literal texts, `**` at one end and everything else are three different things there. */
function compile(pattern: string): ((path: string) => boolean) | undefined {
  let source = ''
  let kind: 'exact' | 'prefix' | 'suffix' | 'regex' = 'exact'
  let at = 0
  for (let turn = 0; at < pattern.length; turn++) {
    const character = pattern.charAt(at++)
    if (character === '*' && pattern.charAt(at) === '*') {
      at++
      if (pattern.charAt(at) === '/') at++
      if (at < pattern.length) {
        source += '(.*/)?'
        kind = 'regex'
      } else if (kind === 'exact') kind = 'prefix'
      else {
        source += '.*'
        kind = 'regex'
      }
      if (turn === 0) kind = 'suffix'
    } else if (character === '*') {
      source += '[^/]*'
      kind = 'regex'
    } else if (character === '?') {
      source += '[^/]'
      kind = 'regex'
    } else if (/[.+()|{}$/]/.test(character)) source += `\\${character}`
    else if (character === '\\') {
      if (at < pattern.length) kind = 'regex'
      source += at < pattern.length ? escapeCharacter(pattern.charAt(at++)) : '\\\\'
    } else {
      source += character
      if (character === '[' || character === ']') kind = 'regex'
    }
  }
  if (kind === 'exact') return path => path === pattern
  if (kind === 'prefix') return path => path.startsWith(pattern.slice(0, -2))
  if (kind === 'suffix') {
    const suffix = pattern.slice(2)
    return path => path.endsWith(suffix) || (suffix.startsWith('/') && path === suffix.slice(1))
  }
  const expression = compileExpression(source)
  return expression && (path => expression.test(path))
}

function escapeCharacter(character: string): string {
  return /[A-Za-z0-9]/.test(character) ? character : `\\${character}`
}

/** The pattern of a wildcard source, `*` and `?` within one part of a path, as Go's path.Match. Undefined where it is malformed. */
export function wildcardRegex(pattern: string): PathExpression | undefined {
  let source = ''
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at)
    if (character === '*') source += '[^/]*'
    else if (character === '?') source += '[^/]'
    else if (character === '[') {
      const end = pattern.indexOf(']', at + 2)
      if (end < 0) return undefined
      const inner = pattern.slice(at + 1, end)
      source += `[${inner.startsWith('^') ? `^${inner.slice(1)}` : inner}]`
      at = end
    } else if (character === '\\') {
      if (++at === pattern.length) return undefined
      source += escapeCharacter(pattern.charAt(at))
    } else source += /[.+()|{}$^/\]]/.test(character) ? `\\${character}` : character
  }
  return compileExpression(source)
}
