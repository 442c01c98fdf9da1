import { count } from './amounts'
import { words, type Words } from './words'

export interface LowRate {
  readonly percent: number
  readonly minimum: number
  readonly steps: number
  readonly cachedSteps: number
  /** Nothing was saved yet. */
  readonly first: boolean
}

/** The rate, the limit, and what to do. */
export function lowRateWords({ percent, minimum, steps, cachedSteps, first }: LowRate): Words {
  const facts = words`Hit rate ${percent} %, below the ${minimum} % of ${'min-hit-rate'}: ${cachedSteps} of ${[count(steps, 'step')]} came from the cache.`
  return first
    ? words`${facts} Nothing was saved for this build yet, so it does not fail for that.`
    : words`${facts} The summary says of each stage why it ran. Where this is to be expected, lower ${'min-hit-rate'} or write ${'on-low-hit-rate: warn'}.`
}
