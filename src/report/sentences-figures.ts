import type { EarlierBuilds } from '../explain/past-builds'
import { bytes, count, seconds } from './amounts'
import { words, type Words } from './words'

export interface LowRate {
  readonly percent: number
  readonly minimum: number
  readonly steps: number
  readonly cachedSteps: number
  /** Why it does not fail: nothing was saved yet, it is not known what was, or a base image moved. */
  readonly excuse: 'nothing-saved' | 'record-lost' | 'base-moved' | undefined
}

/** The rate, the limit, and what to do. */
export function lowRateWords({ percent, minimum, steps, cachedSteps, excuse }: LowRate): Words {
  const facts = words`Hit rate ${percent} %, below the ${minimum} % of ${'min-hit-rate'}: ${cachedSteps} of ${[count(steps, 'step')]} came from the cache.`
  if (excuse === 'nothing-saved') return words`${facts} Nothing was saved for this build yet, so it does not fail for that.`
  if (excuse === 'base-moved') return words`${facts} What ran did so for a new base image, so it does not fail for that.`
  if (excuse === 'record-lost')
    return words`${facts} The record of what was saved in GitHub's cache could not be understood, so it does not fail for that; the next build has a new one.`
  return words`${facts} The summary says of each stage why it ran. Where this is to be expected, lower ${'min-hit-rate'} or write ${'on-low-hit-rate: warn'}.`
}

export interface Fall {
  readonly percent: number
  readonly average: number
  readonly builds: number
}

/** The rate beside what it used to be. */
export function fallWords({ percent, average, builds }: Fall): Words {
  return words`Hit rate ${percent} %, and ${average} % on average of the last ${builds} builds that changed something. The summary says of each stage why it ran.`
}

export interface Growth {
  readonly bytes: number
  readonly before: number
  /** Percent. */
  readonly limit: number
}

/** What builds of this image usually come to. */
export function usualWords({ hitRate, seconds: time, builds }: NonNullable<EarlierBuilds['usual']>): Words {
  return words`hit rate ${Math.round(hitRate * 100)} % and ${[seconds(time)]} of building, the last ${builds} builds that changed something`
}

/** The image beside the one before. */
export function growthWords({ bytes: now, before, limit }: Growth): Words {
  return words`The image grew from ${[bytes(before)]} to ${[bytes(now)]}, ${percentMore(now, before)} % more; ${'max-image-growth'} is ${limit} %. ${'docker history'} shows what each step adds. Where this is to be expected, raise the limit or write ${'max-image-growth: off'}.`
}

/** What the layers of the image come to, and how that changed where it did by a percent or more. */
export function imageSizeWords(now: number, before: number | undefined): Words {
  const change = before === undefined || before === 0 ? 0 : Math.round((now / before - 1) * 100)
  if (before === undefined || change === 0) return words`${[bytes(now)]}`
  return words`${[bytes(now)]}, ${Math.abs(change)} % ${[change > 0 ? 'more' : 'less']} than before`
}

/** Rounded up: what is over a limit never reads as equal to it. */
function percentMore(now: number, before: number): number {
  return Math.ceil((now / before - 1) * 100)
}
