import { BuildFailed, lastLine } from '../errors'
import type { Host } from '../host'
import type { Inputs } from '../inputs'
import {
  automaticArguments,
  buildKitFlags,
  cacheImages,
  dockerBuildArgv,
  isCacheTrouble,
  needsBuildKit,
  parsePushedDigest,
  pullImageArgv,
  pushImageArgv
} from '../plan/docker-build'
import { displayArgv, givenBuildArguments } from '../plan/display-argv'
import { hideValues } from '../progress/hidden-values'
import { renderPlainBuild } from '../report/plain-build'
import { withoutBuildx, withoutBuildxRefused } from '../report/sentences-plain'
import type { Cancellation } from './cancellation'
import { findDockerfile } from './prepare'
import { withSummary } from './refusal'
import { wantsSummary } from './wants-summary'

/** What docker came to; values of build arguments are hidden. */
interface Ran {
  readonly exitCode: number
  readonly said: string
  readonly error: string
}

/** Seconds that fetching one image for its layers may take. */
const pullSeconds = 300

/**
 * `docker build` without BuildKit, and `docker push`: outputs `imageid` and `digest`. Throws BuildFailed when that fails, and where the inputs
 * or the Dockerfile ask for what only BuildKit can do: another image than asked for is never made.
 */
export async function buildWithoutBuildx(host: Host, cancellation: Cancellation, inputs: Inputs): Promise<void> {
  const refused = needsBuildKit(inputs)
  const impossible = refused.length > 0 ? refused : await onlyBuildKitReads(host, inputs)
  if (impossible.length > 0) {
    await withSummary(host, cancellation, Promise.reject(new BuildFailed(withoutBuildxRefused(impossible), 1)))
  }
  host.log.warning(withoutBuildx)
  const hide = hideValues(Object.entries(givenBuildArguments(dockerBuildArgv(inputs, '', []), host.env)))
  const run = async (argv: readonly string[]): Promise<Ran> => {
    host.log.debug(displayArgv('docker', argv))
    let said = ''
    const process = host.exec.start('docker', argv, {
      // Without this a job that sets it to 1 is refused.
      env: { DOCKER_BUILDKIT: '0' },
      onStdout(chunk) {
        said += chunk
        host.log.info(hide(chunk.trimEnd()))
      },
      onStderrLine: line => host.log.info(hide(line)),
      ...(argv[0] === 'pull' ? { timeoutSeconds: pullSeconds } : {})
    })
    const { exitCode, stderr } = await cancellation.watch(process).result
    return { exitCode, said: hide(said), error: hide(stderr) }
  }
  const images = await pulled(inputs, run)
  const iidFile = `${await host.files.makeTemporary('build-')}/iid`
  let built = await run(dockerBuildArgv(inputs, iidFile, images))
  if (built.exitCode !== 0 && isCacheTrouble(built.error)) {
    host.log.info('The layers of earlier images cannot be used: building once more without them')
    built = await run(dockerBuildArgv(inputs, iidFile, []))
  }
  let failed = built.exitCode === 0 ? undefined : built
  let digest = ''
  for (const tag of inputs.push && !failed ? inputs.tags : []) {
    const pushed = await run(pushImageArgv(tag))
    digest ||= parsePushedDigest(pushed.said)
    if (pushed.exitCode !== 0) failed ??= pushed
  }
  host.workflow.setOutput('imageid', (await host.files.read(iidFile))?.trim() ?? '')
  host.workflow.setOutput('digest', digest)
  const error = failed && `${failed.said.slice(-4000)}\n${failed.error}`
  if (wantsSummary(host)) {
    const image = { tags: inputs.tags, digest }
    await host.workflow.appendSummary(
      renderPlainBuild({ why: withoutBuildx, ...image, ...(error === undefined ? {} : { error }) })
    )
  }
  if (failed)
    throw new BuildFailed(`docker failed with: ${lastLine(failed.error) || `exit code ${failed.exitCode}`}`, failed.exitCode)
}

/** What is beside and in the Dockerfile that docker by itself leaves unread: of the ignore files it knows the context's own alone. */
async function onlyBuildKitReads(host: Host, inputs: Inputs): Promise<readonly string[]> {
  const path = await findDockerfile(host, inputs)
  const ignoring = `${path}.dockerignore`
  const text = (await host.files.read(path)) ?? ''
  return [...((await host.files.exists(ignoring)) ? [ignoring] : []), ...buildKitFlags(text), ...automaticArguments(text)]
}

/** The images that may serve as a cache and are there: without BuildKit their layers have to be in the engine. */
async function pulled(inputs: Inputs, run: (argv: readonly string[]) => Promise<Ran>): Promise<readonly string[]> {
  const images = cacheImages(inputs)
  const results = await Promise.all(images.map(image => run(pullImageArgv(image))))
  return images.filter((_, index) => results[index]?.exitCode === 0)
}
