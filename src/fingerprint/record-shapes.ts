import { isJoined } from '../joined'
import type { FileTree } from './fingerprint'
import type { PastBuild, RecordedRef, RecordedStage } from './record'

// Whether what was read from a record has the shape that is written. Others may write it too.

type Shape = (value: unknown) => boolean

/** What a ref held when it was saved, of which run and when. */
export function isRecordedRef(value: unknown): value is RecordedRef {
  return has(value, { id: isText, at: isText, held: objectOf(isText), joined: optional(isJoined), unsure: optional(isText) })
}

/** What a stage was made from, the seconds of its steps, and where it was saved. */
export function isRecordedStage(value: unknown): value is RecordedStage {
  return has(value, { made: isFingerprint, images: objectOf(isText), seconds: listOf(isSeconds), saved: objectOf(isSavedIn) })
}

/** Figures of an earlier build. */
export function isPastBuild(value: unknown): value is PastBuild {
  return has(value, { at: isText, rate: isRate, seconds: isAmount, imageBytes: optional(isAmount) })
}

function isRate(value: unknown): boolean {
  return value === null || (isAmount(value) && Number(value) <= 1)
}

function isSavedIn(value: unknown): boolean {
  return has(value, { id: isText, at: isText, place: optional(isText), bytes: optional(isAmount) })
}

function isFingerprint(value: unknown): boolean {
  return has(value, {
    id: isText,
    base: isBase,
    parts: listOf(part => isSetting(part) || isStep(part)),
    globals: optional(listOf(isSetting))
  })
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
  return has(value, { step: isAbsent, set: isText, by: isText, value: isText, line: isAmount, of: optional(listOf(isText)) })
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
    sources: optional(isText),
    bases: optional(objectOf(isBase)),
    images: texts
  })
}

/** Directories within each other that a tree may have: no path is longer. */
const deepest = 2048

/** Marks of files by name, directories within directories; `depth` says in how many of them this one is. */
export function isTree(value: unknown, depth = 0): value is FileTree {
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

/** An object that is no list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
