import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BuildFailed } from '../../src/errors'
import type { Builder } from '../../src/run/builder'
import { carriesMounts } from '../../src/run/cache-mounts'
import { watchCancellation } from '../../src/run/cancellation'
import { giveBackCurrent, offerBuilder } from '../../src/run/offered-builder'
import { newTestHost } from '../helpers/host'
import type { TestHost } from '../helpers/host'
import { inputsWith } from '../inputs/fixture'

let host: TestHost
afterEach(() => host.remove())

/** A program `docker` that writes down what it was asked, and says that this builder is the current one. */
async function hostWith(current: string, use = ''): Promise<TestHost> {
  host = await newTestHost({
    docker: `const argv = process.argv.slice(2)
      require('fs').appendFileSync(process.env.HOME + '/calls', argv.join(' ') + '\\n')
      if (argv[1] === 'inspect') console.log('Name: ${current}\\nDriver: remote')
      if (argv[1] === 'use') { ${use} }`
  })
  return host
}
const calls = async () => (await readFile(join(host.folder, 'calls'), 'utf8').catch(() => '')).trim()

const builder: Builder = { name: 'ours', driver: 'kubernetes', reason: 'r', created: true, former: 'mine' }
const pods = (options: readonly string[], count: number) =>
  Array.from({ length: count }, () => ({ name: 'ours0', 'driver-opts': options }))

async function offer(more: Partial<Builder>, use: 'true' | 'false' = 'false') {
  const told: unknown[] = []
  const outputs: Record<string, string> = {}
  const workflow = { ...host.workflow, setOutput: (name: string, value: string) => void (outputs[name] = value) }
  await offerBuilder({ ...host, workflow }, watchCancellation(host), inputsWith({ use }), { ...builder, ...more }, current =>
    told.push(current)
  )
  return { told, outputs }
}

test('the outputs are set, and nothing is asked', async () => {
  await hostWith('mine')
  const nodes = [
    { name: 'ours0', platforms: 'linux/amd64,linux/386' },
    { name: 'ours1', platforms: 'linux/arm64,linux/386' }
  ]
  const { told, outputs } = await offer({ nodes })
  expect(outputs).toEqual({
    name: 'ours',
    driver: 'kubernetes',
    platforms: 'linux/amd64,linux/386,linux/arm64',
    nodes: JSON.stringify(nodes)
  })
  expect([told, host.said, await calls()]).toEqual([[], [], ''])
})

test('use: what is to be undone is told first', async () => {
  await hostWith('mine', `console.error('locked'); process.exit(2)`)
  const told: unknown[] = []
  const failed = offerBuilder(host, watchCancellation(host), inputsWith({ use: 'true' }), builder, current => told.push(current))
  await expect(failed).rejects.toThrow('docker buildx use ours failed: locked')
  await expect(failed).rejects.toBeInstanceOf(BuildFailed)
  expect([told, await calls()]).toEqual([[{ name: 'ours', former: 'mine' }], 'buildx use ours'])
})

test.each([{ former: 'ours' }, { former: undefined }])('use: %j needs nothing', async former => {
  await hostWith('ours')
  expect([(await offer(former as Partial<Builder>, 'true')).told, await calls()]).toEqual([[], ''])
})

test('the former builder is current again', async () => {
  await hostWith('ours')
  await giveBackCurrent(host, { name: 'ours', former: 'mine' })
  expect(await calls()).toBe('buildx inspect\nbuildx use mine')
})

test('not where a later step chose another', async () => {
  await hostWith('other')
  await giveBackCurrent(host, { name: 'ours', former: 'mine' })
  expect(await calls()).toBe('buildx inspect')
})

test.each([
  [2, ['loadbalance=random'], 1],
  [2, ['replicas=2'], 0],
  [1, ['loadbalance=random'], 0]
])('%i pods with %j: %i warnings of steps that run again', async (count, options, warnings) => {
  await hostWith('mine')
  await offer({ nodes: pods(options, count) })
  expect(host.said.filter(text => text.startsWith('warning: Builder ours sends each build to a pod by chance'))).toHaveLength(
    warnings
  )
})

test.each([
  ['one pod', 1, true],
  ['several', 2, false]
])('cache mounts are carried with %s: %s', async (_, count, expected) => {
  await hostWith('mine')
  expect(carriesMounts(host, { cacheMounts: 'true' }, { ...builder, nodes: pods([], count) })).toBe(expected)
})
