/** What the user wrote is wrong: every problem at once, each saying the value, the place and the remedy. */
export class InputError extends Error {
  override readonly name = 'InputError'
  constructor(
    readonly problems: readonly string[],
    /** Lines of the Dockerfile that the first of them in it is about. */
    readonly place?: FailurePlace
  ) {
    super(
      problems.length === 1 ? problems[0] : `${problems.length} problems:\n${problems.map(problem => `- ${problem}`).join('\n')}`
    )
  }
}

/** Lines of a file, which is relative to the workspace. */
export interface FailurePlace {
  readonly file: string
  readonly startLine: number
  readonly endLine: number
}

/** The build itself failed: the Dockerfile's fault or the registry it pushes to, never ours. */
export class BuildFailed extends Error {
  override readonly name = 'BuildFailed'
  constructor(
    message: string,
    readonly exitCode: number,
    /** Lines of the Dockerfile that it is about, where they are known. */
    readonly place?: FailurePlace
  ) {
    super(message)
  }
}

/** The build is done and published, and less of it came from the cache than the user allows. */
export class HitRateTooLow extends Error {
  override readonly name = 'HitRateTooLow'
}

/** Docker has no buildx, and none could be installed. */
export class BuildxMissing extends Error {
  override readonly name = 'BuildxMissing'
}

/** A service that did not answer in time, or not to the end. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}

/** What a caught error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The last line of what docker wrote, where its error stands. */
export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
