import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { archiveDifferences } from '../../src/io/archive-differences'
import { newBuildKitEntries } from '../../src/io/buildkit-entries'
import type { ActionsCache } from '../../src/actions-cache'
import type { Artifacts, Host } from '../../src/host'
import { newSavedTexts } from '../../src/io/saved-texts'
import { newContextFiles } from '../../src/io/context-files'
import { newExec } from '../../src/io/exec'
import { newFiles } from '../../src/io/files'
import { newPatience } from '../../src/io/patience'
import { newRegistry } from '../../src/io/registry'
import { newStopwatch } from '../../src/io/stopwatch'
import { newTools } from '../../src/io/tool-cache'

/** A host made of the real parts, in a folder of its own; what it says is recorded. */
export interface TestHost extends Host {
  readonly folder: string
  /** `warning: text`, one for each call. */
  readonly said: readonly string[]
  readonly state: ReadonlyMap<string, string>
  remove(): Promise<void>
}

export interface TestHostParts {
  /** Source of a program `docker`, run by node: it is found before any other. */
  readonly docker?: string
  readonly actionsCache?: ActionsCache
  readonly artifacts?: Artifacts
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>
}

export async function newTestHost({ docker, actionsCache, artifacts, env: given }: TestHostParts = {}): Promise<TestHost> {
  const folder = await mkdtemp(join(tmpdir(), 'test-host-'))
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    HOME: folder,
    DOCKER_CONFIG: join(folder, '.docker'),
    RUNNER_TEMP: join(folder, 'temp'),
    ...given
  }
  if (docker !== undefined) {
    await writeProgram(join(folder, 'bin'), 'docker', docker)
    env['PATH'] = `${join(folder, 'bin')}:${env['PATH']}`
  }
  const stopwatch = newStopwatch(() => performance.now())
  const files = newFiles(join(folder, 'temp'))
  const client = actionsCache ?? noActionsCache
  const said: string[] = []
  const state = new Map<string, string>()
  const say = (level: string) => (text: string) => void said.push(`${level}: ${text}`)
  return {
    folder,
    said,
    state,
    remove: () => rm(folder, { recursive: true, force: true }),
    env,
    platform: 'linux/amd64',
    log: {
      info: say('info'),
      debug: say('debug'),
      warning: say('warning'),
      group: say('group'),
      endGroup: () => undefined
    },
    clock: {
      now: () => Date.now(),
      waited: () => stopwatch.waited()
    },
    files,
    contextFiles: newContextFiles(),
    archiveDifferences,
    exec: newExec(env, stopwatch),
    actionsCache: client,
    savedTexts: newSavedTexts(
      env,
      stopwatch,
      newPatience(() => performance.now()),
      client,
      files
    ),
    buildkitEntries: newBuildKitEntries(env, stopwatch),
    artifacts: artifacts ?? noArtifacts,
    registry: newRegistry(() => Promise.resolve(undefined), stopwatch),
    tools: newTools(join(folder, 'temp'), stopwatch),
    workflow: {
      input: () => '',
      setOutput: () => undefined,
      saveState: (name, value) => void state.set(name, value),
      state: name => state.get(name) ?? '',
      appendSummary: () => Promise.resolve(),
      mask: () => undefined,
      annotate: ({ level, title, message }) => void said.push(`${level}: ${title}: ${message}`)
    }
  }
}

/** A program written in JavaScript. */
export async function writeProgram(folder: string, name: string, source: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, name), `#!${process.execPath}\n${source}\n`)
  await chmod(join(folder, name), 0o755)
}

const noArtifacts: Artifacts = {
  available: false,
  upload: () => Promise.reject(new Error('there is no artifact service'))
}

const noActionsCache: ActionsCache = {
  available: false,
  find: () => Promise.resolve(undefined),
  restore: () => Promise.reject(new Error('there is no cache service')),
  save: () => Promise.reject(new Error('there is no cache service'))
}
