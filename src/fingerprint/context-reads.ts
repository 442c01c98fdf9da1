import { posix } from 'node:path'
import type { TreeEntry } from '../host'
import { newPathMatcher, wildcardRegex } from './path-patterns'
import type { PathMatcher } from './path-patterns'

/** What a step takes from the build context. */
export interface ContextRead {
  /** As BuildKit has it: from the context's root, without `/` at its ends; empty for the whole context. */
  readonly source: string
  /** As the Dockerfile has it, variables not expanded: what people may see. */
  readonly shown: string
  /** `*`, `?` and `[` in the source are wildcards: so for COPY and ADD, not for a mount. */
  readonly wildcards: boolean
  /** Pattern of what is taken below the source (`COPY --parents`). */
  readonly include?: string
  /** Patterns of what is left out below the source (`--exclude`). */
  readonly exclude: readonly string[]
}

/** What of a directory tree is sent to BuildKit, by path. */
export type ContextTree = ReadonlyMap<string, TreeEntry>

/** Leaves out what .dockerignore names; a directory stays where something in it does (tonistiigi/fsutil, filter.go). */
export function contextTree(entries: readonly TreeEntry[], ignored: PathMatcher): ContextTree {
  const kept = new Set<string>()
  for (const { path } of entries) {
    if (ignored.matches(path)) continue
    for (let at: string = path; at !== '.' && !kept.has(at); at = posix.dirname(at)) kept.add(at)
  }
  return new Map(entries.filter(({ path }) => kept.has(path)).map(entry => [entry.path, entry]))
}

/**
 * The entries whose content decides about the step, sorted; a link that a source names counts as what it leads to. Undefined where it
 * cannot be told. Rules: cache/contenthash/checksum.go (Checksum, includedPaths).
 */
export function selectEntries(tree: ContextTree, read: ContextRead): readonly string[] | undefined {
  const include = read.include === undefined ? undefined : newPathMatcher([read.include])
  const exclude = newPathMatcher(read.exclude)
  if (!exclude || (read.include !== undefined && !include)) return undefined
  const takes = (path: string) => (include?.matches(path) ?? true) && !exclude.matches(path)
  const filtered = include !== undefined || read.exclude.length > 0
  const found = new Set<string>()

  function take(path: string): void {
    const resolved = resolveLinks(tree, path)
    if (resolved === undefined) return
    if (resolved !== '' && tree.get(resolved)?.kind !== 'directory') {
      if (takes(posix.basename(path))) found.add(resolved)
      return
    }
    if (resolved !== '' && !filtered) found.add(resolved)
    const prefix = resolved === '' ? '' : `${resolved}/`
    for (const [below, { kind }] of tree) {
      if (!below.startsWith(prefix) || below === resolved || (filtered && kind === 'directory')) continue
      if (!takes(below.slice(prefix.length))) continue
      for (let at = below; at.length > resolved.length && at !== '.'; at = filtered ? posix.dirname(at) : '.') found.add(at)
    }
  }

  if (read.wildcards && /[*?[\\]/.test(read.source)) {
    const matches = wildcardMatches(tree, read.source)
    if (!matches) return undefined
    for (const path of matches) take(path)
  } else take(read.source)
  return [...found].sort()
}

/** The topmost paths that a source with wildcards names. */
function wildcardMatches(tree: ContextTree, source: string): readonly string[] | undefined {
  const regex = wildcardRegex(source)
  if (!regex) return undefined
  const literal = source.slice(0, source.search(/[*?[\\]/))
  const written = literal.slice(0, Math.max(literal.lastIndexOf('/'), 0))
  // Links in the part before the first wildcard are followed.
  const real = resolveLinks(tree, written)
  if (real === undefined) return []
  const matches = [...tree.keys()].filter(path => {
    if (real !== '' && !path.startsWith(`${real}/`)) return false
    return regex.test(`${written}${path.slice(real.length)}`.replace(/^\//, ''))
  })
  const all = new Set(matches)
  return matches.filter(path => !above(path).some(directory => all.has(directory)))
}

function above(path: string): readonly string[] {
  const parent = posix.dirname(path)
  return parent === '.' ? [] : [parent, ...above(parent)]
}

/** More links than this in one path are a circle. */
const mostLinks = 40

/** Where a path of the context leads, links followed within the context as its root; undefined where nothing is. */
function resolveLinks(tree: ContextTree, path: string, left = mostLinks): string | undefined {
  let at = ''
  const parts = path.split('/').filter(part => part !== '' && part !== '.')
  for (const [index, part] of parts.entries()) {
    at = part === '..' ? posix.dirname(at).replace(/^\.$/, '') : at === '' ? part : `${at}/${part}`
    if (at === '') continue
    const entry = tree.get(at)
    if (!entry) return undefined
    if (entry.kind !== 'link') continue
    if (left === 0) return undefined
    const target = entry.target ?? ''
    const from = target.startsWith('/') ? '' : posix.dirname(at)
    return resolveLinks(tree, [from, target, ...parts.slice(index + 1)].join('/'), left - 1)
  }
  return at
}
