// A `docker` before the real one on PATH that writes down what it is started with.
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { theTestBed } from '../../testbed/where.mjs'

/** Arguments of one docker process. */
export type DockerCall = readonly string[]

const endOfCall = '\0\n\0'

export async function recordDocker(directory: string, path = theTestBed().env['PATH'] ?? '') {
  await mkdir(directory, { recursive: true })
  const record = join(directory, 'calls')
  await writeFile(record, '')
  // One printf is one write, so that calls at the same time stay apart.
  const script = `#!/bin/sh\nprintf '%s\\0' "$@" '\n' >>'${record}'\nPATH=\${PATH#${directory}:}\nexec docker "$@"\n`
  await writeFile(join(directory, 'docker'), script)
  await chmod(join(directory, 'docker'), 0o755)
  return {
    path: `${directory}:${path}`,
    async calls(): Promise<readonly DockerCall[]> {
      const text = await readFile(record, 'utf8')
      return text
        .split(endOfCall)
        .filter(call => call !== '')
        .map(call => call.split('\0'))
    }
  }
}

export function builds(calls: readonly DockerCall[]): readonly DockerCall[] {
  return calls.filter(([program, command]) => program === 'buildx' && command === 'build')
}

/** The values a flag was given, `--flag value` or `--flag=value`. */
export function valuesOf(call: DockerCall, flag: string): readonly string[] {
  return call.flatMap((argument, at) =>
    argument === flag ? [call[at + 1] ?? ''] : argument.startsWith(`${flag}=`) ? [argument.slice(flag.length + 1)] : []
  )
}
