import { delimiter, join } from 'node:path'
import type { Host } from '../host'

/**
 * The same host where docker's command is not installed and buildx is, as a program of its own: what is asked of `docker buildx` is asked of that, as
 * docker/build-push-action does.
 */
export async function withStandaloneBuildx(host: Host): Promise<Host> {
  const directories = (host.env['PATH'] ?? '').split(delimiter).filter(directory => directory !== '')
  if ((await firstWith(host, directories, 'docker')) || !(await firstWith(host, directories, 'buildx'))) return host
  return {
    ...host,
    exec: {
      ...host.exec,
      start: (program, argv, options) =>
        program === 'docker' && argv[0] === 'buildx'
          ? host.exec.start('buildx', argv.slice(1), options)
          : host.exec.start(program, argv, options)
    }
  }
}

async function firstWith(host: Host, directories: readonly string[], program: string): Promise<string | undefined> {
  for (const directory of directories) if (await host.files.exists(join(directory, program))) return directory
  return undefined
}
