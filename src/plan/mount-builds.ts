import type { CacheMount } from '../dockerfile/cache-mount'
import type { BuildCommand } from './argv'
import { formatAttributes } from './cache-attrs'
import { optional, valued } from './flag-argv'
import { fillScript, mountPlaces, packScript } from './mount-scripts'

/** A small build of ours that mounts cache mounts just as the user's steps do. */
export interface MountBuild {
  /** Image that the scripts run in. */
  readonly image: string
  /** Random; no build ever is served from another's cache. */
  readonly jobId: string
  readonly mounts: readonly CacheMount[]
}

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
    values: [build.jobId]
  }))
}

export interface PackedMount {
  readonly mount: CacheMount
  /** Digest of the content that is saved already; empty where none is. */
  readonly digest: string
}

/** A Dockerfile whose build packs each mount, and leaves those that changed. */
export function packDockerfile(build: Omit<MountBuild, 'mounts'>, packed: readonly PackedMount[], mostBytes: number): string {
  return mountDockerfile({ ...build, mounts: packed.map(({ mount }) => mount) }, position => ({
    mounts: [],
    script: packScript,
    values: [`${mostBytes}`, packed[position]?.digest ?? '', build.jobId]
  }))
}

interface MountStep {
  readonly mounts: readonly string[]
  readonly script: string
  readonly values: readonly string[]
}

/**
 * One stage for each mount: a step that held several under lock could wait for another job's that holds them the other way round. All
 * are mounted locked, whatever the user's steps say, since a mount that is in use would else be a second, empty one (mounts.go,
 * getRefCacheDirNoCache); how a mount is shared is no part of its key. Ids come as build arguments: nothing in their text is syntax then.
 */
function mountDockerfile({ image, mounts }: MountBuild, stepOf: (position: number) => MountStep): string {
  const stages = mounts.map((mount, position) => {
    const { mounts: others, script, values } = stepOf(position)
    const id = idArgument(position)
    const { owner } = mount
    const owned = owner ? [`uid=${owner.uid}`, `gid=${owner.gid}`, `mode=0${owner.mode.toString(8)}`] : []
    const cache = ['type=cache', `id=$${id}`, `target=${mountPlaces.mount}`, 'sharing=locked', ...owned].join(',')
    const flags = ['--network=none', ...[cache, ...others].map(value => `--mount=${value}`)].join(' ')
    return [
      `FROM tools AS mount${position}`,
      `ARG ${id}`,
      `RUN ${flags} ${JSON.stringify(['sh', '-c', script, 'sh', ...values])}`
    ]
  })
  return [
    `FROM --platform=$BUILDPLATFORM ${image} AS tools`,
    'USER 0',
    ...stages.flat(),
    'FROM scratch',
    ...mounts.map((_, position) => `COPY --from=mount${position} ${mountPlaces.out} /${mountDirectory(position)}`),
    ''
  ].join('\n')
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
  /** Build argument BUILDKIT_CACHE_MOUNT_NS; empty where there is none. */
  readonly namespace: string
}

/** `docker buildx build` of one of these Dockerfiles: no cache is read or written. Ids are in the environment alone. */
export function mountBuildArgv(mounts: readonly CacheMount[], places: MountBuildPlaces): BuildCommand {
  const ids = mounts.map(({ id }, position) => [idArgument(position), id] as const)
  return {
    argv: [
      'buildx',
      'build',
      '--progress=rawjson',
      ...optional('--builder', places.builder),
      ...valued('--file', places.file),
      ...valued(
        '--output',
        formatAttributes([
          ['type', 'local'],
          ['dest', places.output]
        ])
      ),
      '--provenance=false',
      '--sbom=false',
      ...[...(places.namespace === '' ? [] : [namespaceArgument]), ...ids.map(([name]) => name)].flatMap(name =>
        valued('--build-arg', name)
      ),
      places.context
    ],
    env: {
      BUILDX_METADATA_PROVENANCE: 'disabled',
      ...(places.namespace === '' ? {} : { [namespaceArgument]: places.namespace }),
      ...Object.fromEntries(ids)
    }
  }
}

/** Sets apart the cache mounts of builds that share a builder (moby/buildkit frontend/dockerui/config.go). */
export const namespaceArgument = 'BUILDKIT_CACHE_MOUNT_NS'
