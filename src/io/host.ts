import { appendFile, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as core from '@actions/core'
import type { Host, Log, Workflow } from '../host'
import { newActionsCache } from './actions-cache'
import { archiveDifferences } from './archive-differences'
import { newBuildKitEntries } from './buildkit-entries'
import { newArtifacts } from './artifacts'
import { newSavedTexts } from './saved-texts'
import { newContextFiles } from './context-files'
import { findCredentials } from './docker-credentials'
import { newExec } from './exec'
import { newFiles } from './files'
import { newPatience } from './patience'
import { newRegistry } from './registry'
import { newStopwatch } from './stopwatch'
import { newTools } from './tool-cache'

/** The real world, as a runner sets it up. */
export function newHost(): Host {
  // A copy: the cache client needs a variable of this process changed, docker must not see that.
  const env = { ...process.env }
  const now = () => performance.now()
  const stopwatch = newStopwatch(now)
  const files = newFiles(env['RUNNER_TEMP'] ?? tmpdir())
  // One service answers both.
  const patience = newPatience(now)
  const actionsCache = newActionsCache(env, stopwatch, patience)
  return {
    env,
    // Containers are Linux on every machine that builds them here.
    platform: `linux/${{ x64: 'amd64', ia32: '386', arm: 'arm/v7' }[process.arch as string] ?? process.arch}`,
    log: newLog(),
    clock: {
      now: () => Date.now(),
      waited: () => stopwatch.waited()
    },
    files,
    contextFiles: newContextFiles(),
    archiveDifferences,
    exec: newExec(env, stopwatch),
    actionsCache,
    savedTexts: newSavedTexts(env, stopwatch, patience, actionsCache, files),
    buildkitEntries: newBuildKitEntries(env, stopwatch),
    artifacts: newArtifacts(env, stopwatch),
    registry: newRegistry(host => findCredentials(host, env), stopwatch),
    tools: newTools(env['RUNNER_TEMP'] ?? tmpdir(), stopwatch),
    workflow: newWorkflow(env)
  }
}

/** The payload of the event that started the run; undefined outside GitHub or when it cannot be read. */
export async function readEvent(env: Host['env']): Promise<unknown> {
  const path = env['GITHUB_EVENT_PATH']
  if (!path) return undefined
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown
  } catch {
    // The context then comes from the environment alone.
    return undefined
  }
}

function newLog(): Log {
  const write = (text: string) => void process.stdout.write(`${inert(text)}\n`)
  return {
    info: write,
    debug: text => core.debug(text),
    warning: text => core.warning(text),
    group: title => core.startGroup(title),
    endGroup: () => core.endGroup()
  }
}

/**
 * A line that begins with :: and ##[ anywhere would be commands to the runner (actions/runner ActionCommand.cs, which also trims
 * U+0085); a zero-width space makes them text.
 */
function inert(text: string): string {
  return text.replace(/##\[/g, '##\u200b[').replace(/^([\s\u0085]*)::/gm, '$1\u200b::')
}

function newWorkflow(env: Host['env']): Workflow {
  return {
    input: name => core.getInput(name, { trimWhitespace: false }),
    setOutput: (name, value) => core.setOutput(name, value),
    saveState: (name, value) => core.saveState(name, value),
    state: name => core.getState(name),
    async appendSummary(markdown) {
      const path = env['GITHUB_STEP_SUMMARY']
      if (path) await appendFile(path, `${markdown}\n`)
    },
    mask: secret => core.setSecret(secret),
    annotate: ({ level, message, file, ...place }) =>
      core[level](message, file === undefined ? { title: place.title } : { ...place, file })
  }
}
