import type { Host } from '../host'
import type { BuildCommand } from '../plan/build-command'
import { displayArgv, givenBuildArguments } from '../plan/display-argv'
import { renderFailed } from '../progress/failed-vertex'
import type { FailedVertex } from '../progress/failed-vertex'
import { hideInStatus, hideInText, hideValues } from '../progress/hidden-values'
import { finishLog, newPlainLog, render, renderText } from '../progress/log'
import { parseProgressLine } from '../progress/status-lines'
import { firstFailure, isImporting } from '../progress/build-state'
import { applyStatus, newVertexTable } from '../progress/vertices'
import type { VertexTable } from '../progress/vertices'
import { readWarnings } from '../progress/warnings'
import type { BuildWarning } from '../progress/warnings'
import type { Cancellation } from './cancellation'

export interface BuildRun {
  readonly exitCode: number
  readonly table: VertexTable
  /** What buildx said besides progress: warnings, and the error with the Dockerfile's lines. */
  readonly text: string
  /** Steps that failed, with the end of what they wrote, in which nothing is hidden. */
  readonly failed: readonly FailedVertex[]
  /** What a `--call` answered, as far as it is not longer than an answer can be. */
  readonly stdout: string
  /** Milliseconds since the epoch. */
  readonly started: number
  /** BuildKit's own checks of the Dockerfile. */
  readonly warnings: readonly BuildWarning[]
  readonly seconds: number
  /** `stopWhen` stopped it. */
  readonly stopped: boolean
  /** It took longer than it may. */
  readonly timedOut: boolean
  /** It was stopped because its import took longer than it may. */
  readonly importTimedOut: boolean
}

export interface BuildOptions {
  /** Print the log as it comes. */
  readonly live: boolean
  /** Called after every progress event. */
  readonly onProgress?: (table: VertexTable) => void
  /** Asked after every progress event; true stops the build as a cancelled job would. */
  readonly stopWhen?: (table: VertexTable) => boolean
  readonly timeoutSeconds?: number
  /** Stops a build whose import takes longer. */
  readonly importSeconds?: number
}

/** Seconds without a word from BuildKit after which the log shows what is running. */
const quietSeconds = 0.3

/** The text buildx prints besides progress is kept up to so many lines. */
const textLines = 200

/** Characters of stdout that are kept: a result sent there may be as large as an image. */
const stdoutLimit = 8_000_000

/** One `docker buildx build`. Whatever its exit code is, it is given back; the code alone tells success. */
export async function runBuild(
  host: Host,
  cancellation: Cancellation,
  command: BuildCommand,
  options: BuildOptions
): Promise<BuildRun> {
  const started = host.clock.now()
  const table = newVertexTable()
  const log = newPlainLog()
  const hide = hideValues(Object.entries(givenBuildArguments(command.argv, host.env)))
  const text: string[] = []
  let stdout = ''
  const warnings: BuildWarning[] = []
  let stopped = false
  let importTimedOut = false
  let importTimer: NodeJS.Timeout | undefined
  const watchImport = (seconds: number) => {
    if (!isImporting(table)) {
      clearTimeout(importTimer)
      importTimer = undefined
    } else
      importTimer ??= setTimeout(() => {
        importTimedOut = true
        process.signal('SIGINT')
      }, seconds * 1000)
  }
  let quiet: NodeJS.Timeout | undefined
  const show = (lines: () => readonly string[]) => {
    if (options.live) for (const line of lines()) host.log.info(line)
  }
  const failed: FailedVertex[] = []
  const finish = () => {
    const last = finishLog(log)
    failed.push(...last.failed)
    show(() => [...last.lines, ...last.failed.flatMap(vertex => renderFailed(vertex))])
  }
  host.log.debug(displayArgv('docker', command.argv))
  const process = host.exec.start('docker', command.argv, {
    env: command.env,
    ...(options.timeoutSeconds === undefined ? {} : { timeoutSeconds: options.timeoutSeconds }),
    onStdout(chunk) {
      if (stdout.length < stdoutLimit) stdout += chunk
      if (options.live) host.log.info(chunk.trimEnd())
    },
    onStderrLine(line) {
      const parsed = parseProgressLine(line)
      if (parsed.kind === 'text') {
        const shown = hideInText(parsed.text, hide)
        text.push(shown)
        if (text.length > textLines) text.shift()
        // buildx says why once all progress is told, and what the failed step wrote comes before that.
        if (firstFailure(table)) finish()
        show(() => renderText(shown))
        return
      }
      const status = hideInStatus(parsed.status, hide)
      applyStatus(table, status)
      show(() => render(log, status))
      // A step that says nothing is shown all the same, though nothing more is heard of it.
      clearTimeout(quiet)
      if (options.live) quiet = setTimeout(() => show(() => render(log, {}, log.now + quietSeconds * 1000)), quietSeconds * 1000)
      if (options.importSeconds !== undefined) watchImport(options.importSeconds)
      warnings.push(...readWarnings(status).map(warning => ({ ...warning, message: hide(warning.message) })))
      options.onProgress?.(table)
      if (!stopped && options.stopWhen?.(table)) {
        stopped = true
        process.signal('SIGINT')
      }
    }
  })
  const { exitCode, timedOut } = await cancellation.watch(process).result.finally(() => {
    clearTimeout(importTimer)
    clearTimeout(quiet)
  })
  finish()
  const seconds = (host.clock.now() - started) / 1000
  return {
    exitCode,
    table,
    text: text.join('\n'),
    failed,
    stdout,
    warnings,
    started,
    seconds,
    stopped,
    timedOut,
    importTimedOut
  }
}
