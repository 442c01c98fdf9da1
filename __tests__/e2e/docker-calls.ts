// Writes down what the action starts of docker, in its own process: a `docker` of ours before the real one would change what is started.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Arguments of one docker process. */
export type DockerCall = readonly string[]

/** For the `NODE_OPTIONS` of a job; docker's plugin for builds counts as docker, whose arguments it gets. */
export async function recordDocker(directory: string) {
  await mkdir(directory, { recursive: true })
  const record = join(directory, 'calls')
  await writeFile(record, '')
  const preload = join(directory, 'record.mjs')
  await writeFile(
    preload,
    `import childProcess from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
const { spawn } = childProcess
childProcess.spawn = (program, argv, options) => {
  const child = spawn(program, argv, options)
  if (/(^|[/])docker(-buildx)?$/.test(program)) appendFileSync(${JSON.stringify(record)}, JSON.stringify(argv) + '\\n')
  return child
}
syncBuiltinESMExports()
`
  )
  return {
    nodeOptions: `--import=${preload}`,
    async calls(): Promise<readonly DockerCall[]> {
      const text = await readFile(record, 'utf8')
      return text
        .split('\n')
        .filter(line => line !== '')
        .map(line => JSON.parse(line) as DockerCall)
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
