import {
  buildxRepository,
  buildxSource,
  buildxUrl,
  keptBuildx,
  lacksBuildx,
  parseBuildxVersion,
  parseRemoteCommit,
  releaseVersion
} from '../../src/plan/buildx'

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

test.each([
  ['https://g.test/b.git', { url: 'https://g.test/b.git', ref: 'HEAD' }],
  ['https://g.test/b.git#v1', { url: 'https://g.test/b.git', ref: 'v1' }],
  ['https://g.test/b.git#main:sub', undefined]
])('%s is asked for as %j', (version, expected) => {
  expect(buildxRepository(version)).toEqual(expected)
})

const [one, two] = ['1'.repeat(40), '2'.repeat(40)]
test.each([
  ['a branch', 'main', `${one}\trefs/heads/main\n${two}\trefs/heads/x/main\n`, one],
  ['the default', 'HEAD', `${one}\tHEAD\n${two}\trefs/remotes/o/HEAD\n`, one],
  ['an annotated tag', 'v1', `${one}\trefs/tags/v1\n${two}\trefs/tags/v1^{}\n`, two],
  ['a branch and a tag that differ', 'v1', `${one}\trefs/heads/v1\n${two}\trefs/tags/v1\n`, undefined],
  ['a branch and a tag that are the same', 'v1', `${one}\trefs/heads/v1\n${one}\trefs/tags/v1\n`, one],
  ['a pull request', 'pull/1/head', `${one}\trefs/pull/1/head\n`, one],
  ['nothing', 'gone', '', undefined]
])('the commit of %s', (_, ref, text, expected) => {
  expect(parseRemoteCommit(text, ref)).toBe(expected)
})

test('each version and platform is kept as its own', () => {
  const kept = (version: string, platform: string) => keptBuildx('/p', 'tool', version, platform)
  const all = [kept('1.0.0', 'linux/arm/v7'), kept('1.0.0', 'linux/arm64'), kept('1.0.1', 'linux/arm64')]
  expect(new Set(all.map(({ key }) => key)).size).toBe(3)
  expect(all[0]).toEqual({
    key: 'stage-cache-build-tool-1.0.0-linux-arm-v7',
    directory: '/p/.stage-cache-build-tool-1.0.0-linux-arm-v7'
  })
})
