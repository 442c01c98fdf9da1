import type { Inputs } from '../inputs'
import { pushesByDigest } from './build-attributes'
import { onOnePod } from './pods'

/** What `docker buildx inspect` says of a builder. */
export interface BuilderFacts {
  readonly name: string
  readonly driver: string
  /** The docker driver can export caches only with containerd's image store (docker/buildx driver/docker/driver.go). */
  readonly containerdStore: boolean
  readonly buildkit?: string
  /** More than one machine builds: each platform may have its own. */
  readonly severalNodes?: true
}

export type BuilderPlan =
  | { readonly kind: 'use'; readonly name: string; readonly driver: string; readonly reason: string }
  /** `dispensable`: the current one builds the same, and saves no caches. */
  | { readonly kind: 'create'; readonly driver: string; readonly reason: string; readonly dispensable?: true }

/** Reads `docker buildx inspect` output: `Key: value` lines, the node's after the builder's. */
export function parseBuilderFacts(text: string): BuilderFacts | undefined {
  const field = (name: string) => new RegExp(`^[ \\t]*${name}:[ \\t]*(\\S.*?)[ \\t\\r]*$`, 'm').exec(text)?.[1]
  const name = field('Name')
  const driver = field('Driver')
  if (!name || !driver) return undefined
  const buildkit = oldestVersion(
    [...text.matchAll(/^[ \t]*BuildKit(?: version)?:[ \t]*(\S*)/gm)].map(([, version = '']) => version)
  )
  return {
    name,
    driver,
    containerdStore: /^\s*org\.mobyproject\.buildkit\.worker\.snapshotter:/m.test(text),
    ...(buildkit ? { buildkit } : {}),
    ...([...text.matchAll(/^[ \t]*Endpoint:/gm)].length > 1 ? { severalNodes: true } : {})
  }
}

/** The oldest of the nodes' versions: what one of them cannot do, the builder cannot. Undefined where a node does not say. */
function oldestVersion(versions: readonly string[]): string | undefined {
  const parts = (version: string) => /^v?(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? []
  const order = (one: string, other: string) => {
    const [[major = -1, minor = -1], [theirs = -1, their = -1]] = [parts(one), parts(other)]
    return major - theirs || minor - their
  }
  return versions.toSorted(order)[0] || undefined
}

/**
 * Which builder to build with. `current` is the one docker would use by itself, or the one input `builder` names;
 * undefined where docker has none.
 */
export function planBuilder(inputs: Inputs, current: BuilderFacts | undefined): BuilderPlan {
  const { builder, driver } = inputs
  if (builder) return use(builder, current?.driver ?? '', 'input builder names it')
  if (driver === 'docker') {
    return use(current?.driver === 'docker' ? current.name : 'default', 'docker', 'input driver asks for it')
  }
  if (driver !== 'auto') return { kind: 'create', driver, reason: 'input driver asks for it' }
  const needs = needsNewBuilder(inputs)
  if (needs) return createContainer(`input ${needs} needs a builder of its own`)
  if (!current) return createContainer('docker names no current builder')
  if (current.driver !== 'docker') return use(current.name, current.driver, 'an earlier step put it in place')
  if (asksBuildKit(inputs)) return use(current.name, 'docker', 'a question to BuildKit needs no cache')
  if (inputs.allow.length > 0) return createContainer("input allow needs more than docker's own builder may give")
  if (inputs.outputs.some(pushesByDigest)) return createContainer("Docker's own builder cannot push by digest")
  if (current.containerdStore) return use(current.name, 'docker', "docker's image store is containerd's, it can save caches")
  return { ...createContainer("docker's image store is not containerd's, it cannot save caches"), dispensable: true }
}

/** The one name of a builder whose state is kept: the next job of the same runner finds it by that. */
export function keptBuilderName(runner: string): string {
  return `stage-cache-${
    runner
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'kept'
  }`
}

/** Whether input `call` asks for something else than a build. */
export function asksBuildKit({ call }: Pick<Inputs, 'call'>): boolean {
  return call !== '' && call !== 'build'
}

function use(name: string, driver: string, reason: string): BuilderPlan {
  return { kind: 'use', name, driver, reason }
}

function createContainer(reason: string): BuilderPlan & { readonly kind: 'create' } {
  return { kind: 'create', driver: 'docker-container', reason }
}

/** The first input that says how a builder is to be made, which no builder that is there already follows. */
function needsNewBuilder(inputs: Inputs): string | undefined {
  const asked: readonly [string, boolean][] = [
    ['name', inputs.name !== ''],
    ['driver-opts', inputs.driverOpts.length > 0],
    ['buildkitd-flags', inputs.buildkitdFlags !== ''],
    ['buildkitd-config', inputs.buildkitdConfig !== ''],
    ['buildkitd-config-inline', inputs.buildkitdConfigInline !== ''],
    ['endpoint', inputs.endpoint !== ''],
    ['node-platforms', inputs.nodePlatforms.length > 0],
    ['append', inputs.append !== ''],
    ['keep-state', inputs.keepState]
  ]
  return asked.find(([, needed]) => needed)?.[0]
}

/**
 * Whether builds beside the running one make it run no step again, nor run any themselves: since BuildKit 0.32 (commit 12d4b6375 there; moby/buildkit#4674
 * before it, seen with 0.25). An unknown version counts as old.
 */
export function buildsBesideMain(buildkit: string | undefined): boolean {
  const [, major, minor] = /^v?(\d+)\.(\d+)\./.exec(buildkit ?? '') ?? []
  return Number(major) > 0 || Number(minor) >= 32
}

/**
 * Whether platforms that are built together are exported each by a build of its own. Of several nodes each would write the ref for its own
 * platforms, and the last one wins. One node with BuildKit 0.32 writes three platforms at once incompletely; one with 0.25 runs steps again where
 * it exports one platform of what it built for two (both seen).
 */
export function exportsApart({ buildkit, severalNodes }: Pick<BuilderFacts, 'buildkit' | 'severalNodes'>): boolean {
  return severalNodes === true || buildsBesideMain(buildkit)
}

/** The default of docker/setup-buildx-action: entitlements that a build must still ask for by `allow`. */
export const defaultFlags = '--allow-insecure-entitlement security.insecure --allow-insecure-entitlement network.host'

/** A builder that lives for one job collects no garbage: a step's result must still be there when its export starts. */
export const singleJobConfig = '[worker.oci]\n  gc = false\n[worker.containerd]\n  gc = false\n'

/**
 * `docker buildx create …`, booted at once where no nodes follow. `configFile` is the path of a buildkitd.toml, absent for remote builders;
 * `certificates` are options of the driver for TLS.
 */
export function createBuilderArgv(
  inputs: Inputs,
  name: string,
  driver: string,
  configFile: string | undefined,
  certificates: readonly string[] = []
): readonly string[] {
  const local = driver !== 'remote'
  return [
    'buildx',
    'create',
    ...(inputs.append === '' ? ['--bootstrap'] : []),
    `--name=${name}`,
    `--driver=${driver}`,
    ...[...onOnePod(driver, inputs.driverOpts), ...certificates].map(option => `--driver-opt=${option}`),
    ...(local ? [`--buildkitd-flags=${inputs.buildkitdFlags || defaultFlags}`] : []),
    ...(inputs.nodePlatforms.length > 0 ? [`--platform=${inputs.nodePlatforms.join(',')}`] : []),
    ...(configFile ? [`--buildkitd-config=${configFile}`] : []),
    ...(inputs.endpoint ? ['--', inputs.endpoint] : [])
  ]
}

/** `docker buildx use …`: later steps that name no builder get this one. */
export function useBuilderArgv(name: string): readonly string[] {
  return ['buildx', 'use', name]
}

/** Whether flags of the BuildKit daemon make it say more than it would. */
export function asksForDebugging(buildkitdFlags: string): boolean {
  return buildkitdFlags.includes('--debug')
}

/** `docker logs …` of a builder's first node, where it is a container (docker/buildx driver/docker-container). */
export function daemonLogArgv(name: string): readonly string[] {
  return ['logs', `buildx_buildkit_${name}0`]
}

/** `docker buildx stop …`: the next build starts it again, with what it holds. */
export function stopBuilderArgv(name: string): readonly string[] {
  return ['buildx', 'stop', name]
}

/** `docker buildx rm …` for a builder of ours, whatever state it is in; what it holds stays where the next builder of its name finds it. */
export function removeBuilderArgv(name: string, keepState = false): readonly string[] {
  return ['buildx', 'rm', '--force', ...(keepState ? ['--keep-state'] : []), name]
}
