import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BuildFailed, BuildxMissing } from '../../src/errors'
import { singleJobConfig } from '../../src/plan/builder'
import { bringUpBuilder } from '../../src/run/builder'
import { watchCancellation } from '../../src/run/cancellation'
import { newTestHost } from '../helpers/host'
import type { TestHost } from '../helpers/host'
import { inputsWith } from '../inputs/fixture'

let host: TestHost | undefined
afterEach(() => host?.remove())

interface Docker {
  /** What `docker buildx inspect` prints; undefined: it fails. */
  readonly inspect?: string
  readonly create?: string
  readonly remove?: string
}

/** A program `docker` that writes down what it was asked. */
async function hostWith({ inspect, create = '', remove = '' }: Docker): Promise<TestHost> {
  host = await newTestHost({
    docker: `const fs = require('fs'); const argv = process.argv.slice(2)
      fs.appendFileSync(process.env.HOME + '/calls', JSON.stringify(argv) + '\\n')
      if (argv[1] === 'inspect') {
        const text = ${JSON.stringify(inspect ?? '')}
        if (argv.includes('--bootstrap')) process.exit(0)
        if (!text) { console.error('WARNING: x\\nERROR: no builder "' + argv[2] + '" found'); process.exit(1) }
        console.log(text)
      }
      if (argv[1] === 'rm') { ${remove} }
      if (argv[1] === 'create') {
        const config = argv.find(arg => arg.startsWith('--buildkitd-config='))
        if (config) fs.copyFileSync(config.slice(19), process.env.HOME + '/config')
        ${create}
      }`
  })
  return host
}

const calls = async (of: TestHost) =>
  (await readFile(join(of.folder, 'calls'), 'utf8'))
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as string[])
const docker = 'Name:   default\nDriver: docker\n'
const mine = 'Name:   mine\nDriver: docker-container\n'

test('the current builder is used, nothing is made', async () => {
  const of = await hostWith({ inspect: mine })
  const told: string[] = []
  expect(await bringUpBuilder(of, watchCancellation(of), inputsWith(), name => told.push(name))).toMatchObject({
    name: 'mine',
    driver: 'docker-container',
    created: false
  })
  expect([await calls(of), told]).toEqual([[['buildx', 'inspect']], []])
})

test('the one the user names is asked for by name', async () => {
  const of = await hostWith({ inspect: mine })
  expect(await bringUpBuilder(of, watchCancellation(of), inputsWith({ builder: 'mine' }), () => undefined)).toMatchObject({
    name: 'mine',
    created: false
  })
  expect(await calls(of)).toEqual([['buildx', 'inspect', 'mine']])
})

test('the one the user names cannot be used', async () => {
  const of = await hostWith({})
  const failed = bringUpBuilder(of, watchCancellation(of), inputsWith({ builder: 'gone' }), () => undefined)
  await expect(failed).rejects.toThrow('builder: gone cannot be used: ERROR: no builder "gone" found')
  await expect(failed).rejects.toBeInstanceOf(BuildFailed)
})

test('a new one: its name is told before it is made, and it collects no garbage', async () => {
  const of = await hostWith({ inspect: docker })
  const made: string[] = []
  const builder = await bringUpBuilder(of, watchCancellation(of), inputsWith(), name => {
    made.push(name)
    expect(existsSync(join(of.folder, 'config'))).toBe(false)
  })
  expect(builder).toMatchObject({ name: made[0], driver: 'docker-container', created: true })
  expect(made[0]).toMatch(/^stage-cache-[0-9a-f-]{36}$/)
  expect(await readFile(join(of.folder, 'config'), 'utf8')).toBe(singleJobConfig)
  expect((await calls(of))[1]).toContain(`--name=${made[0]}`)
})

test("the user's configuration takes the place of ours", async () => {
  const of = await hostWith({ inspect: mine })
  await bringUpBuilder(of, watchCancellation(of), inputsWith({ 'buildkitd-config-inline': 'debug = true' }), () => undefined)
  expect(await readFile(join(of.folder, 'config'), 'utf8')).toBe('debug = true')
})

test('a remote one has no configuration', async () => {
  const of = await hostWith({ inspect: mine })
  await bringUpBuilder(of, watchCancellation(of), inputsWith({ driver: 'remote', endpoint: 'tcp://b:1' }), () => undefined)
  expect((await calls(of))[1]?.filter(arg => arg.startsWith('--buildkitd'))).toEqual([])
})

test('one that cannot be made', async () => {
  const of = await hostWith({ create: `console.error('ERROR: no space left'); process.exit(3)` })
  const made: string[] = []
  const failed = bringUpBuilder(of, watchCancellation(of), inputsWith(), name => made.push(name))
  await expect(failed).rejects.toThrow('docker buildx create --driver=docker-container failed: ERROR: no space left')
  await expect(failed).rejects.toMatchObject({ exitCode: 3 })
  // What is left of it is removed later.
  expect(made).toHaveLength(1)
})

test('a machine without docker', async () => {
  host = await newTestHost()
  const none = {
    ...host,
    exec: { ...host.exec, start: (_: string, argv: readonly string[]) => (host as TestHost).exec.start('no-such-docker', argv) }
  }
  const failed = bringUpBuilder(none, watchCancellation(none), inputsWith(), () => undefined)
  await expect(failed).rejects.toBeInstanceOf(BuildFailed)
  await expect(failed).rejects.toThrow(/no-such-docker cannot be started/)
})

const refuses = "if (argv.includes('--driver=docker-container')) { console.error('no image'); process.exit(1) }"

test('a builder that is only there to save caches may fail: docker builds then', async () => {
  const of = await hostWith({ inspect: docker, create: refuses })
  expect(await bringUpBuilder(of, watchCancellation(of), inputsWith(), () => undefined)).toMatchObject({
    name: 'default',
    driver: 'docker',
    created: false
  })
  expect(of.said).toEqual([expect.stringMatching(/^warning: No builder that can save caches could be made.*no image/s)])
  const asked = bringUpBuilder(of, watchCancellation(of), inputsWith({ fallback: 'false' }), () => undefined)
  await expect(asked).rejects.toThrow(/docker buildx create --driver=docker-container failed: no image/)
})

test('a builder whose state is kept has one name for each runner, and collects garbage', async () => {
  const of = await hostWith({})
  const named = { ...of, env: { ...of.env, RUNNER_NAME: 'Build Box_1' } }
  const told: string[] = []
  const built = await bringUpBuilder(named, watchCancellation(of), inputsWith({ 'keep-state': 'true' }), name => told.push(name))
  expect([built.name, built.driver, told]).toEqual(['stage-cache-build-box-1', 'docker-container', ['stage-cache-build-box-1']])
  expect(existsSync(join(of.folder, 'config'))).toBe(false)
})

test('a second step of the job uses the builder whose state is kept; one that a killed job left is made anew', async () => {
  const of = await hostWith({ inspect: mine })
  const inputs = inputsWith({ 'keep-state': 'true' })
  const named = { ...of, env: { ...of.env, RUNNER_NAME: 'box' } }
  const commands = async () => (await calls(of)).map(([, command]) => command)
  const first = await bringUpBuilder(named, watchCancellation(of), inputs, () => undefined)
  expect([first.created, await commands()]).toEqual([true, ['inspect', 'inspect', 'rm', 'create', 'inspect']])
  expect((await calls(of))[2]).toEqual(['buildx', 'rm', '--force', '--keep-state', 'stage-cache-box'])
  const second = await bringUpBuilder(named, watchCancellation(of), inputs, () => undefined)
  expect([second.created, (await commands()).slice(5)]).toEqual([false, ['inspect', 'inspect']])
})

test('a builder is made with the name that is given, also where its state is kept', async () => {
  const of = await hostWith({})
  const told: string[] = []
  const inputs = inputsWith({ name: 'Team-Builder', 'keep-state': 'true' })
  const built = await bringUpBuilder(of, watchCancellation(of), inputs, name => told.push(name))
  expect([built.name, built.created, told]).toEqual(['team-builder', true, ['team-builder']])
  expect((await calls(of)).map(call => call.slice(0, 4).join(' '))).toEqual([
    'buildx inspect',
    'buildx inspect team-builder',
    'buildx create --bootstrap --name=team-builder',
    'buildx inspect team-builder'
  ])
})

test('one that has the name already is used, and is not ours to remove', async () => {
  const of = await hostWith({ inspect: mine })
  const told: string[] = []
  const inputs = inputsWith({ name: 'mine', 'keep-state': 'true' })
  const built = await bringUpBuilder(of, watchCancellation(of), inputs, name => told.push(name))
  expect([built.name, built.driver, built.created, told]).toEqual(['mine', 'docker-container', false, []])
  expect((await calls(of)).map(([, command]) => command)).toEqual(['inspect', 'inspect'])
})

test('a builder that was left and cannot be removed', async () => {
  const of = await hostWith({ inspect: mine, remove: `console.error('in use'); process.exit(4)` })
  const failed = bringUpBuilder(of, watchCancellation(of), inputsWith({ 'keep-state': 'true' }), () => undefined)
  await expect(failed).rejects.toThrow(/^docker buildx rm stage-cache-\S+ failed: in use$/)
  await expect(failed).rejects.toMatchObject({ exitCode: 4 })
})

test('buildx that was installed and does not run is as good as none', async () => {
  host = await newTestHost({ docker: `console.error("docker: unknown command: docker buildx"); process.exit(1)` })
  const tools = {
    ...host.tools,
    text: () => Promise.resolve('{"latest":{"tag_name":"v1.0.0"}}'),
    find: () => Promise.resolve(process.execPath)
  }
  const failed = bringUpBuilder({ ...host, tools }, watchCancellation(host), inputsWith(), () => undefined)
  await expect(failed).rejects.toBeInstanceOf(BuildxMissing)
  await expect(failed).rejects.toThrow('docker: unknown command: docker buildx')
})

test('nodes are appended with their options and certificates, then booted', async () => {
  const of = await hostWith({})
  const tls = { BUILDER_NODE_0_AUTH_TLS_CACERT: 'ca', BUILDER_NODE_1_AUTH_TLS_CERT: 'cert', BUILDER_NODE_1_AUTH_TLS_KEY: 'key' }
  const append = '- endpoint: tcp://arm:1\n  name: arm\n  platforms: linux/arm64\n- endpoint: unix:///x\n  driver-opts: [a=b]\n'
  const inputs = inputsWith({ driver: 'remote', endpoint: 'tcp://amd:1', append })
  const built = await bringUpBuilder({ ...of, env: { ...of.env, ...tls } }, watchCancellation(of), inputs, () => undefined)
  const shown = (await calls(of)).map(call =>
    call.map(argument => argument.replace(built.name, 'NAME').replace(/=\/.*\/(\w+\.pem)$/, '=$1')).join(' ')
  )
  expect(shown).toEqual([
    'buildx inspect',
    'buildx create --name=NAME --driver=remote --driver-opt=cacert=cacert.pem -- tcp://amd:1',
    'buildx create --append --name=NAME --node=arm --driver-opt=cert=cert.pem --driver-opt=key=key.pem --platform=linux/arm64 -- tcp://arm:1',
    'buildx create --append --name=NAME --driver-opt=a=b -- unix:///x',
    'buildx inspect --bootstrap NAME',
    'buildx inspect NAME'
  ])
})
