import { BuildFailed, InputError, lastLine } from '../errors'
import type { Host } from '../host'
import { readMergeInputs } from '../inputs/merge-inputs'
import type { MergeInputs } from '../inputs/merge-inputs'
import { digestOfFile, inspectMergedArgv, mergeArgv, parseMerged } from '../plan/merge'
import { watchCancellation } from './cancellation'
import type { Cancellation } from './cancellation'

/** Seconds that one call of buildx may take: nothing is uploaded but the list itself. */
const mergeSeconds = 120

/**
 * merge/: one manifest list under all tags, of what the jobs of a matrix pushed. Throws InputError before anything was started, BuildFailed when
 * a platform is missing or the registry refuses.
 */
export async function runMerge(host: Host): Promise<void> {
  const { inputs, problems } = readMergeInputs(host.workflow.input)
  if (problems.length > 0) throw new InputError(problems)
  const digests = [...new Set([...inputs.digests, ...(await digestsIn(host, inputs.digestsPath))])]
  if (digests.length === 0)
    throw new InputError([`digests-path: ${inputs.digestsPath} has no file with a digest in it or as its name`])
  const merge = { ...inputs, digests }
  const run = newRunner(host, watchCancellation(host))

  if (inputs.platforms.length > 0) checkPlatforms(inputs, parseMerged(await run(mergeArgv(merge, true))).platforms)
  await run(mergeArgv(merge))
  const { digest, platforms } = parseMerged(await run(inspectMergedArgv(inputs.tags[0] ?? '')))
  host.log.info(`${inputs.tags.join(', ')}: ${digest} for ${platforms.join(', ')}`)
  host.workflow.setOutput('digest', digest)
  host.workflow.setOutput('platforms', platforms.join(','))
}

function newRunner(host: Host, cancellation: Cancellation): (argv: readonly string[]) => Promise<string> {
  return async argv => {
    const process = host.exec.start('docker', argv, { timeoutSeconds: mergeSeconds })
    const { exitCode, stdout, stderr, timedOut } = await cancellation.watch(process).result
    if (cancellation.requested() && exitCode !== 0)
      throw new BuildFailed('The job was cancelled before the image was merged.', 130)
    if (timedOut) throw new BuildFailed(`docker buildx imagetools was not done within ${mergeSeconds} s`, exitCode)
    if (exitCode !== 0)
      throw new BuildFailed(`docker buildx imagetools failed with: ${lastLine(stderr) || `exit code ${exitCode}`}`, exitCode)
    return stdout
  }
}

function checkPlatforms({ platforms }: MergeInputs, found: readonly string[]): void {
  const missing = platforms.filter(platform => !found.includes(platform))
  if (missing.length > 0)
    throw new BuildFailed(
      `platforms: nobody built ${missing.join(', ')}; there are ${found.join(', ') || 'none'}. Nothing was pushed`,
      1
    )
}

/** The digests of a directory, and of the directories in it, which is how artifacts of several jobs come. */
async function digestsIn(host: Host, directory: string): Promise<readonly string[]> {
  if (directory === '') return []
  const digestsOf = async (path: string, names: readonly string[]) =>
    Promise.all(names.map(async name => ({ name, digest: digestOfFile(name, (await readFile(host, `${path}/${name}`)) ?? '') })))
  const top = await digestsOf(directory, await host.files.list(directory))
  const below = await Promise.all(
    top
      .filter(({ digest }) => digest === undefined)
      .map(async ({ name }) => digestsOf(`${directory}/${name}`, await host.files.list(`${directory}/${name}`)))
  )
  return [...top, ...below.flat()].flatMap(({ digest }) => digest ?? [])
}

/** Undefined for a directory. */
async function readFile(host: Host, path: string): Promise<string | undefined> {
  try {
    return await host.files.read(path)
  } catch {
    return undefined
  }
}
