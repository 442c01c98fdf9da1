import { spawn } from 'node:child_process'
import { StringDecoder } from 'node:string_decoder'
import type { Exec, ExecOptions, ExecResult, RunningProcess } from '../host'
import type { Stopwatch } from './stopwatch'

/** How much of a program's stderr is kept for error messages, in characters. */
const stderrTail = 64 * 1024

/** The real Exec: no shell, whole lines, signals from the runner passed to whoever asks. */
export function newExec(environment: NodeJS.ProcessEnv, stopwatch: Stopwatch): Exec {
  return {
    start: (program, argv, options = {}) => start(program, argv, options, environment, stopwatch),
    onSignal(callback) {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => callback(name))
    }
  }
}

function start(
  program: string,
  argv: readonly string[],
  options: ExecOptions,
  environment: NodeJS.ProcessEnv,
  stopwatch: Stopwatch
): RunningProcess {
  const child = spawn(program, argv, { env: { ...environment, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  let timedOut = false
  const timer =
    options.timeoutSeconds === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true
          child.kill('SIGKILL')
        }, options.timeoutSeconds * 1000)
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (options.onStdout) options.onStdout(text)
    else stdout += text
  })
  const lines = newLineSplitter(line => {
    stderr = (stderr + line + '\n').slice(-stderrTail)
    options.onStderrLine?.(line)
  })
  child.stderr.on('data', lines.write)
  const result = new Promise<ExecResult>((resolve, reject) => {
    child.once('error', error => reject(new Error(`${program} cannot be started: ${error.message}`)))
    child.once('close', (code, signal) => {
      lines.end()
      resolve({ exitCode: code ?? (signal === 'SIGKILL' ? 137 : 130), stdout, stderr, timedOut })
    })
  }).finally(() => clearTimeout(timer))
  return { result: stopwatch.waiting(result), signal: name => void child.kill(name) }
}

/** Whole lines from chunks of bytes: a character or a line may be split anywhere. */
function newLineSplitter(onLine: (line: string) => void): { write: (chunk: Buffer) => void; end: () => void } {
  const decoder = new StringDecoder('utf8')
  let parts: string[] = []
  const take = (text: string) => {
    let from = 0
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
      parts.push(text.slice(from, at))
      onLine(parts.join('').replace(/\r$/, ''))
      parts = []
      from = at + 1
    }
    if (from < text.length) parts.push(text.slice(from))
  }
  return {
    write: chunk => take(decoder.write(chunk)),
    end() {
      take(decoder.end())
      if (parts.length > 0) onLine(parts.join(''))
    }
  }
}
