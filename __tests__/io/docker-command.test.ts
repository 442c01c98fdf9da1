import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { buildxFor, commandFor } from '../../src/io/docker-command'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'docker-command-'))
  await program('bin/docker', elf())
  await program('config/cli-plugins/docker-buildx', elf())
})
afterEach(() => rm(folder, { recursive: true }))

const at = (path: string) => join(folder, path)
const build = ['buildx', 'build', '.']
const asked = { program: 'docker', argv: build }

/** The header of a program; x86-64 unless said otherwise. */
function elf({ machine = 0x3e, type = 2 } = {}): Buffer {
  const header = Buffer.alloc(64)
  header.write('\x7fELF\x02\x01\x01', 'latin1')
  header.writeUInt16LE(type, 16)
  header.writeUInt16LE(machine, 18)
  return header
}

async function program(path: string, content: Buffer | string, mode = 0o755): Promise<void> {
  await mkdir(dirname(at(path)), { recursive: true })
  await writeFile(at(path), content)
  await chmod(at(path), mode)
}

const environment = () => ({ PATH: `/nowhere::${at('bin')}`, DOCKER_CONFIG: at('config') })
const commandOf = (argv: readonly string[], more: NodeJS.ProcessEnv = {}) =>
  buildxFor({ program: 'docker', argv }, { ...environment(), ...more })

describe('buildx is started as docker would start it', () => {
  const byDocker = () => ({
    program: at('config/cli-plugins/docker-buildx'),
    argv: build,
    env: { DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: at('bin/docker') }
  })

  test('from the directory that DOCKER_CONFIG names', () => expect(commandOf(build)).toEqual(byDocker()))

  test('from the home directory', async () => {
    await program('.docker/cli-plugins/docker-buildx', elf())
    expect(commandOf(build, { DOCKER_CONFIG: undefined, HOME: folder })).toEqual({
      ...byDocker(),
      program: at('.docker/cli-plugins/docker-buildx')
    })
  })

  test('with a configuration that says nothing of plugins', async () => {
    await writeFile(at('config/config.json'), '{"auths":{}}')
    expect(commandOf(build)).toEqual(byDocker())
  })

  test('linked at another address', async () => {
    await program('bin/docker', elf({ type: 3 }))
    expect(commandOf(build)).toEqual(byDocker())
  })
})

const onlyDockerKnows: readonly { description: string; prepare: () => Promise<unknown>; env?: NodeJS.ProcessEnv }[] = [
  { description: 'docker is a script', prepare: () => program('bin/docker', '#!/bin/sh\nexec podman "$@"\n') },
  {
    description: 'docker is a link to another program',
    prepare: async () => {
      await program('bin/snap', elf())
      await rm(at('bin/docker'))
      await symlink(at('bin/snap'), at('bin/docker'))
    }
  },
  {
    description: 'the configuration names directories of plugins',
    prepare: () => writeFile(at('config/config.json'), '{"cliPluginsExtraDirs":["/opt/plugins"]}')
  },
  {
    description: 'it does so in letters of another case',
    prepare: () => writeFile(at('config/config.json'), '{"CLIPluginsExtraDirs":["/opt/plugins"]}')
  },
  { description: 'the configuration cannot be read', prepare: () => writeFile(at('config/config.json'), '{') },
  { description: 'the configuration is no object', prepare: () => writeFile(at('config/config.json'), 'null') },
  { description: 'the plugin may not be started', prepare: () => program('config/cli-plugins/docker-buildx', elf(), 0o644) },
  {
    description: "the plugin is for another kind of machine than docker's",
    prepare: () => program('config/cli-plugins/docker-buildx', elf({ machine: 0xb7 }))
  },
  { description: 'the plugin is a script', prepare: () => program('config/cli-plugins/docker-buildx', '#!/bin/sh\n') },
  {
    description: 'the plugin is a directory',
    prepare: async () => {
      await rm(at('config/cli-plugins/docker-buildx'))
      await mkdir(at('config/cli-plugins/docker-buildx'))
    }
  },
  { description: 'nobody knows where the configuration is', prepare: async () => {}, env: { DOCKER_CONFIG: '', HOME: undefined } }
]

test.each(onlyDockerKnows)('docker is asked: $description', async ({ prepare, env = {} }) => {
  await prepare()
  expect(commandOf(build, env)).toBeUndefined()
  expect(commandFor('docker', build, environment())).toEqual(asked)
})

test('commands of docker itself are left alone', () => {
  for (const other of [
    { program: 'docker', argv: ['context', 'create', 'buildx'] },
    { program: 'git', argv: ['buildx'] }
  ]) {
    expect(buildxFor(other, environment())).toBeUndefined()
    expect(commandFor(other.program, other.argv, environment())).toEqual(other)
  }
})

test("without docker's command, buildx as a program of its own", async () => {
  await rm(at('bin/docker'))
  expect([commandFor('docker', build, environment()), commandOf(build)]).toEqual([asked, undefined])
  await program('bin/buildx', elf())
  expect(commandFor('docker', build, environment())).toEqual({ program: 'buildx', argv: ['build', '.'] })
})
