import { mostBuilds } from '../fingerprint/record'
import type { CacheRecord, PastBuild } from '../fingerprint/record'
import type { StageResult } from './stage-result'

/** What the builds before this one came to. */
export interface EarlierBuilds {
  /** Of those whose hit rate counts; missing where they are too few. */
  readonly usual?: {
    /** Average, 0 to 1. */
    readonly hitRate: number
    /** Average of the main builds' seconds. */
    readonly seconds: number
    readonly builds: number
  }
  /** Of their image, the newest that is known. */
  readonly imageBytes?: number
}

export interface BuildFacts {
  /** ISO time. */
  readonly at: string
  readonly results: readonly StageResult[]
  readonly seconds: number
  readonly imageBytes: number | undefined
  /** Its hit rate tells nothing of the cache: there was nothing to read, or a rebuild was asked for. */
  readonly rateless: boolean
}

/** A build that succeeded, as a record keeps it. */
export function pastBuild({ at, results, seconds, imageBytes, rateless }: BuildFacts): PastBuild {
  const steps = results.reduce((sum, stage) => sum + stage.steps.length, 0)
  const cached = results.reduce((sum, stage) => sum + stage.cached, 0)
  return {
    at,
    rate: rateless || steps === 0 ? null : Math.round((cached / steps) * 1000) / 1000,
    seconds: Math.round(seconds * 10) / 10,
    ...(imageBytes === undefined ? {} : { imageBytes })
  }
}

/** The record with one build more; the oldest goes where there are too many. */
export function withBuild(record: CacheRecord, build: PastBuild): CacheRecord {
  return { ...record, builds: [...record.builds, build].slice(-mostBuilds) }
}

/** Hit rates that are needed to speak of an average. */
const fewestRates = 3

/**
 * What to compare a build with. `histories` are those of its scopes, its own first: the first that knows enough counts, so that a new
 * branch is compared with the one it came from.
 */
export function earlierBuilds(histories: readonly (readonly PastBuild[])[]): EarlierBuilds {
  const counted = histories
    .map(builds => builds.flatMap(({ rate, seconds }) => (rate === null ? [] : [{ rate, seconds }])))
    .find(({ length }) => length >= fewestRates)
  const imageBytes = histories
    .map(builds => builds.findLast(build => build.imageBytes !== undefined)?.imageBytes)
    .find(bytes => bytes !== undefined)
  return {
    ...(counted
      ? {
          usual: {
            hitRate: average(counted.map(({ rate }) => rate)),
            seconds: average(counted.map(({ seconds }) => seconds)),
            builds: counted.length
          }
        }
      : {}),
    ...(imageBytes === undefined ? {} : { imageBytes })
  }
}

function average(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}
