/**
 * Stands in for `@actions/core` inside `@actions/cache` and `@actions/artifact` (scripts/github-clients.mjs): the clients turn failures into annotations and
 * lines of the log; here they become the reason of an error that the caller reports once.
 */
import { reportTrouble } from './client-call'

export { debug, isDebug, setSecret } from '@actions/core'

export function info(message: string): void {
  if (/failed with error/.test(message)) reportTrouble(message)
}

export function warning(message: string): void {
  reportTrouble(message)
}

export function error(message: string): void {
  reportTrouble(message)
}
