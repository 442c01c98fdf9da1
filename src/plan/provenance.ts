import type { Inputs } from '../inputs'
import { hasAttestationType, hasOutputType, parseFields } from './build-attributes'

/** What of a run goes into provenance, and decides how much of it there is. */
export interface AttestedRun {
  /** Address of this attempt of the run; empty outside GitHub. */
  readonly builderId: string
  readonly privateRepository: boolean
  /** BUILDX_NO_DEFAULT_ATTESTATIONS is not set. */
  readonly attestsByDefault: boolean
}

/** Takes the job's environment and the parsed file at GITHUB_EVENT_PATH, of any shape. */
export function parseAttestedRun(env: Readonly<Record<string, string | undefined>>, payload: unknown): AttestedRun {
  const { GITHUB_SERVER_URL: server = 'https://github.com', GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env
  const url = `${server}/${repository}/actions/runs/${run}/attempts/${env.GITHUB_RUN_ATTEMPT ?? 1}`
  return {
    builderId: repository && run ? url : '',
    privateRepository: (payload as { repository?: { private?: unknown } | null } | undefined)?.repository?.private === true,
    attestsByDefault: !/^(?:1|t|T|TRUE|true|True)$/.test(env.BUILDX_NO_DEFAULT_ATTESTATIONS ?? '')
  }
}

/**
 * Input `provenance` as the value of `--attest type=provenance,…`, as docker/build-push-action gives it (its src/context.ts): with the run as
 * builder, and where nothing is asked for as much as the repository's visibility allows. Empty: nothing is asked of buildx, which has
 * a default of its own. `buildkit` is the version of the daemon that builds, `driver` the builder's.
 */
export function provenanceOf(
  inputs: Pick<Inputs, 'provenance' | 'attests' | 'load' | 'outputs'>,
  run: AttestedRun,
  { driver, buildkit }: { readonly driver: string; readonly buildkit?: string }
): string {
  const { provenance } = inputs
  if (/^(true|True|TRUE)$/.test(provenance)) return run.builderId === '' ? 'true' : `builder-id=${run.builderId}`
  if (/^(false|False|FALSE)$/.test(provenance)) return 'false'
  if (provenance !== '') return withBuilder(provenance, run)
  const unasked =
    run.attestsByDefault &&
    attests(driver, buildkit) &&
    !inputs.attests.some(attestation => hasAttestationType('provenance', attestation)) &&
    // An image with attestations is an index, which Docker's own store may not take.
    !(inputs.load || inputs.outputs.some(output => hasOutputType('docker', output)))
  if (!unasked) return ''
  return withBuilder(run.privateRepository ? 'mode=min,inline-only=true' : 'mode=max', run)
}

/** An entry of `attests` with the run as builder where it is one of provenance. */
export function attestationOf(attestation: string, run: AttestedRun): string {
  return hasAttestationType('provenance', attestation) ? withBuilder(attestation, run) : attestation
}

/** Whether a builder can be asked for more than buildx asks for by itself: BuildKit 0.11; Docker's own calls itself `…-moby` where it can. */
function attests(driver: string, buildkit = ''): boolean {
  const [, major, minor, moby] = /^v?(\d+)\.(\d+)\.\d+(-moby)?$/.exec(buildkit) ?? []
  return (Number(major) > 0 || Number(minor) >= 11) && (driver !== 'docker' || moby !== undefined)
}

function withBuilder(attributes: string, { builderId }: AttestedRun): string {
  const named = (parseFields(attributes) ?? []).some(field => /^builder-id\s*=/.test(field))
  return named || builderId === '' ? attributes : `${attributes},builder-id=${builderId}`
}
