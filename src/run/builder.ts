import { randomUUID } from 'node:crypto'
import { BuildFailed, BuildxMissing, lastLine, messageOf } from '../errors'
import type { Handover, LeftBuildx } from '../handover'
import type { ExecResult, Host } from '../host'
import type { Inputs } from '../inputs'
import { createBuilderArgv, keptBuilderName, parseBuilderFacts, planBuilder, singleJobConfig } from '../plan/builder'
import type { BuilderFacts } from '../plan/builder'
import { appendNodeArgv, bootBuilderArgv } from '../plan/builder-nodes'
import { lacksBuildx } from '../plan/buildx'
import { createContextArgv, wantsContext } from '../plan/docker-context'
import { parseNodeFacts } from '../plan/node-facts'
import type { NodeFacts } from '../plan/node-facts'
import { savesBuildx } from '../plan/permissions'
import { withoutOwnBuilder } from '../report/sentences-plain'
import { installBuildx } from './buildx'
import type { BuildxRequest } from './buildx'
import type { Cancellation } from './cancellation'
import { writeCertificates } from './certificates'
import { parseNodes } from './job-inputs'
import { madeByThisJob, noteMade, removeLeftBuilder } from './kept-builder'

export interface Builder {
  readonly name: string
  readonly driver: string
  readonly reason: string
  readonly created: boolean
  /** BuildKit's version where it is known. */
  readonly buildkit?: string
  /** More than one machine builds. */
  readonly severalNodes?: true
  /** As they were when the builder came up; none where that is not known. */
  readonly nodes?: readonly NodeFacts[]
  /** The builder that docker uses by itself, where it is another one. */
  readonly former?: string
}

/** Told of what the post step has to save or to undo, before it is begun. */
type Leave = (more: Pick<Handover, 'buildx' | 'context'>) => void

type KnownBuilder = BuilderFacts & Required<Pick<Builder, 'nodes'>>

/**
 * Brings the builder up: the one that is there, or a new one. `beforeCreating` is called with the new one's name before it is
 * made, so that the post step can remove what an interrupted job left; `leave` with what else it has to save or to undo. Throws BuildFailed when docker or buildx cannot serve, BuildxMissing where
 * there is no buildx.
 */
export async function bringUpBuilder(
  host: Host,
  cancellation: Cancellation,
  inputs: Inputs,
  beforeCreating: (name: string) => void,
  leave: Leave = () => undefined
): Promise<Builder> {
  const saved = savesBuildx(inputs, { token: host.env['ACTIONS_RUNTIME_TOKEN'], mode: host.env['ACTIONS_CACHE_MODE'] })
  // What is not saved may have been by another job.
  const keep = inputs.cacheBinary ? (buildx: LeftBuildx) => (saved ? leave({ buildx }) : undefined) : undefined
  if (inputs.buildxVersion) await installBuildx(host, cancellation, { version: inputs.buildxVersion, keep })
  const inspected = await inspectOrInstall(host, cancellation, inputs, keep)
  const current = inspected.exitCode === 0 ? parseInspected(inspected.stdout) : undefined
  if (!current && inputs.builder) {
    throw new BuildFailed(`builder: ${inputs.builder} cannot be used: ${lastLine(inspected.stderr)}`, inspected.exitCode)
  }
  const plan = planBuilder(inputs, current)
  if (plan.kind === 'use') {
    const known = current?.name === plan.name ? current : await inspect(host, cancellation, plan.name)
    return { name: plan.name, driver: plan.driver, reason: plan.reason, created: false, ...(known ? toldOf(known) : {}) }
  }
  const former = inputs.builder || !current ? {} : { former: current.name }
  const kept = inputs.keepState && !inputs.name ? keptBuilderName(host.env['RUNNER_NAME'] ?? '') : undefined
  const lasting = kept ?? (inputs.name || undefined)
  const there = lasting === undefined ? undefined : await inspect(host, cancellation, lasting)
  // A name that was given may be of a builder that is not ours.
  if (there && inputs.name) return { ...there, ...former, reason: 'it has the name that input name gives', created: false }
  if (there && kept !== undefined) {
    if (await madeByThisJob(host, kept)) return { ...there, ...former, reason: 'a step of this job made it', created: false }
    await removeLeftBuilder(host, cancellation, kept)
  }

  const name = lasting ?? `stage-cache-${randomUUID()}`
  beforeCreating(name)
  const made = { name, driver: plan.driver, reason: plan.reason, created: true }
  try {
    const facts = await create(host, cancellation, inputs, made, leave)
    if (kept !== undefined) await noteMade(host, kept)
    return { ...made, ...former, ...(facts ? toldOf(facts) : {}) }
  } catch (error) {
    if (!plan.dispensable || !current || !inputs.fallback || cancellation.requested()) throw error
    host.log.warning(withoutOwnBuilder(messageOf(error)))
    return { ...current, reason: 'no builder that can save caches could be made', created: false }
  }
}

function toldOf({ buildkit, severalNodes, nodes }: KnownBuilder): Pick<Builder, 'buildkit' | 'severalNodes' | 'nodes'> {
  return { ...(buildkit ? { buildkit } : {}), ...(severalNodes ? { severalNodes } : {}), nodes }
}

function parseInspected(text: string): KnownBuilder | undefined {
  const facts = parseBuilderFacts(text)
  return facts && { ...facts, nodes: parseNodeFacts(text) }
}

/** Makes a builder with all its nodes, and boots it. Throws BuildFailed. */
async function create(
  host: Host,
  cancellation: Cancellation,
  inputs: Inputs,
  { name, driver }: Pick<Builder, 'name' | 'driver'>,
  leave: Leave
): Promise<KnownBuilder | undefined> {
  const run = async (argv: readonly string[], what: string) => {
    const { exitCode, stderr } = await docker(host, cancellation, argv)
    if (exitCode !== 0) throw new BuildFailed(`${what} failed: ${stderr.trim()}`, exitCode)
  }
  const { nodes } = await parseNodes(inputs.append)
  const config = await configFile(host, inputs, driver)
  const certificates = await writeCertificates(host, driver, inputs.endpoint, 0)
  const createOn = (endpoint: string) =>
    run(createBuilderArgv({ ...inputs, endpoint }, name, driver, config, certificates), `docker buildx create --driver=${driver}`)
  try {
    await createOn(inputs.endpoint)
  } catch (error) {
    if (!wantsContext(messageOf(error))) throw error
    const context = `stage-cache-${randomUUID()}`
    if (inputs.cleanup) leave({ context })
    await run(createContextArgv(context), 'docker context create')
    await createOn(context)
  }
  for (const [index, node] of nodes.entries()) {
    const more = await writeCertificates(host, driver, node.endpoint, index + 1)
    await run(appendNodeArgv(name, driver, node, more), `append: node ${index + 1}: docker buildx create`)
  }
  if (nodes.length > 0) await run(bootBuilderArgv(name), 'docker buildx inspect --bootstrap')
  return inspect(host, cancellation, name)
}

/** What `docker buildx inspect` says of the builder to use; docker without buildx gets the newest where that can be had. */
async function inspectOrInstall(
  host: Host,
  cancellation: Cancellation,
  { builder }: Inputs,
  keep: BuildxRequest['keep']
): Promise<ExecResult> {
  const argv = ['buildx', 'inspect', ...(builder ? [builder] : [])]
  const inspected = await docker(host, cancellation, argv)
  if (inspected.exitCode === 0 || !lacksBuildx(inspected.stderr)) return inspected
  try {
    await installBuildx(host, cancellation, { version: 'latest', keep })
  } catch (error) {
    throw new BuildxMissing(messageOf(error), { cause: error })
  }
  const again = await docker(host, cancellation, argv)
  // What was installed may be no program of this machine's kind.
  if (again.exitCode !== 0 && lacksBuildx(again.stderr)) throw new BuildxMissing(again.stderr.trim())
  return again
}

async function inspect(host: Host, cancellation: Cancellation, name: string): Promise<KnownBuilder | undefined> {
  const { exitCode, stdout } = await docker(host, cancellation, ['buildx', 'inspect', name])
  return exitCode === 0 ? parseInspected(stdout) : undefined
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
  // What is kept from job to job has to be collected some time.
  const own = driver === 'docker-container' && !inputs.keepState ? singleJobConfig : ''
  const text = inputs.buildkitdConfigInline || own
  if (!text) return undefined
  const path = `${await host.files.makeTemporary('buildkitd-')}/buildkitd.toml`
  await host.files.write(path, text)
  return path
}
