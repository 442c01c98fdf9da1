import * as core from '@actions/core'

/** Fails the step with the error's message; the stack goes to the debug log. Entries alone call this. */
export function setFailed(error: unknown): void {
  core.setFailed(error instanceof Error ? error.message : String(error))
  if (error instanceof Error && error.stack) core.debug(error.stack)
}
