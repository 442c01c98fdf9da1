import { accessSync, closeSync, constants, existsSync, openSync, readFileSync, readSync, realpathSync } from 'node:fs'
import { basename, delimiter, join } from 'node:path'

/** A program to start, with the variables that only it gets. */
export interface Command {
  readonly program: string
  readonly argv: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Where docker looks for plugins after the directory of the user (docker/cli cli-plugins/manager/manager_unix.go). */
const systemDirectories = ['/usr/local/lib', '/usr/local/libexec', '/usr/lib', '/usr/libexec'].map(
  directory => `${directory}/docker/cli-plugins`
)

/** What a program is started as: where docker's command is not installed and buildx is, as a program of its own, that is asked, as docker/build-push-action does. */
export function commandFor(program: string, argv: readonly string[], environment: NodeJS.ProcessEnv): Command {
  const asked = { program, argv }
  if (!asksBuildx(asked) || onPath('docker', environment) !== undefined || onPath('buildx', environment) === undefined)
    return asked
  return { program: 'buildx', argv: argv.slice(1) }
}

/**
 * buildx as docker would start it for such a command, where it is clear which that is. Docker itself starts it once to be told what it is and then for the work, a
 * tenth of a second on two cores, and a job asks for it often.
 */
export function buildxFor(asked: Command, environment: NodeJS.ProcessEnv): Command | undefined {
  const docker = asksBuildx(asked) ? onPath('docker', environment) : undefined
  const plugin = docker === undefined ? undefined : pluginOf(docker, environment)
  if (docker === undefined || plugin === undefined) return undefined
  // This variable tells buildx that docker started it (docker/cli cli-plugins/metadata).
  return { ...asked, program: plugin, env: { DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: docker } }
}

function asksBuildx({ program, argv }: Command): boolean {
  return program === 'docker' && argv[0] === 'buildx'
}

function onPath(program: string, { PATH = '' }: NodeJS.ProcessEnv): string | undefined {
  return PATH.split(delimiter)
    .flatMap(directory => (directory === '' ? [] : [join(directory, program)]))
    .find(mayBeStarted)
}

function mayBeStarted(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The program that this docker takes for buildx; undefined where only docker can tell. */
function pluginOf(docker: string, { DOCKER_CONFIG, HOME }: NodeJS.ProcessEnv): string | undefined {
  const config = DOCKER_CONFIG || (HOME && join(HOME, '.docker'))
  if (!config || looksElsewhere(join(config, 'config.json'))) return undefined
  const found = [join(config, 'cli-plugins'), ...systemDirectories]
    .map(directory => join(directory, 'docker-buildx'))
    .find(path => existsSync(path))
  if (found === undefined || !mayBeStarted(found)) return undefined
  try {
    // A script by docker's name, or a link to another program, does what its owner wants of it.
    const kind = basename(realpathSync(docker)) === 'docker' ? machineOf(docker) : undefined
    return kind !== undefined && kind === machineOf(found) ? found : undefined
  } catch {
    return undefined
  }
}

/** What machine a program is for, by its ELF header: class, order of bytes and kind; undefined for other files. */
function machineOf(path: string): string | undefined {
  const header = Buffer.alloc(20)
  const file = openSync(path, 'r')
  try {
    readSync(file, header)
  } finally {
    closeSync(file)
  }
  const [magic, ...rest] = [header.toString('latin1', 0, 4), header.toString('hex', 4, 6), header.toString('hex', 18)]
  return magic === '\x7fELF' ? rest.join() : undefined
}

/** Whether docker's configuration names directories of plugins, or cannot be read. */
function looksElsewhere(path: string): boolean {
  try {
    const config = JSON.parse(readFileSync(path, 'utf8')) as object
    // Go reads names of fields in any case.
    return Object.keys(config).some(name => name.toLowerCase() === 'clipluginsextradirs')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}
