import { buildxSource, buildxUrl, lacksBuildx, parseBuildxVersion, releaseVersion } from '../../src/plan/buildx'

test.each([
  ['linux/amd64', 'linux-amd64'],
  ['linux/arm/v7', 'linux-arm-v7']
])('a release for %s', (platform, name) => {
  expect(buildxUrl(buildxSource({}), '0.36.1', platform)).toBe(
    `https://github.com/docker/buildx/releases/download/v0.36.1/buildx-v0.36.1.${name}`
  )
  expect(buildxUrl(buildxSource({ DOCKER_BUILDX_MIRROR: 'https://mirror.test/x/' }), '0.36.1', platform)).toBe(
    `https://mirror.test/x/download/v0.36.1/buildx-v0.36.1.${name}`
  )
})

test.each([
  ['github.com/docker/buildx v0.36.1 0123456', '0.36.1'],
  ['github.com/docker/buildx 0.29.1+ds1 0.29.1+ds1-4', '0.29.1'],
  ['github.com/docker/buildx v0.37.0-rc1 0123456', '0.37.0-rc1'],
  ['github.com/docker/buildx 1c53d0c 1c53d0c', undefined]
])('%s is %s', (text, version) => {
  expect(parseBuildxVersion(text)).toBe(version)
})

test('releases by name', () => {
  const releases = JSON.stringify({ latest: { tag_name: 'v0.36.1' }, edge: {} })
  expect([releaseVersion(releases, 'latest'), releaseVersion(releases, 'edge'), releaseVersion(releases, 'x')]).toEqual([
    '0.36.1',
    undefined,
    undefined
  ])
})

test.each([
  ["docker: unknown command: docker buildx\n\nRun 'docker --help'", true],
  ["docker: 'buildx' is not a docker command.\nSee 'docker --help'", true],
  ['ERROR: no builder "x" found', false]
])('%j: no buildx is %s', (stderr, expected) => {
  expect(lacksBuildx(stderr)).toBe(expected)
})
