import type { Backend } from '../reasons'
import type { FileTree, Mark, StageFingerprint } from './fingerprint'

/** What is remembered between jobs of one image × platforms × scope. */
export interface CacheRecord {
  readonly version: 2
  readonly repository: string
  /** Random; all marks of this record are made with it, and later records of its scope keep it. */
  readonly key: string
  /** Of refs that cannot be looked up: GitHub's cache tells nobody what BuildKit's entries hold. */
  readonly refs: Readonly<Record<string, RecordedRef>>
  /** By stage key, then platform. */
  readonly stages: RecordedStages
  /** The file trees that stages name. */
  readonly trees: Readonly<Record<Mark, FileTree>>
}

export type RecordedStages = Readonly<Record<string, Readonly<Record<string, RecordedStage>>>>

export interface RecordedRef {
  /** Random, made anew by each export. */
  readonly id: string
  /** ISO time of the export. */
  readonly at: string
  /** Ids of the refs of the stages above, as they were at this export. */
  readonly held: Readonly<Record<string, string>>
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
  return { version: 2, repository, key, refs: {}, stages: {}, trees: {} }
}

/** Undefined for a text that is no record of this version or of another repository. Of a record that is, what has another shape is left out. */
export function parseRecord(text: string, repository: string): CacheRecord | undefined {
  try {
    const record = JSON.parse(text) as Partial<CacheRecord>
    if (record.version !== 2 || record.repository !== repository || typeof record.key !== 'string' || record.key === '')
      return undefined
    if (!isObject(record.refs) || !isObject(record.stages) || !isObject(record.trees)) return undefined
    return {
      version: 2,
      repository,
      key: record.key,
      refs: only(record.refs, isRecordedRef),
      stages: Object.fromEntries(
        Object.entries(record.stages).map(([key, platforms]) => [
          key,
          isObject(platforms) ? only(platforms, isRecordedStage) : {}
        ])
      ),
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
  const rest = JSON.stringify({ ...record, trees: {} })
  const trees = Object.entries(record.trees)
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

type Shape = (value: unknown) => boolean

function isRecordedRef(value: unknown): value is RecordedRef {
  return has(value, { id: isText, at: isText, held: objectOf(isText) })
}

function isRecordedStage(value: unknown): value is RecordedStage {
  return has(value, { made: isFingerprint, images: objectOf(isText), seconds: listOf(isSeconds), saved: objectOf(isSavedIn) })
}

function isSavedIn(value: unknown): boolean {
  return has(value, { id: isText, at: isText, place: optional(isText), bytes: optional(isAmount) })
}

function isFingerprint(value: unknown): boolean {
  return has(value, { id: isText, base: isBase, parts: listOf(part => isSetting(part) || isStep(part)) })
}

function isBase(value: unknown): boolean {
  return has(value, {
    line: isAmount,
    from: isText,
    variables: listOf(isSetting),
    image: optional(isText),
    stage: optional(isText)
  })
}

function isSetting(value: unknown): boolean {
  return has(value, { step: isAbsent, set: isText, by: isText, value: isText, line: isAmount })
}

function isStep(value: unknown): boolean {
  const texts = optional(listOf(isText))
  return has(value, {
    set: isAbsent,
    step: isText,
    line: isAmount,
    written: isText,
    effective: isText,
    names: texts,
    files: optional(isText),
    stages: texts,
    images: texts
  })
}

/** Directories within each other that a tree may have: no path is longer. */
const deepest = 2048

function isTree(value: unknown, depth = 0): value is FileTree {
  if (!isObject(value) || depth > deepest) return false
  return Object.values(value).every(at => isText(at) || isTree(at, depth + 1))
}

function has(value: unknown, fields: Readonly<Record<string, Shape>>): boolean {
  return isObject(value) && Object.entries(fields).every(([name, fits]) => fits(value[name]))
}

function isAbsent(value: unknown): boolean {
  return value === undefined
}

function optional(fits: Shape): Shape {
  return value => isAbsent(value) || fits(value)
}

function listOf(fits: Shape): Shape {
  return value => Array.isArray(value) && value.every(fits)
}

function objectOf(fits: Shape): Shape {
  return value => isObject(value) && Object.values(value).every(fits)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function isSeconds(value: unknown): boolean {
  return value === null || isAmount(value)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
