import { BuildFailed, lastLine, messageOf } from '../errors'
import type { LeftBuildx } from '../handover'
import type { Host } from '../host'
import {
  buildBuildxArgv,
  buildxRepository,
  buildxSource,
  buildxUrl,
  keptBuildx,
  parseBuildxVersion,
  parseRemoteCommit,
  releaseVersion,
  remoteCommitArgv
} from '../plan/buildx'
import type { KeptBuildx } from '../plan/buildx'
import { hideCredentials } from '../signed-urls'
import type { Cancellation } from './cancellation'

/** Seconds that a list of releases or refs, GitHub's cache, a program, and building one may take. */
const listSeconds = 20
const restoreSeconds = 60
const downloadSeconds = 180
const buildSeconds = 900

/** As docker/setup-buildx-action calls them in the tool cache. */
const released = 'buildx-dl-bin'
const built = 'buildx-build-bin'
const program = 'docker-buildx'

export interface BuildxRequest {
  /** A release, `latest`, `edge`, or a repository. */
  readonly version: string
  /** Look for it in GitHub's cache; called with what the post step is to save there. */
  readonly keep: ((left: LeftBuildx) => void) | undefined
}

/**
 * Makes a version of buildx docker's plugin for this user, as docker/setup-buildx-action does. What is there already, in the runner's
 * tool cache or in GitHub's cache is not downloaded. Throws BuildFailed where it cannot be had.
 */
export async function installBuildx(host: Host, cancellation: Cancellation, request: BuildxRequest): Promise<void> {
  const { version } = request
  const plugins = `${host.env['DOCKER_CONFIG'] || `${host.env['HOME'] ?? ''}/.docker`}/cli-plugins`
  try {
    const path = /^https?:/.test(version)
      ? await buildFrom(host, cancellation, request, plugins)
      : await findRelease(host, cancellation, request, plugins)
    if (path === undefined) return
    await host.tools.install(path, `${plugins}/${program}`)
    host.log.info(hideCredentials(`buildx ${version} installed in ${plugins}`))
  } catch (error) {
    // The mirror's URL may have some in it too.
    throw new BuildFailed(hideCredentials(`buildx-version: ${version} cannot be had: ${messageOf(error)}`), 1)
  }
}

/** Saves what `installBuildx` left. Throws where it cannot be saved. */
export async function saveBuildx({ files, actionsCache }: Host, { key, directory, path }: LeftBuildx): Promise<void> {
  await files.makeDirectory(directory)
  try {
    await files.link(path, `${directory}/${program}`)
    await actionsCache.save(directory, key, restoreSeconds)
  } finally {
    await files.remove(directory)
  }
}

/** Path of a release's program; undefined where docker has that version. */
async function findRelease(
  host: Host,
  cancellation: Cancellation,
  { version: name, keep }: BuildxRequest,
  plugins: string
): Promise<string | undefined> {
  const source = buildxSource(host.env)
  const named = name === 'latest' || name === 'edge'
  const version = named ? releaseVersion(await host.tools.text(source.releases, listSeconds), name) : name.replace(/^v/, '')
  if (version === undefined) throw new Error(`${source.releases} does not name it`)
  const { stdout } = await cancellation.watch(host.exec.start('docker', ['buildx', 'version'])).result
  if (parseBuildxVersion(stdout) === version) return undefined
  const kept = keptBuildx(plugins, released, version, host.platform)
  return found(host, { tool: released, version, kept, keep }, () =>
    host.tools.download(buildxUrl(source, version, host.platform), released, version, program, downloadSeconds)
  )
}

async function buildFrom(
  host: Host,
  cancellation: Cancellation,
  { version: repository, keep }: BuildxRequest,
  plugins: string
): Promise<string> {
  const build = async () => {
    const directory = await host.files.makeTemporary('buildx-')
    const running = host.exec.start('docker', buildBuildxArgv(repository, directory), { timeoutSeconds: buildSeconds })
    const { exitCode, stderr } = await cancellation.watch(running).result
    if (exitCode !== 0) throw new Error(lastLine(stderr) || `exit code ${exitCode}`)
    return `${directory}/buildx`
  }
  const commit = keep && (await remoteCommit(host, cancellation, repository))
  if (commit === undefined) return build()
  // A version as the tool cache has them.
  const version = `0.0.0-g${commit}`
  const kept = keptBuildx(plugins, built, version, host.platform)
  return found(host, { tool: built, version, kept, keep }, async () => host.tools.keep(await build(), built, version, program))
}

/** The commit that a repository's ref is at; undefined where that cannot be known. */
async function remoteCommit(host: Host, cancellation: Cancellation, version: string): Promise<string | undefined> {
  const repository = buildxRepository(version)
  if (!repository) return undefined
  try {
    const env = { GIT_TERMINAL_PROMPT: '0' }
    const git = host.exec.start('git', remoteCommitArgv(repository), { env, timeoutSeconds: listSeconds })
    const { exitCode, stdout } = await cancellation.watch(git).result
    return exitCode === 0 ? parseRemoteCommit(stdout, repository.ref) : undefined
  } catch {
    // No git here: what is built is not kept.
    return undefined
  }
}

interface Wanted extends Pick<BuildxRequest, 'keep'> {
  readonly tool: string
  readonly version: string
  readonly kept: KeptBuildx
}

/** Path of a program in the tool cache, from there, from GitHub's cache, or else as `fetch` makes it. */
async function found(host: Host, { tool, version, kept, keep }: Wanted, fetch: () => Promise<string>): Promise<string> {
  const there = await host.tools.find(tool, version, program)
  if (there !== undefined) return there
  if (!keep || !host.actionsCache.available) return fetch()
  const restored = await restore(host, kept)
  if (restored) {
    try {
      return await host.tools.keep(`${kept.directory}/${program}`, tool, version, program)
    } finally {
      await host.files.remove(kept.directory)
    }
  }
  const path = await fetch()
  keep({ ...kept, path })
  return path
}

async function restore({ actionsCache, files, log }: Host, { key, directory }: KeptBuildx): Promise<boolean> {
  try {
    const matched = await actionsCache.restore(directory, key, [], restoreSeconds)
    return matched !== undefined && (await files.exists(`${directory}/${program}`))
  } catch (error) {
    log.info(`buildx could not be looked up in GitHub's cache: ${messageOf(error)}`)
    return false
  }
}
