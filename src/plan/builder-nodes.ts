import { defaultFlags } from './builder'
import { onOnePod } from './pods'

/** One entry of input `append`, as docker/setup-buildx-action has it. */
export interface BuilderNode {
  readonly name: string
  readonly endpoint: string
  readonly driverOpts: readonly string[]
  readonly buildkitdFlags: string
  readonly platforms: string
}

/** `docker buildx create --append …`. */
export function appendNodeArgv(
  builder: string,
  driver: string,
  node: BuilderNode,
  certificates: readonly string[]
): readonly string[] {
  const options = [...onOnePod(driver, node.driverOpts), ...certificates]
  return [
    'buildx',
    'create',
    '--append',
    `--name=${builder}`,
    ...(node.name === '' ? [] : [`--node=${node.name}`]),
    ...options.map(option => `--driver-opt=${option}`),
    ...(driver === 'remote' ? [] : [`--buildkitd-flags=${node.buildkitdFlags || defaultFlags}`]),
    ...(node.platforms === '' ? [] : [`--platform=${node.platforms}`]),
    ...(node.endpoint === '' ? [] : ['--', node.endpoint])
  ]
}

/** Boots every node of a builder. */
export function bootBuilderArgv(name: string): readonly string[] {
  return ['buildx', 'inspect', '--bootstrap', name]
}

/** What TLS of one node needs, by option of the driver; `place` counts from 0, the builder's own endpoint. */
export function tlsVariables(place: number): Readonly<Record<'cacert' | 'cert' | 'key', string>> {
  const variable = (name: string) => `BUILDER_NODE_${place}_AUTH_TLS_${name}`
  return { cacert: variable('CACERT'), cert: variable('CERT'), key: variable('KEY') }
}

/** Whether an endpoint speaks TLS: docker/setup-buildx-action gives certificates to remote builders at tcp addresses. */
export function takesCertificates(driver: string, endpoint: string): boolean {
  return driver === 'remote' && endpoint.startsWith('tcp://')
}
