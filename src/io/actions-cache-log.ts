/**
 * Stands in for `@actions/core` inside `@actions/cache` (scripts/build.mjs): the client turns its failures into annotations
 * and goes on as if nothing was; here they become the reason of an error that the caller reports once.
 */
import { reportTrouble } from './actions-cache'

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
