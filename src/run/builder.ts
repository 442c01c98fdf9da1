import { randomUUID } from 'node:crypto'
import { BuildFailed, messageOf, lastLine } from '../errors'
import type { ExecResult, Host } from '../host'
import type { Inputs } from '../inputs'
import { createBuilderArgv, parseBuilderFacts, planBuilder, singleJobConfig } from '../plan/builder'
import type { Cancellation } from './cancellation'

export interface Builder {
  readonly name: string
  readonly driver: string
  readonly reason: string
  readonly created: boolean
  /** BuildKit's version where it is known. */
  readonly buildkit?: string
}

/**
 * Brings the builder up: the one that is there, or a new one. `beforeCreating` is called with the new one's name before it is
 * made, so that the post step can remove what an interrupted job left. Throws BuildFailed when docker or buildx cannot serve.
 */
export async function bringUpBuilder(
  host: Host,
  cancellation: Cancellation,
  inputs: Inputs,
  beforeCreating: (name: string) => void
): Promise<Builder> {
  const inspected = await docker(host, cancellation, ['buildx', 'inspect', ...(inputs.builder ? [inputs.builder] : [])])
  const current = inspected.exitCode === 0 ? parseBuilderFacts(inspected.stdout) : undefined
  if (!current && inputs.builder) {
    throw new BuildFailed(`builder: ${inputs.builder} cannot be used: ${lastLine(inspected.stderr)}`, inspected.exitCode)
  }
  const plan = planBuilder(inputs, current)
  const buildkit = current?.name === (plan.kind === 'use' ? plan.name : '') ? current?.buildkit : undefined
  if (plan.kind === 'use') {
    return { name: plan.name, driver: plan.driver, reason: plan.reason, created: false, ...(buildkit ? { buildkit } : {}) }
  }

  const name = `stage-cache-${randomUUID()}`
  beforeCreating(name)
  const config = await configFile(host, inputs, plan.driver)
  const created = await docker(host, cancellation, createBuilderArgv(inputs, name, plan.driver, config))
  if (created.exitCode !== 0) {
    throw new BuildFailed(`docker buildx create --driver=${plan.driver} failed: ${created.stderr.trim()}`, created.exitCode)
  }
  const made = { name, driver: plan.driver, reason: plan.reason, created: true }
  const facts = parseBuilderFacts((await docker(host, cancellation, ['buildx', 'inspect', name])).stdout)
  return { ...made, ...(facts?.buildkit ? { buildkit: facts.buildkit } : {}) }
}

/** Exit code of a shell for a program that is not there. */
const notStarted = 127

async function docker(host: Host, cancellation: Cancellation, argv: readonly string[]): Promise<ExecResult> {
  try {
    return await cancellation.watch(host.exec.start('docker', argv)).result
  } catch (error) {
    throw new BuildFailed(messageOf(error), notStarted)
  }
}

/** Path of the buildkitd.toml for a builder to be made; the user's own replaces ours as a whole. */
async function configFile(host: Host, inputs: Inputs, driver: string): Promise<string | undefined> {
  if (inputs.buildkitdConfig) return inputs.buildkitdConfig
  const text = inputs.buildkitdConfigInline || (driver === 'docker-container' ? singleJobConfig : '')
  if (!text) return undefined
  const path = `${await host.files.makeTemporary('buildkitd-')}/buildkitd.toml`
  await host.files.write(path, text)
  return path
}
