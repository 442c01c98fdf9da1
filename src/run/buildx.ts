import { BuildFailed, lastLine, messageOf } from '../errors'
import type { Host } from '../host'
import { buildBuildxArgv, buildxSource, buildxUrl, parseBuildxVersion, releaseVersion } from '../plan/buildx'
import { hideCredentials } from '../signed-urls'
import type { Cancellation } from './cancellation'

/** Seconds that a list of releases, a program, and building one may take. */
const listSeconds = 20
const downloadSeconds = 180
const buildSeconds = 900

/** As docker/setup-buildx-action calls it in the tool cache. */
const tool = 'buildx-dl-bin'
const program = 'docker-buildx'

/**
 * Makes the version of buildx that input `buildx-version` names docker's plugin for this user, as docker/setup-buildx-action does. What is
 * there already, or in the runner's tool cache, is not downloaded. Throws BuildFailed where it cannot be had.
 */
export async function installBuildx(host: Host, cancellation: Cancellation, version: string): Promise<void> {
  const plugins = `${host.env['DOCKER_CONFIG'] || `${host.env['HOME'] ?? ''}/.docker`}/cli-plugins`
  try {
    const path = /^https?:/.test(version)
      ? await buildFrom(host, cancellation, version)
      : await findRelease(host, cancellation, version)
    if (path === undefined) return
    await host.tools.install(path, `${plugins}/${program}`)
    host.log.info(hideCredentials(`buildx ${version} installed in ${plugins}`))
  } catch (error) {
    // The mirror's URL may have some in it too.
    throw new BuildFailed(hideCredentials(`buildx-version: ${version} cannot be had: ${messageOf(error)}`), 1)
  }
}

/** Path of a release's program; undefined where docker has that version. */
async function findRelease(host: Host, cancellation: Cancellation, name: string): Promise<string | undefined> {
  const source = buildxSource(host.env)
  const named = name === 'latest' || name === 'edge'
  const version = named ? releaseVersion(await host.tools.text(source.releases, listSeconds), name) : name.replace(/^v/, '')
  if (version === undefined) throw new Error(`${source.releases} does not name it`)
  const { stdout } = await cancellation.watch(host.exec.start('docker', ['buildx', 'version'])).result
  if (parseBuildxVersion(stdout) === version) return undefined
  const found = await host.tools.find(tool, version, program)
  if (found !== undefined) return found
  return host.tools.download(buildxUrl(source, version, host.platform), tool, version, program, downloadSeconds)
}

async function buildFrom(host: Host, cancellation: Cancellation, repository: string): Promise<string> {
  const directory = await host.files.makeTemporary('buildx-')
  const build = host.exec.start('docker', buildBuildxArgv(repository, directory), { timeoutSeconds: buildSeconds })
  const { exitCode, stderr } = await cancellation.watch(build).result
  if (exitCode !== 0) throw new Error(lastLine(stderr) || `exit code ${exitCode}`)
  return `${directory}/buildx`
}
