import type { Inputs } from '../inputs'
import { writesFiles } from './build-attributes'
import { formatCacheFrom, formatCacheTo, formatCompression } from './cache-attrs'
import type { CachePlace, CacheToOptions, Compression } from './cache-attrs'
import { flagArgv, optional, secretEnvironment, valued } from './flag-argv'
import { buildFlags } from './flags'
import type { BuildFlagRow } from './flags'
import { attestationOf, provenanceOf } from './provenance'
import type { AttestedRun } from './provenance'

/** What to start docker with. The values of secrets are in `env` alone. */
export interface BuildCommand {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

interface AnyBuild {
  readonly inputs: Inputs
  /** Name of the builder; empty for the one docker would use by itself. */
  readonly builder: string
}

export interface MainBuild extends AnyBuild {
  /** The one ref to read beside the user's own `cache-from`; ignored when the inputs say to build without cache. */
  readonly importRef?: CachePlace | undefined
  /** Stages to rebuild; without it, those that `rebuild-stages` names. */
  readonly rebuildStages?: readonly string[]
  readonly metadataFile: string
  readonly iidFile: string
  /** For provenance; without it the inputs are passed on as they are. */
  readonly attested?: { readonly run: AttestedRun; readonly driver: string; readonly buildkit?: string }
}

export interface ExportBuild extends AnyBuild {
  /** Stage to export; empty for the last one where it has no name to target it by. */
  readonly target: string
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

/** False where the inputs say to build everything anew, so that no build of the job reads a planned ref. */
export function readsCache(inputs: Pick<Inputs, 'noCache' | 'rebuildCache'>): boolean {
  return !inputs.noCache && !inputs.rebuildCache
}

/** The build the user asked for: all flags, one planned import, no planned export (spec §5.3). */
export function mainBuildArgv(build: MainBuild): BuildCommand {
  const { inputs: asked, iidFile, metadataFile, attested, rebuildStages = asked.rebuildStages } = build
  const inputs = attested ? { ...asked, ...attestations(asked, attested) } : asked
  const cached = readsCache(inputs)
  return command(
    { ...build, inputs },
    {
      own: [
        ...(inputs.outputs.some(writesFiles) ? [] : valued('--iidfile', iidFile)),
        ...valued('--metadata-file', metadataFile)
      ],
      // So that output `metadata` has the warnings, as build-push-action's.
      env: { BUILDX_METADATA_WARNINGS: 'true' },
      takes: () => true,
      instead: {
        'cache-from': [...plannedImport(build), ...inputs.cacheFrom.flatMap(value => valued('--cache-from', value))],
        'no-cache': cached ? [] : ['--no-cache'],
        // buildx refuses both flags together, and --no-cache is the wider one.
        'no-cache-filters': cached
          ? distinct([...inputs.noCacheFilters, ...rebuildStages]).flatMap(stage => valued('--no-cache-filter', stage))
          : []
      }
    }
  )
}

/**
 * A build of one stage that only uploads what the builder holds: everything that is part of cache keys, so that every step is
 * found, and nothing that would run steps again or publish an image. One destination a build: with several, BuildKit gives the
 * last one's manifest to all of them (solver/llbsolver/export.go).
 */
export function exportArgv(build: ExportBuild): BuildCommand {
  return command(build, {
    own: build.metadataFile === undefined ? [] : valued('--metadata-file', build.metadataFile),
    // buildx would ask BuildKit for the provenance of the export only to put it into the file.
    env: { BUILDX_METADATA_PROVENANCE: 'disabled' },
    takes: row => row.partOfCacheKey,
    instead: {
      ...besideTheMainBuild(build, build.pullLayers ? pulled : 'type=cacheonly'),
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
  return command(build, {
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
  return command(build, {
    own: [],
    takes: row => row.partOfCacheKey,
    instead: {
      ...besideTheMainBuild({ target: '' }, output),
      'cache-from': plannedImport(build),
      file: valued('--file', file)
    }
  })
}

/** Asks BuildKit for the stages of a Dockerfile that only it can read; the answer holds the text too (BuildKit frontend/subrequests/targets). */
export function targetsArgv(build: AnyBuild): BuildCommand {
  return command(build, {
    own: ['--call=targets,format=json'],
    takes: row => row.partOfCacheKey,
    instead: { platforms: [] }
  })
}

/** An output that needs every layer, and leaves nothing behind. */
const pulled = 'type=oci,dest=/dev/null'

function attestations(
  inputs: Inputs,
  { run, ...builder }: NonNullable<MainBuild['attested']>
): Pick<Inputs, 'provenance' | 'attests'> {
  return {
    provenance: provenanceOf(inputs, run, builder),
    attests: inputs.attests.map(attestation => attestationOf(attestation, run))
  }
}

type InputName = BuildFlagRow['input']

interface Shape {
  /** Flags that no input stands for. */
  readonly own: readonly string[]
  readonly takes: (row: BuildFlagRow) => boolean
  readonly env?: Readonly<Record<string, string>>
  /** What to give in the place of an input's own flags. */
  readonly instead: Partial<Readonly<Record<InputName, readonly string[]>>>
}

function command(build: AnyBuild, { own, takes, instead, env }: Shape): BuildCommand {
  const { inputs } = build
  const replaced: Shape['instead'] = { ...instead, builder: optional('--builder', build.builder) }
  const flags = buildFlags.flatMap(row => replaced[row.input] ?? (takes(row) ? flagArgv(row, inputs) : []))
  return {
    argv: ['buildx', 'build', '--progress=rawjson', ...own, ...flags, positional(inputs.context)],
    env: { ...env, ...secretEnvironment(inputs) }
  }
}

function besideTheMainBuild(build: { readonly target: string }, output: string): Shape['instead'] {
  return {
    target: optional('--target', build.target),
    outputs: valued('--output', output),
    provenance: ['--provenance=false'],
    sbom: ['--sbom=false']
  }
}

function plannedImport({ inputs, importRef }: AnyBuild & { readonly importRef?: CachePlace | undefined }): readonly string[] {
  return importRef === undefined || !readsCache(inputs) ? [] : valued('--cache-from', formatCacheFrom(importRef))
}

/** The context is no flag's value: a directory `-x` is written `./-x`. (`-` alone, standard input, is refused with the inputs.) */
function positional(context: string): string {
  return context.startsWith('-') ? `./${context}` : context
}

/** Each stage once; their names have no case. */
function distinct(stages: readonly string[]): readonly string[] {
  return stages.filter((stage, index) => stages.findIndex(other => other.toLowerCase() === stage.toLowerCase()) === index)
}
