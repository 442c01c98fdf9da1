import { createHash } from 'node:crypto'
import { selectEntries } from './context-reads'
import type { ContextRead, ContextTree } from './context-reads'
import type { FileTree, Mark } from './fingerprint'
import type { StageMaterial } from './material'

/** The paths that each read takes; undefined where that cannot be told. */
export type Selections = ReadonlyMap<string, readonly string[] | undefined>

/** The files that steps take from the context, as trees. */
export interface TakenFiles {
  /** Id of the tree of a step's reads; undefined where one of them cannot be told. */
  readonly idOf: (reads: readonly ContextRead[]) => Mark | undefined
  readonly trees: ReadonlyMap<Mark, FileTree>
}

/** What all steps take from a context. */
export function selectFiles(stages: readonly StageMaterial[], tree: ContextTree): Selections {
  const selections = new Map<string, readonly string[] | undefined>()
  for (const read of readsOf(stages).flat()) {
    const asked = JSON.stringify(read)
    if (!selections.has(asked)) selections.set(asked, selectEntries(tree, read))
  }
  return selections
}

/** The files whose digests are needed. */
export function filesToDigest(selections: Selections, tree: ContextTree): readonly string[] {
  const paths = new Set([...selections.values()].flatMap(selected => selected ?? []))
  return [...paths].filter(path => tree.get(path)?.kind === 'file')
}

/** Puts what each step takes into trees. `digests` are SHA-256 of the files, base64url. */
export function treesOfFiles(
  stages: readonly StageMaterial[],
  selections: Selections,
  tree: ContextTree,
  digests: ReadonlyMap<string, string>
): TakenFiles {
  const ids = new Map<string, Mark | undefined>()
  const trees = new Map<Mark, FileTree>()
  for (const reads of readsOf(stages)) {
    const asked = JSON.stringify(reads)
    if (ids.has(asked)) continue
    const selected = reads.map(read => selections.get(JSON.stringify(read)))
    if (selected.includes(undefined)) {
      ids.set(asked, undefined)
      continue
    }
    const made = treeOf(
      selected.flatMap(paths => paths ?? []),
      tree,
      digests
    )
    const id = digest(JSON.stringify(made))
    ids.set(asked, id)
    trees.set(id, made)
  }
  return { idOf: reads => ids.get(JSON.stringify(reads)), trees }
}

function readsOf(stages: readonly StageMaterial[]): readonly (readonly ContextRead[])[] {
  return stages.flatMap(({ parts }) => parts.flatMap(part => (part.kind === 'step' && part.reads.length > 0 ? [part.reads] : [])))
}

type Folder = Map<string, Mark | Folder>

function treeOf(paths: readonly string[], tree: ContextTree, digests: ReadonlyMap<string, string>): FileTree {
  const root: Folder = new Map()
  for (const path of paths) {
    const parts = path.split('/')
    const name = tree.get(path)?.kind === 'directory' ? '.' : (parts.pop() ?? '')
    let folder = root
    for (const part of parts) {
      const below = folder.get(part)
      if (below instanceof Map) folder = below
      else folder.set(part, (folder = new Map()))
    }
    folder.set(name, entryMark(path, tree, digests))
  }
  return asTree(root)
}

/** Digits of base64, of 6 bits each. */
const digits = 8
const usualModes = { file: 0o644, directory: 0o755, link: 0o777, other: 0 }

/** What BuildKit hashes of an entry: kind, mode, and content or target; not its times, and its owner is sent as root (tarsum.go, filehash.go). */
function entryMark(path: string, tree: ContextTree, digests: ReadonlyMap<string, string>): Mark {
  const { kind, mode, target = '' } = tree.get(path) ?? { kind: 'other', mode: 0 }
  const content =
    kind === 'file' ? (digests.get(path) ?? 'unreadable').slice(0, digits) : kind === 'link' ? `>${digest(target)}` : `(${kind})`
  return mode === usualModes[kind] ? content : `${content}.${mode.toString(8)}`
}

function asTree(folder: Folder): FileTree {
  // Own properties only, whatever a file is called.
  return Object.fromEntries(
    [...folder].sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, at]) => [name, at instanceof Map ? asTree(at) : at])
  )
}

function digest(text: string): Mark {
  return createHash('sha256').update(text).digest('base64url').slice(0, digits)
}
