import * as core from '@actions/core'
import { messageOf } from '../errors'

/** Fails the step with the error's message; the stack goes to the debug log. Entries alone call this. */
export function setFailed(error: unknown): void {
  core.setFailed(messageOf(error))
  if (error instanceof Error && error.stack) core.debug(error.stack)
}
