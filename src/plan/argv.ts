import type { Inputs } from '../inputs'
import { writesFiles } from './build-attributes'
import { buildCommand, plannedImport, readsCache } from './build-command'
import type { AnyBuild, BuildCommand } from './build-command'
import type { CachePlace } from './cache-attrs'
import { valued } from './flag-argv'
import { attestationOf, provenanceOf } from './provenance'
import type { AttestedRun } from './provenance'

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

/** The build the user asked for: all flags, one planned import, no planned export (spec §5.3). */
export function mainBuildArgv(build: MainBuild): BuildCommand {
  const { inputs: asked, iidFile, metadataFile, attested, rebuildStages = asked.rebuildStages } = build
  const inputs = attested ? { ...asked, ...attestations(asked, attested) } : asked
  const cached = readsCache(inputs)
  return buildCommand(
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

/** Asks BuildKit for the stages of a Dockerfile that only it can read; the answer holds the text too (BuildKit frontend/subrequests/targets). */
export function targetsArgv(build: AnyBuild): BuildCommand {
  return buildCommand(build, {
    own: ['--call=targets,format=json'],
    takes: row => row.partOfCacheKey,
    instead: { platforms: [] }
  })
}

function attestations(
  inputs: Inputs,
  { run, ...builder }: NonNullable<MainBuild['attested']>
): Pick<Inputs, 'provenance' | 'attests'> {
  return {
    provenance: provenanceOf(inputs, run, builder),
    attests: inputs.attests.map(attestation => attestationOf(attestation, run))
  }
}

/** Each stage once; their names have no case. */
function distinct(stages: readonly string[]): readonly string[] {
  return stages.filter((stage, index) => stages.findIndex(other => other.toLowerCase() === stage.toLowerCase()) === index)
}
