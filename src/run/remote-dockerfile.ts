import type { Host } from '../host'
import type { Inputs } from '../inputs'
import { targetsArgv } from '../plan/argv'
import { buildError } from '../report/failure'
import { runBuild } from './build'
import type { Cancellation } from './cancellation'

/** Seconds that fetching a repository and reading its Dockerfile may take. */
const readSeconds = 300

/** The text of a Dockerfile that BuildKit fetches; undefined where it cannot be had, which the log says. */
export async function readRemoteDockerfile(
  host: Host,
  cancellation: Cancellation,
  inputs: Inputs,
  builder: string
): Promise<string | undefined> {
  const run = await runBuild(host, cancellation, targetsArgv({ inputs, builder }), { live: false, timeoutSeconds: readSeconds })
  const source = run.exitCode === 0 ? parseSource(run.stdout) : undefined
  if (source === undefined) {
    host.log.info(`The stages of the remote Dockerfile are not known: ${buildError(run.text, run.exitCode)}`)
  }
  return source
}

/** `sources` of what BuildKit answers: texts in base64, the Dockerfile first. */
function parseSource(answer: string): string | undefined {
  try {
    const { sources } = JSON.parse(answer) as { readonly sources?: readonly string[] }
    return sources?.[0] === undefined ? undefined : Buffer.from(sources[0], 'base64').toString('utf8')
  } catch {
    return undefined
  }
}
