import type { Joined } from '../joined'
import type { Backend } from '../reasons'
import type { FileTree, Mark, StageFingerprint } from './fingerprint'
import { isObject, isPastBuild, isRecordedRef, isRecordedStage, isTree } from './record-shapes'

/** What is remembered between jobs of one image × platforms × scope. */
export interface CacheRecord {
  readonly version: 3
  readonly repository: string
  /** Random; all marks of this record are made with it, and later records of its scope keep it. */
  readonly key: string
  /** Of refs that cannot be looked up: GitHub's cache tells nobody what BuildKit's entries hold. */
  readonly refs: Readonly<Record<string, RecordedRef>>
  /** By stage key, then platform. */
  readonly stages: RecordedStages
  /** The file trees that stages name. */
  readonly trees: Readonly<Record<Mark, FileTree>>
  /** The last builds that succeeded and saved something, at most `mostBuilds`, the newest last. */
  readonly builds: readonly PastBuild[]
}

export interface PastBuild {
  /** ISO time of its end. */
  readonly at: string
  /** Cached steps ÷ steps; null where that says nothing: there was nothing to read, or a rebuild was asked for. */
  readonly rate: number | null
  /** Of the main build. */
  readonly seconds: number
  /** Of the image's layers as they are pushed, over all platforms; missing where not known. */
  readonly imageBytes?: number
}

export const mostBuilds = 10

export type RecordedStages = Readonly<Record<string, Readonly<Record<string, RecordedStage>>>>

export interface RecordedRef {
  /** Digest of its list; random where BuildKit wrote that. */
  readonly id: string
  /** ISO time of the export. */
  readonly at: string
  /** Ids of the refs of the stages above, as they were at this export. */
  readonly held: Readonly<Record<string, string>>
  /** What it was joined from, where it was. */
  readonly joined?: Joined
  /** A job was going to write it anew, and may have done so without having said it: only the ref itself tells. Random, of that job. */
  readonly unsure?: string
}

/** A stage as it was when it was last saved. */
export interface RecordedStage {
  readonly made: StageFingerprint
  /** Digests of the images it is FROM or reads, where they were seen, by the mark of their names. */
  readonly images: Readonly<Record<Mark, string>>
  /** Seconds each step took when it last ran; null where that is not known. */
  readonly seconds: readonly (number | null)[]
  /** Backends that hold this content. */
  readonly saved: Readonly<Partial<Record<Backend, SavedIn>>>
}

export interface SavedIn {
  /** `FoundRef.id` of the ref that holds it: the stage's own, or the target's where the stage has none. */
  readonly id: string
  /** ISO time of the export. */
  readonly at: string
  /** Repository or directory of that ref. */
  readonly place?: string
  readonly bytes?: number
}

/** Characters a record may have; beyond it the largest file trees are left out, and only their ids stay. */
const mostCharacters = 4_000_000

export function emptyRecord(repository: string, key: string): CacheRecord {
  return { version: 3, repository, key, refs: {}, stages: {}, builds: [], trees: {} }
}

/** Undefined for a text that is no record of this version or of another repository. Of a record that is, what has another shape is left out. */
export function parseRecord(text: string, repository: string): CacheRecord | undefined {
  try {
    const record = JSON.parse(text) as Partial<CacheRecord>
    if (record.version !== 3 || record.repository !== repository || typeof record.key !== 'string' || record.key === '')
      return undefined
    if (!isObject(record.refs) || !isObject(record.stages) || !isObject(record.trees)) return undefined
    return {
      version: 3,
      repository,
      key: record.key,
      refs: only(record.refs, isRecordedRef),
      stages: Object.fromEntries(
        Object.entries(record.stages).map(([key, platforms]) => [
          key,
          isObject(platforms) ? only(platforms, isRecordedStage) : {}
        ])
      ),
      builds: Array.isArray(record.builds) ? record.builds.filter(isPastBuild).slice(-mostBuilds) : [],
      trees: only(record.trees, (value): value is FileTree => isTree(value))
    }
  } catch {
    return undefined
  }
}

/** One line of JSON: trees that no stage names are left out, and the largest where it would be too long. */
export function renderRecord(record: CacheRecord): string {
  const named = new Set(
    Object.values(record.stages)
      .flatMap(platforms => Object.values(platforms))
      .flatMap(({ made }) => made.parts.flatMap(part => ('step' in part ? (part.files ?? []) : [])))
  )
  const { trees: all, ...others } = record
  const rest = JSON.stringify({ ...others, trees: {} })
  const trees = Object.entries(all)
    .filter(([id]) => named.has(id))
    .map(([id, tree]) => `${JSON.stringify(id)}:${JSON.stringify(tree)}`)
    .sort((one, other) => one.length - other.length)
  let left = mostCharacters - rest.length
  const fitting = trees.filter(text => (left -= text.length + 1) >= 0)
  return rest.replace(/"trees":\{\}\}$/, () => `"trees":{${fitting.join(',')}}}`)
}

function only<Value>(
  entries: Readonly<Record<string, unknown>>,
  fits: (value: unknown) => value is Value
): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(entries).filter((entry): entry is [string, Value] => fits(entry[1])))
}
