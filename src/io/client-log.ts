/**
 * Stands in for `@actions/core` inside `@actions/cache` and `@actions/artifact` (scripts/github-clients.mjs): the clients turn failures into annotations and
 * lines of the log; here they become the reason of an error that the caller reports once, and signs that the service answers.
 */
import { debug as realDebug } from '@actions/core'
import { reportAnswer, reportTrouble } from './client-call'

export { isDebug, setSecret } from '@actions/core'

/** What `@actions/cache` says between the requests of one call (its cache.js). */
const afterAnswer = /^(Cache hit for|Cache Size:|Saving Cache|Attempting to upload cache)/

export function debug(message: string): void {
  if (afterAnswer.test(message)) reportAnswer()
  realDebug(message)
}

export function info(message: string): void {
  if (afterAnswer.test(message)) reportAnswer()
  if (/failed with error/.test(message)) reportTrouble(message)
}

export function warning(message: string): void {
  reportTrouble(message)
}

export function error(message: string): void {
  reportTrouble(message)
}
