import type { Inputs } from '../inputs'

/** What `docker buildx inspect` says of a builder. */
export interface BuilderFacts {
  readonly name: string
  readonly driver: string
  /** The docker driver can export caches only with containerd's image store (docker/buildx driver/docker/driver.go). */
  readonly containerdStore: boolean
  readonly buildkit?: string
}

export type BuilderPlan =
  | { readonly kind: 'use'; readonly name: string; readonly driver: string; readonly reason: string }
  | { readonly kind: 'create'; readonly driver: string; readonly reason: string }

/** Reads `docker buildx inspect` output: `Key: value` lines, the node's after the builder's. */
export function parseBuilderFacts(text: string): BuilderFacts | undefined {
  const field = (name: string) => new RegExp(`^\\s*${name}:\\s*(.+?)\\s*$`, 'm').exec(text)?.[1]
  const name = field('Name')
  const driver = field('Driver')
  if (!name || !driver) return undefined
  const buildkit = field('BuildKit(?: version)?')
  return {
    name,
    driver,
    containerdStore: /^\s*org\.mobyproject\.buildkit\.worker\.snapshotter:/m.test(text),
    ...(buildkit ? { buildkit } : {})
  }
}

/**
 * Which builder to build with. `current` is the one docker would use by itself, or the one input `builder` names;
 * undefined where docker has none.
 */
export function planBuilder(inputs: Inputs, current: BuilderFacts | undefined): BuilderPlan {
  if (inputs.builder) return { kind: 'use', name: inputs.builder, driver: current?.driver ?? '', reason: 'input builder names it' }
  const needs = needsOwnBuilder(inputs)
  if (inputs.driver === 'docker') {
    return { kind: 'use', name: current?.driver === 'docker' ? current.name : 'default', driver: 'docker', reason: 'input driver asks for it' }
  }
  if (inputs.driver !== 'auto') return { kind: 'create', driver: inputs.driver, reason: 'input driver asks for it' }
  if (needs) return { kind: 'create', driver: 'docker-container', reason: `input ${needs} needs a builder of its own` }
  if (!current) return { kind: 'create', driver: 'docker-container', reason: 'docker names no current builder' }
  if (current.driver !== 'docker') return { kind: 'use', name: current.name, driver: current.driver, reason: 'an earlier step put it in place' }
  if (current.containerdStore) return { kind: 'use', name: current.name, driver: 'docker', reason: "docker's image store is containerd's, it can save caches" }
  return { kind: 'create', driver: 'docker-container', reason: "docker's image store is not containerd's, it cannot save caches" }
}

/** The first input that the docker driver cannot serve. */
function needsOwnBuilder(inputs: Inputs): string | undefined {
  const asked: readonly [string, boolean][] = [
    ['driver-opts', inputs.driverOpts.length > 0],
    ['buildkitd-flags', inputs.buildkitdFlags !== ''],
    ['buildkitd-config', inputs.buildkitdConfig !== ''],
    ['buildkitd-config-inline', inputs.buildkitdConfigInline !== ''],
    ['endpoint', inputs.endpoint !== ''],
    ['platforms', inputs.platforms.length > 1],
    ['allow', inputs.allow.length > 0]
  ]
  return asked.find(([, needed]) => needed)?.[0]
}

/** The default of docker/setup-buildx-action: entitlements that a build must still ask for by `allow`. */
const defaultFlags = '--allow-insecure-entitlement security.insecure --allow-insecure-entitlement network.host'

/** A builder that lives for one job collects no garbage: a step's result must still be there when its export starts. */
export const singleJobConfig = '[worker.oci]\n  gc = false\n[worker.containerd]\n  gc = false\n'

/** `docker buildx create …`, booted at once. `configFile` is the path of a buildkitd.toml, absent for remote builders. */
export function createBuilderArgv(inputs: Inputs, name: string, driver: string, configFile: string | undefined): readonly string[] {
  const local = driver !== 'remote'
  return [
    'buildx',
    'create',
    '--bootstrap',
    `--name=${name}`,
    `--driver=${driver}`,
    ...inputs.driverOpts.map(option => `--driver-opt=${option}`),
    ...(local ? [`--buildkitd-flags=${inputs.buildkitdFlags || defaultFlags}`] : []),
    ...(configFile ? [`--buildkitd-config=${configFile}`] : []),
    ...(inputs.endpoint ? ['--', inputs.endpoint] : [])
  ]
}
