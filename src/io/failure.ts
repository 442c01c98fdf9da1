import * as core from '@actions/core'
import { BuildFailed, messageOf } from '../errors'

/** Says what the step fails of, at the lines it is about; the stack goes to the debug log. The entry sets the exit code. */
export function tellFailure(error: unknown): void {
  const place = error instanceof BuildFailed ? error.place : undefined
  core.error(messageOf(error), place ? { title: 'Build failed', ...place } : {})
  if (error instanceof Error && error.stack) core.debug(error.stack)
}
