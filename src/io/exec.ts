import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { StringDecoder } from 'node:string_decoder'
import type { Exec, ExecOptions, ExecResult, RunningProcess } from '../host'
import type { Stopwatch } from './stopwatch'
import { withoutQueries } from '../signed-urls'
import { buildxFor, commandFor } from './docker-command'
import type { Command } from './docker-command'
import { startProving } from './proving'

/** How much of a program's stderr is kept for error messages, in characters. */
const stderrTail = 64 * 1024

/** Milliseconds that output may still come in after a program that took too long was killed. */
const drainMilliseconds = 500

/** The real Exec: no shell, whole lines, signals from the runner passed to whoever asks. */
export function newExec(environment: NodeJS.ProcessEnv, stopwatch: Stopwatch): Exec {
  /** Whether buildx works as it was found, by its path. */
  const works = new Map<string, boolean>()
  const startBest = (asked: Command, options: ExecOptions, env: NodeJS.ProcessEnv): RunningProcess => {
    const buildx = buildxFor(asked, env)
    const isKnown = buildx && works.get(buildx.program)
    const startAsked = () => start(asked, options, env)
    if (!buildx || isKnown === false) return startAsked()
    const startBuildx = () => start(buildx, options, env)
    return isKnown ? startBuildx() : startProving(startBuildx, startAsked, it => works.set(buildx.program, it))
  }
  return {
    start(program, argv, options = {}) {
      const env = { ...environment, ...options.env }
      const { result, signal } = startBest(commandFor(program, argv, env), options, env)
      return { result: stopwatch.waiting(result), signal }
    },
    onSignal(callback) {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => callback(name))
    }
  }
}

function start({ program, argv, env }: Command, options: ExecOptions, environment: NodeJS.ProcessEnv): RunningProcess {
  let child
  try {
    // In a process group of its own, so that a kill reaches docker's plugins too.
    child = spawn(program, argv, { env: { ...environment, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  } catch (error) {
    // Node throws some of these at once, such as E2BIG for too long an argument.
    return { result: Promise.reject(cannotStart(program, error)), signal: () => undefined }
  }
  const { stdout: out, stderr: err } = child
  let stdout = ''
  let timedOut = false
  const stop = () => {
    timedOut = true
    sendSignal(child, 'SIGKILL')
    // Whoever left the group may hold the pipes open for good.
    setTimeout(() => [out, err].forEach(pipe => pipe.destroy()), drainMilliseconds).unref()
  }
  const timer = options.timeoutSeconds === undefined ? undefined : setTimeout(stop, options.timeoutSeconds * 1000)
  out.setEncoding('utf8').on('data', (text: string) => {
    if (options.onStdout) options.onStdout(text)
    else stdout += text
  })
  let stderr = ''
  const lines = newLineSplitter(line => {
    stderr += `${line}\n`
    if (stderr.length > 2 * stderrTail) stderr = stderr.slice(-stderrTail)
    options.onStderrLine?.(line)
  })
  err.on('data', lines.write)
  const result = new Promise<ExecResult>((resolve, reject) => {
    child.once('error', error => reject(cannotStart(program, error)))
    child.once('close', (code, signal) => {
      lines.end()
      const exitCode = code ?? 128 + (signal ? constants.signals[signal] : 0)
      resolve({ exitCode, stdout, stderr: withoutQueries(stderr.slice(-stderrTail)), timedOut })
    })
  }).finally(() => clearTimeout(timer))
  return { result, signal: name => sendSignal(child, name) }
}

/** A program is asked to end by itself, and tells its own children; SIGKILL is for all of them. */
function sendSignal(child: ChildProcess, name: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): void {
  // For a program that could not be started node would signal this very process, and all beside it.
  if (child.pid === undefined) return
  if (name !== 'SIGKILL') {
    child.kill(name)
    return
  }
  try {
    process.kill(-child.pid, name)
  } catch {
    // The whole group has ended already.
  }
}

function cannotStart(program: string, cause: unknown): Error {
  return new Error(`${program} cannot be started: ${(cause as { message?: string }).message}`, { cause })
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
