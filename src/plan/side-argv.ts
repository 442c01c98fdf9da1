import { formatCacheTo, formatCompression } from './cache-attrs'
import type { CachePlace, CacheToOptions, Compression } from './cache-attrs'
import { buildCommand, plannedImport } from './build-command'
import type { AnyBuild, BuildCommand, CommandShape } from './build-command'
import { optional, valued } from './flag-argv'

// Builds of our own, before, beside and after the main one.

export interface ExportBuild extends AnyBuild {
  /** Stage to export; empty for the last one where it has no name to target it by. */
  readonly target: string
  /** Path of a Dockerfile of our own making that takes the place of the input's. */
  readonly file?: string | undefined
  readonly exportTo: CachePlace
  readonly options: CacheToOptions
  /** The main build's import: without it the ref would lack the layers of stages that build had no need to load. */
  readonly importRef?: CachePlace | undefined
  readonly metadataFile?: string
  /** Have the stage's layers pulled into the builder, where an export alone would leave them where they are. */
  readonly pullLayers?: boolean
}

export interface PullBuild extends AnyBuild {
  readonly target: string
  readonly importRef: CachePlace
}

export interface AheadBuild extends AnyBuild {
  /** Path of a Dockerfile of our own making. */
  readonly file: string
  readonly importRef: CachePlace | undefined
  /** Have the layers of its last stage compressed, in this way. */
  readonly compress?: { readonly as: Compression | undefined }
}

/**
 * A build of one stage that only uploads what the builder holds: everything that is part of cache keys, so that every step is
 * found, and nothing that would run steps again or publish an image. One destination a build: with several, BuildKit gives the
 * last one's manifest to all of them (solver/llbsolver/export.go).
 */
export function exportArgv(build: ExportBuild): BuildCommand {
  return buildCommand(build, {
    own: build.metadataFile === undefined ? [] : valued('--metadata-file', build.metadataFile),
    // buildx would ask BuildKit for the provenance of the export only to put it into the file.
    env: { BUILDX_METADATA_PROVENANCE: 'disabled' },
    takes: row => row.partOfCacheKey,
    instead: {
      ...besideTheMainBuild(build, build.pullLayers ? pulled : 'type=cacheonly'),
      ...(build.file === undefined ? {} : { file: valued('--file', build.file) }),
      'cache-from': plannedImport(build),
      'cache-to': valued('--cache-to', formatCacheTo(build.exportTo, build.options))
    }
  })
}

/**
 * A build of one stage that pulls all its layers into the builder. The output makes BuildKit do so: with `type=cacheonly` the result stays
 * lazy and is let go when the build ends (field/buildkit.md §11).
 */
export function pullArgv(build: PullBuild): BuildCommand {
  return buildCommand(build, {
    own: [],
    takes: row => row.partOfCacheKey,
    instead: { ...besideTheMainBuild(build, pulled), 'cache-from': plannedImport(build) }
  })
}

/**
 * A build that puts into the builder what the main build is going to need, ahead of it or beside it. What it is asked for, if not
 * compressed layers, is in its Dockerfile.
 */
export function aheadArgv(build: AheadBuild): BuildCommand {
  const { file, compress } = build
  const output = compress ? [pulled, ...formatCompression(compress.as)].join(',') : 'type=cacheonly'
  return buildCommand(build, {
    own: [],
    takes: row => row.partOfCacheKey,
    instead: {
      ...besideTheMainBuild({ target: '' }, output),
      'cache-from': plannedImport(build),
      file: valued('--file', file)
    }
  })
}

/** An output that needs every layer, and leaves nothing behind. */
const pulled = 'type=oci,dest=/dev/null'

function besideTheMainBuild(build: { readonly target: string }, output: string): CommandShape['instead'] {
  return {
    target: optional('--target', build.target),
    outputs: valued('--output', output),
    provenance: ['--provenance=false'],
    sbom: ['--sbom=false']
  }
}
