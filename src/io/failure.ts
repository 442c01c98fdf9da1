import * as core from '@actions/core'
import { BuildFailed, InputError, messageOf } from '../errors'

/** Says what the step fails of, at the lines it is about; the stack goes to the debug log. The entry sets the exit code. */
export function tellFailure(error: unknown): void {
  const title = error instanceof InputError ? 'Nothing was built' : 'Build failed'
  const place = error instanceof BuildFailed || error instanceof InputError ? error.place : undefined
  core.error(messageOf(error), place ? { title, ...place } : {})
  if (error instanceof Error && error.stack) core.debug(error.stack)
}
