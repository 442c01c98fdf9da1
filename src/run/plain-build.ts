import { BuildFailed, InputError } from '../errors'
import type { Host } from '../host'
import type { Inputs } from '../inputs'
import { mainBuildArgv } from '../plan/argv'
import { asksBuildKit as asks } from '../plan/builder'
import { parseAttestedRun } from '../plan/provenance'
import { buildFailureText } from '../report/failure'
import { renderPlainBuild } from '../report/plain-build'
import { stagesUnknown } from '../report/sentences-plain'
import { runBuild } from './build'
import type { BuildRun } from './build'
import { tellRecord, uploadBuildRecord } from './build-record'
import type { Builder } from './builder'
import type { Cancellation } from './cancellation'
import { readJobInputs } from './job-inputs'
import { parseDigest } from './metadata'
import { wantsSummary } from './wants-summary'

type BringUp = (inputs: Inputs) => Promise<Builder>

/** Whether this job asks BuildKit something instead of building. */
export function asksBuildKit(host: Host): boolean {
  return asks({ call: host.workflow.input('call').trim() })
}

/**
 * Input `call`: what BuildKit answers goes to the log, and its exit code is the step's. Throws InputError before anything was started, and
 * BuildFailed with what a check found.
 */
export async function callBuildKit(host: Host, cancellation: Cancellation, event: unknown, bringUp: BringUp): Promise<void> {
  const { inputs, problems } = await readJobInputs(host, event)
  if (problems.length > 0) throw new InputError(problems)
  const { run } = await build(host, cancellation, event, withoutExports(inputs), bringUp)
  if (run.exitCode === 0) return
  // The first line of a check says how much it found (docker/buildx commands/build.go, `printResult`).
  const found = inputs.call.startsWith('check') ? run.stdout.trim().split('\n')[0] : undefined
  throw new BuildFailed(found || buildFailureText(run.text, run.exitCode), run.exitCode)
}

/** The build without the caches of stages, where it cannot be known which stages there are. Throws BuildFailed when it failed. */
export async function buildWithoutPlan(host: Host, cancellation: Cancellation, event: unknown, bringUp: BringUp): Promise<void> {
  const { inputs } = await readJobInputs(host, event)
  host.log.warning(stagesUnknown)
  const { run, builder, metadata, digest } = await build(host, cancellation, event, inputs, bringUp)
  const record = await uploadBuildRecord(host, cancellation, { inputs, builder, run, metadata })
  tellRecord(host, record)
  const succeeded = run.exitCode === 0
  if (wantsSummary(host)) {
    const { tags } = inputs
    await host.workflow.appendSummary(
      renderPlainBuild({ why: stagesUnknown, tags, digest, record, ...(succeeded ? {} : { error: run.text }) })
    )
  }
  if (!succeeded) throw new BuildFailed(buildFailureText(run.text, run.exitCode), run.exitCode)
}

/** BuildKit would export the answer: with `push` an empty image takes the place of the one under the tag (seen with buildx 0.29). */
function withoutExports(inputs: Inputs): Inputs {
  return { ...inputs, push: false, load: false, outputs: [], cacheFrom: [], cacheTo: [] }
}

/** One build with the user's flags alone, and its outputs. */
async function build(
  host: Host,
  cancellation: Cancellation,
  event: unknown,
  inputs: Inputs,
  bringUp: BringUp
): Promise<{ readonly run: BuildRun; readonly builder: Builder; readonly metadata: string; readonly digest: string }> {
  for (const { value } of inputs.secrets) host.workflow.mask(value)
  const builder = await bringUp(inputs)
  const directory = await host.files.makeTemporary('build-')
  const files = { metadataFile: `${directory}/metadata.json`, iidFile: `${directory}/iid` }
  const attested = { run: parseAttestedRun(host.env, event), ...builder }
  const run = await runBuild(host, cancellation, mainBuildArgv({ inputs, builder: builder.name, attested, ...files }), {
    live: true
  })
  const [imageid = '', metadata = ''] = await Promise.all([host.files.read(files.iidFile), host.files.read(files.metadataFile)])
  const digest = parseDigest(metadata)
  const outputs = { imageid: imageid.trim(), digest, metadata, builder: builder.name }
  for (const [name, value] of Object.entries(outputs)) host.workflow.setOutput(name, value)
  return { run, builder, metadata, digest }
}
