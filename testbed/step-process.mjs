// @ts-check
import { spawn } from 'node:child_process'
import { StringDecoder } from 'node:string_decoder'
import { setTimeout as sleep } from 'node:timers/promises'
import { readCommands } from './workflow-commands.mjs'

/**
 * @typedef {object} StepResult
 * @property {number | null} exitCode null when a signal ended it
 * @property {NodeJS.Signals | null} signal
 * @property {number} seconds
 * @property {string} log stdout and stderr as they came, unmasked
 * @property {string} shown the log as people see it, masked
 * @property {import('./workflow-commands.mjs').Annotation[]} annotations
 * @property {string[]} groups
 * @property {string[]} masks
 * @property {import('./workflow-commands.mjs').Command[]} unknownCommands
 */

/**
 * @typedef {object} RunningStep
 * @property {number} pid
 * @property {(name: NodeJS.Signals) => void} signal to the step's own process, as the runner does
 * @property {() => Promise<StepResult>} cancelLikeRunner SIGINT, 7.5 s later SIGTERM, 2.5 s later SIGKILL for the whole tree
 * @property {(pattern: RegExp, options?: { timeoutSeconds?: number }) => Promise<RegExpMatchArray>} waitForLine also finds what came before
 * @property {() => string} logSoFar
 * @property {Promise<StepResult>} done
 */

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: Record<string, string>, timeoutSeconds: number, echo?: boolean }} options
 * @returns {RunningStep}
 */
export function startStep(program, args, { cwd, env, timeoutSeconds, echo = false }) {
  const started = performance.now()
  /** @type {string[]} */
  const lines = []
  /** @type {Set<() => void>} */
  const waiting = new Set()
  // A process group of its own, so that a kill reaches what it started.
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const pid = child.pid ?? 0
  let ended = false

  for (const stream of [child.stdout, child.stderr]) {
    readLines(stream, line => {
      lines.push(line)
      if (echo) echoAsShown(line)
      for (const look of waiting) look()
    })
  }

  /** @type {Promise<StepResult>} */
  const done = new Promise((resolve, reject) => {
    const timer = setTimeout(() => killTree(pid), timeoutSeconds * 1000)
    child.once('error', reject)
    child.once('close', (exitCode, signal) => {
      clearTimeout(timer)
      ended = true
      for (const look of waiting) look()
      const { annotations, groups, masks, unknown, shown } = readCommands(lines)
      const seconds = (performance.now() - started) / 1000
      resolve({ exitCode, signal, seconds, log: lines.join('\n'), shown, annotations, groups, masks, unknownCommands: unknown })
    })
  })

  const signal = (/** @type {NodeJS.Signals} */ name) => {
    if (!ended) child.kill(name)
  }

  return {
    pid,
    signal,
    done,
    logSoFar: () => lines.join('\n'),
    async cancelLikeRunner() {
      signal('SIGINT')
      if (await endsWithin(done, 7500)) return done
      signal('SIGTERM')
      if (await endsWithin(done, 2500)) return done
      killTree(pid)
      return done
    },
    waitForLine: (pattern, options = {}) =>
      new Promise((resolve, reject) => {
        let next = 0
        const limit = options.timeoutSeconds ?? 60
        const timer = setTimeout(
          () => stop(() => reject(new Error(`no line ${pattern} within ${limit} s:\n${lines.join('\n')}`))),
          limit * 1000
        )
        const stop = (/** @type {() => void} */ then) => {
          clearTimeout(timer)
          waiting.delete(look)
          then()
        }
        const look = () => {
          for (; next < lines.length; next++) {
            const found = (lines[next] ?? '').match(pattern)
            if (found) return stop(() => resolve(found))
          }
          if (ended) stop(() => reject(new Error(`ended without a line ${pattern}:\n${lines.join('\n')}`)))
        }
        waiting.add(look)
        look()
      })
  }
}

/** @param {number} pid */
function killTree(pid) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error
  }
}

/** @param {Promise<unknown>} done @param {number} ms */
async function endsWithin(done, ms) {
  const timer = new AbortController()
  const late = sleep(ms, false, { signal: timer.signal }).catch(() => false)
  const inTime = await Promise.race([done.then(() => true), late])
  timer.abort()
  return inTime
}

/**
 * Ends lines where the runner does: at \n, \r\n and \r.
 * @param {import('node:stream').Readable} stream
 * @param {(line: string) => void} emit
 */
export function readLines(stream, emit) {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  stream.on('data', chunk => {
    rest += decoder.write(chunk)
    for (let end; (end = /\r\n|\n|\r(?!$)/.exec(rest)); rest = rest.slice(end.index + end[0].length))
      emit(rest.slice(0, end.index))
  })
  stream.on('end', () => {
    rest = (rest + decoder.end()).replace(/\r$/, '')
    if (rest !== '') emit(rest)
  })
}

/** As a runner shows it: commands for itself stay hidden, groups are headings. */
function echoAsShown(/** @type {string} */ line) {
  if (/^::(debug|add-mask|endgroup)::/.test(line)) return
  process.stdout.write(`${line.replace(/^::group::/, '▼ ').replace(/^::(error|warning|notice)[^:]*::/, '$1: ')}\n`)
}
