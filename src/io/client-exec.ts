/**
 * Stands in for `@actions/exec` inside `@actions/cache` (scripts/build.mjs): the client starts tar, and shows its command and words in the log of
 * the job; here they are for debugging, and the first of the words is part of the error.
 */
import { debug } from '@actions/core'
import * as real from '@actions/exec'
import { messageOf } from '../errors'

/** As `exec` of `@actions/exec`. Throws where the program cannot be started, or fails. */
export async function exec(command: string, argv?: string[], options?: real.ExecOptions): Promise<number> {
  let said = ''
  debug([command, ...(argv ?? [])].join(' '))
  const errline = (line: string) => {
    // Its last words only say that it failed.
    said ||= line
    debug(line)
  }
  const listeners = { stdline: debug, ...options?.listeners, errline }
  try {
    return await real.exec(command, argv, { ...options, silent: true, listeners })
  } catch (error) {
    throw new Error([messageOf(error), said].filter(Boolean).join(': '), { cause: error })
  }
}
