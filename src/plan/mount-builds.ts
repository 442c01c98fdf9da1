import type { BuildCommand } from './build-command'
import { formatAttributes, quoteField } from './cache-attrs'
import type { KeptMount } from './cache-mounts'
import { optional, valued } from './flag-argv'
import type { MountEnvironment } from './mount-environment'
import { fillScript, mountPlaces, packScript } from './mount-scripts'

/** A small build of ours that mounts cache mounts just as the user's steps do. */
export interface MountBuild {
  /** Image that the scripts run in. */
  readonly image: string
  /** Random; no build ever is served from another's cache. */
  readonly jobId: string
  readonly mounts: readonly BuiltMount[]
}

export type BuiltMount = Pick<KeptMount, 'mount' | 'environment'>

/** Names of the directories that a mount's scripts leave, in the order of the mounts. */
export function mountDirectory(position: number): string {
  return `${position}`
}

/** Names of the archives in the context of the build that fills the mounts. */
export function archiveName(position: number): string {
  return `${position}.tar`
}

/** A Dockerfile whose build fills each mount from its archive in the context. */
export function fillDockerfile(build: MountBuild): string {
  return mountDockerfile(build, position => ({
    mounts: [`type=bind,source=${archiveName(position)},target=${mountPlaces.archive}`],
    script: fillScript,
    values: [nameOf(build, position)]
  }))
}

export interface PackedMount extends BuiltMount {
  /** Digest of the content that is saved already; empty where none is. */
  readonly digest: string
}

/** A Dockerfile whose build packs each mount, and leaves those that changed. */
export function packDockerfile(build: Omit<MountBuild, 'mounts'>, packed: readonly PackedMount[], mostBytes: number): string {
  return mountDockerfile({ ...build, mounts: packed }, position => ({
    mounts: [],
    script: packScript,
    values: [`${mostBytes}`, packed[position]?.digest ?? '', nameOf(build, position)]
  }))
}

/** Tells a step from every other of this and other jobs: steps whose text is the same run once, whatever mounts they have. */
function nameOf({ jobId }: Pick<MountBuild, 'jobId'>, position: number): string {
  return `${jobId}-${position}`
}

interface MountStep {
  readonly mounts: readonly string[]
  readonly script: string
  readonly values: readonly string[]
}

/**
 * One stage for each mount: a step that held several under lock could wait for another job's that holds them the other way round. All
 * are mounted locked, whatever the user's steps say, since a mount that is in use would else be a second, empty one (mounts.go,
 * getRefCacheDirNoCache); how a mount is shared is no part of its key. Ids come as build arguments, so that nothing in their text is
 * syntax; one that only the base image can tell is left to BuildKit, on that very image.
 */
function mountDockerfile({ image, mounts }: MountBuild, stepOf: (position: number) => MountStep): string {
  const stages = mounts.map(({ mount, environment }, position) => {
    const { mounts: others, script, values } = stepOf(position)
    const { owner } = mount
    const id = environment ? flagWord(quoteField(`id=${mount.shown}`)) : `id=$${idArgument(position)}`
    const owned = owner ? [`uid=${owner.uid}`, `gid=${owner.gid}`, `mode=0${owner.mode.toString(8)}`] : []
    const cache = ['type=cache', id, `target=${mountPlaces.mount}`, 'sharing=locked', ...owned].join(',')
    const flags = [cache, ...others].map(value => `--mount=${value}`).join(' ')
    return [...stageOf(environment, position), `RUN ${flags} ${JSON.stringify(['sh', '-c', script, 'sh', ...values])}`]
  })
  return [
    ...new Set(mounts.flatMap(({ environment }) => environment?.globals ?? [])),
    `FROM --platform=$BUILDPLATFORM ${image} AS tools`,
    'USER 0',
    ...stages.flat(),
    'FROM scratch',
    ...mounts.map((_, position) => `COPY --from=mount${position} ${mountPlaces.out} /${mountDirectory(position)}`),
    ''
  ].join('\n')
}

/** What a mount's step stands on: the image with the tools, or the step's own with what sets the variables there. */
function stageOf(environment: MountEnvironment | undefined, position: number): readonly string[] {
  if (!environment) return [`FROM tools AS mount${position}`, `ARG ${idArgument(position)}`]
  const { image, stages } = environment
  const last = stages.length - 1
  const stageName = (at: number) => (at === last ? `mount${position}` : `environment${position}-${at}`)
  const lines = stages.flatMap((settings, at) => {
    const from = at === 0 ? `--platform=$BUILDPLATFORM ${image}` : stageName(at - 1)
    return [`FROM ${from} AS ${stageName(at)}`, ...settings]
  })
  return [...lines, 'USER 0']
}

/** A text that the parser of flags takes for one word (moby/buildkit frontend/dockerfile/parser/split_command.go). */
function flagWord(text: string): string {
  return text.replace(/[\\"'\s]/g, '\\$&')
}

function idArgument(position: number): string {
  return `STAGE_CACHE_MOUNT_${position}`
}

export interface MountBuildPlaces {
  /** Name of the builder; empty for the one docker would use by itself. */
  readonly builder: string
  readonly file: string
  /** The archives to fill the mounts from, or an empty directory. */
  readonly context: string
  /** What the scripts leave goes here. */
  readonly output: string
  /** The one platform that is built for, whose node of the builder has the mounts; empty for several. */
  readonly platform: string
  /** The user's build arguments: the namespace of cache mounts may be one. */
  readonly buildArgs: Readonly<Record<string, string>>
}

/** `docker buildx build` of one of these Dockerfiles: no cache is read or written. Ids are in the environment alone. */
export function mountBuildArgv(mounts: readonly BuiltMount[], places: MountBuildPlaces): BuildCommand {
  const namespace = places.buildArgs[namespaceArgument]
  const given = Object.entries({
    ...(namespace === undefined ? {} : { [namespaceArgument]: namespace }),
    ...Object.assign({}, ...mounts.map(({ environment }) => environment?.given))
  } as Record<string, string>)
  const ids = Object.fromEntries(
    mounts.flatMap(({ mount, environment }, position) => (environment ? [] : [[idArgument(position), mount.id] as const]))
  )
  const output = formatAttributes([
    ['type', 'local'],
    ['dest', places.output]
  ])
  return {
    argv: [
      'buildx',
      'build',
      '--progress=rawjson',
      ...optional('--builder', places.builder),
      ...valued('--file', places.file),
      ...valued('--output', output),
      ...optional('--platform', places.platform),
      '--provenance=false',
      '--sbom=false',
      ...[...given.map(pair => pair.join('=')), ...Object.keys(ids)].flatMap(value => valued('--build-arg', value)),
      places.context
    ],
    env: { ...ids, BUILDX_METADATA_PROVENANCE: 'disabled' }
  }
}

/** Sets apart the cache mounts of builds that share a builder (moby/buildkit frontend/dockerui/config.go). */
export const namespaceArgument = 'BUILDKIT_CACHE_MOUNT_NS'
