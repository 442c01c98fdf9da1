import { createBuilderArgv, exportsApart, parseBuilderFacts, planBuilder, removeBuilderArgv } from '../../src/plan/builder'
import type { BuilderFacts } from '../../src/plan/builder'
import { inputsWith } from '../inputs/fixture'

// What `docker buildx inspect` 0.29 says.
const container = `Name:          mine
Driver:        docker-container
Last Activity: 2026-11-20 10:00:00 +0000 UTC

Nodes:
Name:                  mine0
Endpoint:              unix:///var/run/docker.sock
Driver Options:        network="host"
Status:                running
BuildKit daemon flags: --allow-insecure-entitlement=network.host
BuildKit version:      v0.25.1
Platforms:             linux/amd64
Labels:
 org.mobyproject.buildkit.worker.executor:         oci
 org.mobyproject.buildkit.worker.snapshotter:      overlayfs
`
const docker = `Name:   default
Driver: docker

Nodes:
Name:             default
Endpoint:         default
Status:           running
BuildKit version: v0.25.0
Labels:
 org.mobyproject.buildkit.worker.moby.host-gateway-ip: 172.17.0.1
`
const dockerContainerd = docker.replace('Labels:\n', 'Labels:\n org.mobyproject.buildkit.worker.snapshotter:  overlayfs\n')

const said: readonly { description: string; text: string; expected: BuilderFacts | undefined }[] = [
  {
    description: 'a container',
    text: container,
    expected: { name: 'mine', driver: 'docker-container', containerdStore: true, buildkit: 'v0.25.1' }
  },
  {
    description: 'docker with its own image store',
    text: docker,
    expected: { name: 'default', driver: 'docker', containerdStore: false, buildkit: 'v0.25.0' }
  },
  {
    description: "docker with containerd's",
    text: dockerContainerd,
    expected: { name: 'default', driver: 'docker', containerdStore: true, buildkit: 'v0.25.0' }
  },
  {
    description: 'line ends of another system',
    text: docker.replaceAll('\n', '\r\n'),
    expected: { name: 'default', driver: 'docker', containerdStore: false, buildkit: 'v0.25.0' }
  },
  {
    description: 'a builder that does not run: no version, and the next line is not taken for one',
    text: 'Name:   mine\nDriver: docker-container\n\nNodes:\nName:     mine0\nBuildKit version:\nStatus:   inactive\n',
    expected: { name: 'mine', driver: 'docker-container', containerdStore: false }
  },
  {
    description: 'several nodes: what the oldest is',
    text: 'Name: mine\nDriver: remote\n\nNodes:\nName: a\nEndpoint: tcp://a:1\nBuildKit version: v0.32.2\n\nName: b\nEndpoint: tcp://b:1\nBuildKit version: v0.9.1\n',
    expected: { name: 'mine', driver: 'remote', containerdStore: false, buildkit: 'v0.9.1', severalNodes: true }
  },
  {
    description: 'several nodes of which one does not run',
    text: 'Name: mine\nDriver: remote\n\nNodes:\nName: a\nBuildKit version: v0.32.2\n\nName: b\nBuildKit version:\n',
    expected: { name: 'mine', driver: 'remote', containerdStore: false }
  },
  { description: 'no driver', text: 'Name: mine\nDriver:\nStatus: running\n', expected: undefined },
  { description: 'nothing', text: '', expected: undefined },
  { description: 'an error', text: 'ERROR: no builder "x" found\n', expected: undefined }
]

test.each(said)('inspect says: $description', ({ text, expected }) => {
  expect(parseBuilderFacts(text)).toEqual(expected)
})

test.each([
  ['one node, new', { buildkit: 'v0.32.0' }, true],
  ['one node, old', { buildkit: 'v0.31.9' }, false],
  ['one node of unknown age', {}, false],
  ['several nodes, whatever they are', { buildkit: 'v0.25.0', severalNodes: true } as const, true]
])('platforms are exported apart: %s', (_, builder, expected) => {
  expect(exportsApart(builder)).toBe(expected)
})

const facts = {
  mine: parseBuilderFacts(container),
  docker: parseBuilderFacts(docker),
  containerd: parseBuilderFacts(dockerContainerd),
  none: undefined
}

const plans: readonly {
  description: string
  inputs?: Readonly<Record<string, string>>
  current: keyof typeof facts
  expected: string
}[] = [
  { description: 'a builder put in place by an earlier step', current: 'mine', expected: 'use mine docker-container' },
  { description: 'docker that can save caches', current: 'containerd', expected: 'use default docker' },
  { description: 'docker that cannot', current: 'docker', expected: 'create docker-container' },
  { description: 'no builder at all', current: 'none', expected: 'create docker-container' },
  { description: 'named by the user', inputs: { builder: 'mine' }, current: 'mine', expected: 'use mine docker-container' },
  {
    description: 'docker asked for although it cannot save',
    inputs: { driver: 'docker' },
    current: 'docker',
    expected: 'use default docker'
  },
  {
    description: 'docker asked for where another builder is current',
    inputs: { driver: 'docker' },
    current: 'mine',
    expected: 'use default docker'
  },
  { description: 'a driver asked for', inputs: { driver: 'kubernetes' }, current: 'mine', expected: 'create kubernetes' },
  {
    description: 'a remote one',
    inputs: { driver: 'remote', endpoint: 'tcp://b:1' },
    current: 'mine',
    expected: 'create remote'
  },
  {
    description: 'options for a new one',
    inputs: { 'driver-opts': 'network=host' },
    current: 'mine',
    expected: 'create docker-container'
  },
  {
    description: 'a configuration for a new one',
    inputs: { 'buildkitd-config-inline': 'debug = true' },
    current: 'mine',
    expected: 'create docker-container'
  },
  {
    description: 'several platforms in a builder that an earlier step put in place',
    inputs: { platforms: 'linux/amd64,linux/arm64' },
    current: 'mine',
    expected: 'use mine docker-container'
  },
  {
    description: "several platforms in containerd's store",
    inputs: { platforms: 'linux/amd64,linux/arm64' },
    current: 'containerd',
    expected: 'use default docker'
  },
  {
    description: 'entitlements in a builder that is there',
    inputs: { allow: 'network.host' },
    current: 'mine',
    expected: 'use mine docker-container'
  },
  {
    description: "images without a tag, which docker's own cannot push",
    inputs: { outputs: 'type=image,name=a,push-by-digest=true,push=true' },
    current: 'containerd',
    expected: 'create docker-container'
  },
  { description: 'a question needs no cache', inputs: { call: 'check' }, current: 'docker', expected: 'use default docker' },
  { description: 'a name of its own', inputs: { name: 'team' }, current: 'mine', expected: 'create docker-container' },
  { description: 'state that is kept', inputs: { 'keep-state': 'true' }, current: 'mine', expected: 'create docker-container' },
  {
    description: 'entitlements docker may not give',
    inputs: { allow: 'security.insecure' },
    current: 'containerd',
    expected: 'create docker-container'
  }
]

test.each(plans)('which builder: $description', ({ inputs = {}, current, expected }) => {
  const plan = planBuilder(inputsWith(inputs), facts[current])
  expect(plan.kind === 'use' ? `use ${plan.name} ${plan.driver}` : `create ${plan.driver}`).toBe(expected)
  expect(plan.reason).not.toBe('')
})

const entitlements = '--buildkitd-flags=--allow-insecure-entitlement security.insecure --allow-insecure-entitlement network.host'
const created: readonly {
  description: string
  inputs: Readonly<Record<string, string>>
  driver: string
  config?: string
  expected: readonly string[]
}[] = [
  {
    description: 'plain',
    inputs: {},
    driver: 'docker-container',
    config: '/c.toml',
    expected: [entitlements, '--buildkitd-config=/c.toml']
  },
  {
    description: 'options and flags',
    inputs: { 'driver-opts': 'network=host\nenv.A=b,c', 'buildkitd-flags': '--debug' },
    driver: 'docker-container',
    expected: ['--driver-opt=network=host', '--driver-opt=env.A=b,c', '--buildkitd-flags=--debug']
  },
  {
    description: 'a remote one runs already: no flags',
    inputs: { driver: 'remote', endpoint: 'tcp://b:1234' },
    driver: 'remote',
    expected: ['--', 'tcp://b:1234']
  },
  {
    description: 'platforms of the first node',
    inputs: { driver: 'remote', endpoint: 'tcp://b:1234', 'node-platforms': 'linux/amd64,linux/arm/v7' },
    driver: 'remote',
    expected: ['--platform=linux/amd64,linux/arm/v7', '--', 'tcp://b:1234']
  },
  {
    description: 'pods are not chosen by chance',
    inputs: { driver: 'kubernetes', 'driver-opts': 'loadbalance=random' },
    driver: 'kubernetes',
    expected: ['--driver-opt=loadbalance=random', '--driver-opt=loadbalance=sticky', entitlements]
  },
  {
    description: 'an endpoint that looks like a flag is none',
    inputs: { endpoint: '--rm' },
    driver: 'docker-container',
    expected: [entitlements, '--', '--rm']
  }
]

test.each(created)('create: $description', ({ inputs, driver, config, expected }) => {
  expect(createBuilderArgv(inputsWith(inputs), 'n', driver, config)).toEqual([
    'buildx',
    'create',
    '--bootstrap',
    '--name=n',
    `--driver=${driver}`,
    ...expected
  ])
})

test('remove', () => {
  expect(removeBuilderArgv('n')).toEqual(['buildx', 'rm', '--force', 'n'])
})
