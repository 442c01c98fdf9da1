import type { Host } from '../host'
import type { BuildCommand } from '../plan/argv'
import { displayArgv } from '../plan/display-argv'
import { newPlainLog, renderStatus, renderText } from '../progress/log'
import { parseProgressLine } from '../progress/status-lines'
import { applyStatus, newVertexTable } from '../progress/vertices'
import type { VertexTable } from '../progress/vertices'
import type { Cancellation } from './cancellation'

export interface BuildRun {
  readonly exitCode: number
  readonly table: VertexTable
  /** What buildx said besides progress: warnings, and the error with the Dockerfile's lines. */
  readonly text: string
  readonly seconds: number
}

export interface BuildOptions {
  /** Print the log as it comes. */
  readonly live: boolean
  /** Called after every progress event. */
  readonly onProgress?: (table: VertexTable) => void
  readonly timeoutSeconds?: number
}

/** The text buildx prints besides progress is kept up to so many lines. */
const textLines = 200

/** One `docker buildx build`. Whatever its exit code is, it is given back; the code alone tells success. */
export async function runBuild(host: Host, cancellation: Cancellation, command: BuildCommand, options: BuildOptions): Promise<BuildRun> {
  const started = host.clock.now()
  const table = newVertexTable()
  const log = newPlainLog()
  const text: string[] = []
  host.log.debug(`docker ${displayArgv(command.argv).join(' ')}`)
  const process = host.exec.start('docker', command.argv, {
    env: command.env,
    ...(options.timeoutSeconds === undefined ? {} : { timeoutSeconds: options.timeoutSeconds }),
    onStdout: chunk => options.live && host.log.info(chunk.trimEnd()),
    onStderrLine(line) {
      const parsed = parseProgressLine(line)
      if (parsed.kind === 'text') {
        text.push(parsed.text)
        if (text.length > textLines) text.shift()
        if (options.live) for (const shown of renderText(log, parsed.text)) host.log.info(shown)
        return
      }
      applyStatus(table, parsed.status)
      if (options.live) for (const shown of renderStatus(log, parsed.status)) host.log.info(shown)
      options.onProgress?.(table)
    }
  })
  const { exitCode } = await cancellation.watch(process).result
  return { exitCode, table, text: text.join('\n'), seconds: (host.clock.now() - started) / 1000 }
}
