import { quoteField } from './cache-attrs'
import type { KeptMount } from './cache-mounts'
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

export type BuiltMount = Pick<KeptMount, 'mount' | 'environment' | 'base'>

/** Names of the directories that a mount's scripts leave, in the order of the mounts. */
export function mountDirectory(position: number): string {
  return `${position}`
}

/** Names of the archives in the context of the build that fills the mounts. */
export function archiveName(position: number): string {
  return `${position}.tar`
}

export interface FilledMount extends BuiltMount {
  /** Digest that the content had when it was packed. */
  readonly digest: string
}

/** A Dockerfile whose build fills each mount from its archive in the context; in that of the archives, for mounts with `from`. */
export function fillDockerfile(build: Omit<MountBuild, 'mounts'>, filled: readonly FilledMount[]): string {
  return mountDockerfile({ ...build, mounts: filled }, position => {
    const { base, digest } = filled[position] ?? { digest: '' }
    const source = `${base ? `from=${archivesContext},` : ''}source=${archiveName(position)}`
    return {
      mounts: [`type=bind,${source},target=${mountPlaces.archive}`],
      script: fillScript,
      // Without a digest of what it started from it fits nothing.
      values: [nameOf(build, position), base ? (digest.split('-')[1] ?? 'none') : '']
    }
  })
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
    values: [`${mostBytes}`, packed[position]?.digest ?? '', nameOf(build, position), packed[position]?.base ? 'based' : '']
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

/** What the names of our stages begin with, and the name of the context with the archives: not those of a user's stage. */
const ownPrefix = 'stage-cache-build-'
export const archivesContext = `${ownPrefix}archives`

/** Whether a vertex, by its name, is a step of these Dockerfiles: none of the user's. */
export function isMountStep(vertexName: string): boolean {
  return vertexName.includes(`${ownPrefix}mount`)
}

/**
 * One stage for each mount: a step that held several under lock could wait for another job's that holds them the other way round. All
 * are mounted locked, whatever the user's steps say, since a mount that is in use would else be a second, empty one (mounts.go,
 * getRefCacheDirNoCache); how a mount is shared is no part of its key. Ids come as build arguments, so that nothing in their text is
 * syntax; one that only the base image can tell is left to BuildKit, on that very image. Where mounts have `from`, these stages go behind
 * the user's own: what a stage leaves is another for BuildKit in each Dockerfile that says it differently.
 */
function mountDockerfile({ image, mounts }: MountBuild, stepOf: (position: number) => MountStep): string {
  const stages = mounts.map(({ mount, environment, base }, position) => {
    const { mounts: others, script, values } = stepOf(position)
    const { owner } = mount
    const id = environment ? flagWord(quoteField(`id=${mount.shown}`)) : `id=$${idArgument(position)}`
    const owned = owner ? [`uid=${owner.uid}`, `gid=${owner.gid}`, `mode=0${owner.mode.toString(8)}`] : []
    const from = base ? [`from=${mount.from}`, `source=${mount.source}`] : []
    const cache = ['type=cache', id, `target=${mountPlaces.mount}`, 'sharing=locked', ...owned, ...from].join(',')
    const start = base ? [['type=bind', ...from, `target=${mountPlaces.base}`].join(',')] : []
    const flags = [cache, ...start, ...others].map(value => `--mount=${value}`).join(' ')
    return [...stageOf(environment, position), `RUN ${flags} ${JSON.stringify(['sh', '-c', script, 'sh', ...values])}`]
  })
  return [
    ...new Set(mounts.flatMap(({ environment }) => environment?.globals ?? [])),
    `FROM --platform=$BUILDPLATFORM ${image} AS ${ownPrefix}tools`,
    'USER 0',
    ...stages.flat(),
    'FROM scratch',
    ...mounts.map((_, position) => `COPY --from=${ownPrefix}mount${position} ${mountPlaces.out} /${mountDirectory(position)}`),
    ''
  ].join('\n')
}

/** What a mount's step stands on: the image with the tools, or the step's own with what sets the variables there. */
function stageOf(environment: MountEnvironment | undefined, position: number): readonly string[] {
  if (!environment) return [`FROM ${ownPrefix}tools AS ${ownPrefix}mount${position}`, `ARG ${idArgument(position)}`]
  const { image, stages } = environment
  const last = stages.length - 1
  const stageName = (at: number) => (at === last ? `${ownPrefix}mount${position}` : `environment${position}-${at}`)
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

/** Build argument with the id of a mount. */
export function idArgument(position: number): string {
  return `STAGE_CACHE_MOUNT_${position}`
}
