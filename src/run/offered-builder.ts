import { BuildFailed } from '../errors'
import type { Handover } from '../handover'
import type { Host } from '../host'
import type { Inputs } from '../inputs'
import { parseBuilderFacts, useBuilderArgv } from '../plan/builder'
import { platformsOf } from '../plan/node-facts'
import { choosesPodsByChance, hasSeveralPods } from '../plan/pods'
import { podsByChance } from '../report/sentences-plain'
import type { Builder } from './builder'
import type { Cancellation } from './cancellation'

/**
 * Tells later steps of the builder, as docker/setup-buildx-action does: by outputs, and with input `use` by making it the current one. `beforeUse` is called
 * before that, with what the post step has to undo. Throws BuildFailed.
 */
export async function offerBuilder(
  host: Host,
  cancellation: Cancellation,
  { use }: Inputs,
  builder: Builder,
  beforeUse: (current: NonNullable<Handover['current']>) => void
): Promise<Builder> {
  const { name, driver, nodes = [], former } = builder
  host.workflow.setOutput('name', name)
  host.workflow.setOutput('driver', driver)
  host.workflow.setOutput('platforms', platformsOf(nodes).join(','))
  host.workflow.setOutput('nodes', JSON.stringify(nodes))
  if (hasSeveralPods(builder) && nodes.some(node => choosesPodsByChance(node['driver-opts'] ?? [])))
    host.log.warning(podsByChance(name))
  if (!use || former === undefined || former === name) return builder
  beforeUse({ name, former })
  const { exitCode, stderr } = await cancellation.watch(host.exec.start('docker', useBuilderArgv(name))).result
  if (exitCode !== 0) throw new BuildFailed(`docker buildx use ${name} failed: ${stderr.trim()}`, exitCode)
  return builder
}

/** Makes the builder current again that was it before; not where a later step chose another. Throws BuildFailed. */
export async function giveBackCurrent(host: Host, { name, former }: NonNullable<Handover['current']>): Promise<void> {
  const { stdout } = await host.exec.start('docker', ['buildx', 'inspect'], { timeoutSeconds: undoSeconds }).result
  if (parseBuilderFacts(stdout)?.name !== name) return
  const { exitCode, stderr } = await host.exec.start('docker', useBuilderArgv(former), { timeoutSeconds: undoSeconds }).result
  if (exitCode !== 0) throw new BuildFailed(`docker buildx use ${former} failed: ${stderr.trim()}`, exitCode)
}

/** Seconds that each of docker's answers may take. */
const undoSeconds = 30
