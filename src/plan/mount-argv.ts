import type { Inputs } from '../inputs'
import { buildCommand, plannedImport } from './build-command'
import type { BuildCommand } from './build-command'
import { formatAttributes } from './cache-attrs'
import type { CachePlace } from './cache-attrs'
import { optional, valued } from './flag-argv'
import { archivesContext, idArgument } from './mount-builds'
import type { BuiltMount } from './mount-builds'

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

/** The same for mounts with `from`: a build of the user's Dockerfile with our stages behind, which reads the main build's import. */
export function basedMountArgv(
  mounts: readonly BuiltMount[],
  places: Pick<MountBuildPlaces, 'builder' | 'file' | 'context' | 'output'>,
  { inputs, importRef }: { readonly inputs: Inputs; readonly importRef: CachePlace | undefined }
): BuildCommand {
  const ids = idsOf(mounts)
  return buildCommand(
    { inputs, builder: places.builder },
    {
      own: [
        ...valued('--build-context', `${archivesContext}=${places.context}`),
        ...Object.keys(ids).flatMap(value => valued('--build-arg', value))
      ],
      env: { BUILDX_METADATA_PROVENANCE: 'disabled', ...ids },
      takes: row => row.partOfCacheKey,
      instead: {
        target: [],
        outputs: valued('--output', localOutput(places.output)),
        provenance: ['--provenance=false'],
        sbom: ['--sbom=false'],
        'cache-from': plannedImport({ inputs, builder: places.builder, importRef }),
        file: valued('--file', places.file)
      }
    }
  )
}

/** `docker buildx build` of one of these Dockerfiles: no cache is read or written. Ids are in the environment alone. */
export function mountBuildArgv(mounts: readonly BuiltMount[], places: MountBuildPlaces): BuildCommand {
  const namespace = places.buildArgs[namespaceArgument]
  const given = Object.entries({
    ...(namespace === undefined ? {} : { [namespaceArgument]: namespace }),
    ...Object.assign({}, ...mounts.map(({ environment }) => environment?.given))
  } as Record<string, string>)
  const ids = idsOf(mounts)
  return {
    argv: [
      'buildx',
      'build',
      '--progress=rawjson',
      ...optional('--builder', places.builder),
      ...valued('--file', places.file),
      ...valued('--output', localOutput(places.output)),
      ...optional('--platform', places.platform),
      '--provenance=false',
      '--sbom=false',
      ...[...given.map(pair => pair.join('=')), ...Object.keys(ids)].flatMap(value => valued('--build-arg', value)),
      places.context
    ],
    env: { ...ids, BUILDX_METADATA_PROVENANCE: 'disabled' }
  }
}

function idsOf(mounts: readonly BuiltMount[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    mounts.flatMap(({ mount, environment }, position) => (environment ? [] : [[idArgument(position), mount.id] as const]))
  )
}

function localOutput(directory: string): string {
  return formatAttributes([
    ['type', 'local'],
    ['dest', directory]
  ])
}

/** Sets apart the cache mounts of builds that share a builder (moby/buildkit frontend/dockerui/config.go). */
export const namespaceArgument = 'BUILDKIT_CACHE_MOUNT_NS'

/** A command that frees what a builder keeps of contexts: of archives that could not be unpacked, too. */
export function pruneContextsArgv(builder: string): readonly string[] {
  return ['buildx', 'prune', ...optional('--builder', builder), '--force', '--filter', 'type=source.local']
}
