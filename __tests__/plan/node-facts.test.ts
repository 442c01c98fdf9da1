import { parseNodeFacts, platformsOf } from '../../src/plan/node-facts'

const text = `Name:          kk
Driver:        kubernetes
Last Activity: 2026-11-21 00:15:46 +0000 UTC

Nodes:
Name:                  kk0
Endpoint:              kubernetes:///kk?deployment=a
Driver Options:        loadbalance="random" env.A="b \\"c\\"" replicas="2"
Status:                running
BuildKit daemon flags: --allow-insecure-entitlement=network.host
BuildKit version:      v0.32.2
Platforms:             linux/amd64, linux/amd64/v2
Labels:
 org.mobyproject.buildkit.worker.executor:         oci
Devices:
 Name:  vendor.com/device=foo

Name:     kk1
Endpoint: kubernetes:///kk?deployment=b
Status:   inactive
Platforms: linux/arm64*, linux/amd64
`

test('the nodes of docker buildx inspect', () => {
  const nodes = parseNodeFacts(text)
  expect(nodes).toEqual([
    {
      name: 'kk0',
      endpoint: 'kubernetes:///kk?deployment=a',
      'driver-opts': ['loadbalance=random', 'env.A=b "c"', 'replicas=2'],
      status: 'running',
      'buildkitd-flags': '--allow-insecure-entitlement=network.host',
      buildkit: 'v0.32.2',
      platforms: 'linux/amd64,linux/amd64/v2'
    },
    { name: 'kk1', endpoint: 'kubernetes:///kk?deployment=b', status: 'inactive', platforms: 'linux/arm64' }
  ])
  expect(platformsOf(nodes)).toEqual(['linux/amd64', 'linux/amd64/v2', 'linux/arm64'])
})

test('older words, other line ends, and nothing', () => {
  const old = 'Name: a\r\nDriver: remote\r\n\r\nNodes:\r\nName: a0\r\nFlags: --debug\r\nBuildkit: v0.12.0\r\n'
  expect(parseNodeFacts(old)).toEqual([{ name: 'a0', 'buildkitd-flags': '--debug', buildkit: 'v0.12.0' }])
  expect(parseNodeFacts('ERROR: no builder')).toEqual([])
})
