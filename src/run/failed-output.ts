import type { Host } from '../host'
import { renderFailed } from '../progress/failed-vertex'
import { hideValues } from '../progress/hidden-values'
import type { BuildRun } from './build'
import type { Preparation } from './prepare'

/**
 * The end of what the steps wrote that failed, as lines, in which no secret of the inputs and no build argument is to be read: the report may be kept anywhere, and what
 * steps print is theirs. Empty where they wrote nothing.
 */
export async function outputOfFailed(
  { env, files }: Pick<Host, 'env' | 'files'>,
  { failed }: Pick<BuildRun, 'failed'>,
  { inputs, buildArgs }: Pick<Preparation, 'inputs' | 'buildArgs'>
): Promise<readonly string[]> {
  const wrote = failed.filter(({ tail }) => tail.length > 0)
  if (wrote.length === 0) return []
  const inFiles = inputs.secretFiles.map(async ({ id, path }) => [id, (await files.read(path).catch(() => '')) ?? ''] as const)
  const hide = hideValues([
    ...Object.entries(buildArgs),
    ...inputs.secrets.map(({ id, value }) => [id, value] as const),
    ...inputs.secretEnvs.map(({ id, env: name }) => [id, env[name] ?? ''] as const),
    ...(await Promise.all(inFiles))
  ])
  return wrote.flatMap(vertex => renderFailed(vertex, hide))
}
