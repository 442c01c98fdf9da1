import { resolve } from 'node:path'
import {
  buildRefsDirectory,
  exportRecordArgv,
  exportsNoRecords,
  isBuildOf,
  parseBuildRef,
  planRecord,
  recordName
} from '../../src/plan/build-record'

const there = { summary: true, artifacts: true }
const github = { GITHUB_SERVER_URL: 'https://github.com' }

test.each([
  ['by default', github, there, { kind: 'upload' }],
  ['without a summary', github, { ...there, summary: false }, { kind: 'none' }],
  ['without a service', github, { ...there, artifacts: false }, { kind: 'none' }],
  ['turned off', { ...github, DOCKER_BUILD_RECORD_UPLOAD: 'False' }, there, { kind: 'none' }],
  ['turned off by a digit', { ...github, DOCKER_BUILD_RECORD_UPLOAD: '0' }, there, { kind: 'none' }],
  ['turned on', { ...github, DOCKER_BUILD_RECORD_UPLOAD: 'true' }, there, { kind: 'upload' }],
  ['an odd switch', { ...github, DOCKER_BUILD_RECORD_UPLOAD: 'nope' }, there, { kind: 'upload' }],
  ['a server of its own', { GITHUB_SERVER_URL: 'https://git.acme.example' }, there, { kind: 'none' }],
  ['a server whose name ends like GitHub', { GITHUB_SERVER_URL: 'https://notgithub.com' }, there, { kind: 'none' }],
  ["GitHub's cloud for one company", { GITHUB_SERVER_URL: 'https://acme.ghe.com' }, there, { kind: 'upload' }],
  ['a local server', { GITHUB_SERVER_URL: 'http://git.localhost:3000' }, there, { kind: 'upload' }],
  ['days', { ...github, DOCKER_BUILD_RECORD_RETENTION_DAYS: ' 5 ' }, there, { kind: 'upload', retentionDays: 5 }],
  ['no days of its own', { ...github, DOCKER_BUILD_RECORD_RETENTION_DAYS: '0' }, there, { kind: 'upload', retentionDays: 0 }],
  ['no days', { ...github, DOCKER_BUILD_RECORD_RETENTION_DAYS: '' }, there, { kind: 'upload' }],
  ['odd days', { ...github, DOCKER_BUILD_RECORD_RETENTION_DAYS: 'a week' }, there, { kind: 'refused', retentionDays: 'a week' }],
  [
    'fewer days than none',
    { ...github, DOCKER_BUILD_RECORD_RETENTION_DAYS: '-1' },
    there,
    { kind: 'refused', retentionDays: '-1' }
  ],
  [
    'odd days of what is off',
    { DOCKER_BUILD_RECORD_UPLOAD: 'f', DOCKER_BUILD_RECORD_RETENTION_DAYS: 'x' },
    there,
    { kind: 'none' }
  ]
])('the record of a build: %s', (_, env, facts, expected) => {
  expect(planRecord(env, facts)).toEqual(expected)
})

test('the build a metadata file is of', () => {
  const ref = { builder: 'default', node: 'default', id: 'jmsvdtbuonelcs16qsi37mzlm' }
  expect(parseBuildRef('{"buildx.build.ref":"default/default/jmsvdtbuonelcs16qsi37mzlm"}')).toEqual(ref)
  for (const text of ['', '{}', 'null', '{"buildx.build.ref":7}']) expect(parseBuildRef(text)).toBeUndefined()
  for (const odd of ['a/b', 'a//c', 'a/b/c/d', 'a/b/--all', 'a/b/../c']) {
    expect(parseBuildRef(JSON.stringify({ 'buildx.build.ref': odd }))).toBeUndefined()
  }
  expect(recordName('acme/web-app', ref)).toBe('acme~web-app~JMSVDT.dockerbuild')
  expect(exportRecordArgv(ref, '/tmp/x')).toEqual(
    'buildx history export --builder=default --finalize --output=/tmp/x jmsvdtbuonelcs16qsi37mzlm'.split(' ')
  )
})

test('where buildx writes builds down', () => {
  expect(buildRefsDirectory({ HOME: '/home/me' }, 'b')).toBe('/home/me/.docker/buildx/refs/b')
  expect(buildRefsDirectory({ HOME: '/home/me', DOCKER_CONFIG: '/config' }, 'b')).toBe('/config/buildx/refs/b')
  expect(buildRefsDirectory({ DOCKER_CONFIG: '/config', BUILDX_CONFIG: '/buildx' }, 'b')).toBe('/buildx/refs/b')
})

test('what was written down of a build names its context', () => {
  const written = (path: unknown) => JSON.stringify({ Target: 'default', LocalPath: path, DockerfilePath: '' })
  expect(isBuildOf('app', written(resolve('app')))).toBe(true)
  expect(isBuildOf('.', written(process.cwd()))).toBe(true)
  expect(isBuildOf('https://github.com/acme/app.git', written('https://github.com/acme/app.git'))).toBe(true)
  for (const other of [resolve('other'), 'app', 'https://github.com/acme/app.git', 3, undefined]) {
    expect(isBuildOf('app', written(other))).toBe(false)
  }
  for (const text of ['', 'null', '[]']) expect(isBuildOf('app', text)).toBe(false)
})

test('buildx that is too old says so in its own way', () => {
  expect(exportsNoRecords('unknown flag: --finalize\n\nUsage:  docker buildx history export')).toBe(true)
  expect(exportsNoRecords('unknown command: docker buildx history')).toBe(true)
  expect(exportsNoRecords('ERROR: no record found for ref "x"')).toBe(false)
})
