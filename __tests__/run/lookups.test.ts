import type { ServerResponse } from 'node:http'
import { makeJobToken, READ, WRITE } from '../../testbed/job-token.mjs'
import { parseDockerfile } from '../../src/dockerfile/parse-dockerfile'
import { planCache } from '../../src/plan/cache-plan'
import type { CachePlan } from '../../src/plan/cache-plan'
import { lookUpGha, lookUpRegistry } from '../../src/run/lookups'
import { ghaRefsOf } from '../../src/run/records'
import { newTestHost } from '../helpers/host'
import type { TestHost } from '../helpers/host'
import { diamond, onBranch } from '../helpers/plans'
import { serve } from '../helpers/registry-server'
import { inputsWith } from '../inputs/fixture'

let host: TestHost
beforeEach(async () => {
  host = await newTestHost()
})
afterEach(() => host.remove())

function planAt(repository: string): CachePlan {
  const { dockerfile } = parseDockerfile(diamond, {
    buildArgs: {},
    buildContexts: [],
    platform: 'linux/amd64',
    buildPlatform: 'linux/amd64',
    target: ''
  })
  const target = dockerfile.stages.at(-1)
  if (!target) throw new Error('no stage')
  return planCache({
    dockerfile,
    target,
    inputs: inputsWith(),
    backends: ['gha', 'registry'],
    scopes: onBranch,
    platforms: ['linux/amd64'],
    repository,
    image: 'app'
  })
}

const manifest = JSON.stringify({
  config: { mediaType: 'application/vnd.buildkit.cacheconfig.v0', digest: 'sha256:c', size: 5 },
  layers: [{ digest: 'sha256:1', size: 100 }]
})
const answer = (response: ServerResponse, status: number, text = '') => void response.writeHead(status).end(text)

test('every ref of the registry is asked for, once; those that are there are found', async () => {
  const server = await serve(({ url }, response) =>
    /cache-(base|deps_BRANCH_own)$/.test(url) ? answer(response, 200, manifest) : answer(response, 404)
  )
  const { found, troubles } = await lookUpRegistry(host, planAt(`${server.host}/acme/app`))
  await server.stop()
  expect(server.asked.map(({ url }) => url.replace('/v2/acme/app/manifests/cache-', '')).sort()).toEqual(
    ['base', 'deps', 'final', 'tools'].flatMap(stage => [stage, `${stage}_BRANCH_own`])
  )
  expect(found.map(({ ref, bytes }) => [ref.backend, ref.name, bytes])).toEqual([
    ['registry', 'cache-base', 105 + manifest.length],
    ['registry', 'cache-deps_BRANCH_own', 105 + manifest.length]
  ])
  expect(troubles).toEqual([])
})

test('a tag that is no cache is not found, and no trouble', async () => {
  const server = await serve((_, response) => answer(response, 200, '{"schemaVersion":2,"config":{},"layers":[]}'))
  expect(await lookUpRegistry(host, planAt(`${server.host}/a/b`))).toEqual({ found: [], troubles: [] })
  await server.stop()
})

test('what cannot be asked for is one trouble; what was found counts', async () => {
  const server = await serve(({ url }, response) =>
    url.endsWith('cache-base') ? answer(response, 200, manifest) : answer(response, 503)
  )
  const { found, troubles } = await lookUpRegistry(host, planAt(`${server.host}/a/b`))
  await server.stop()
  expect(found.map(({ ref }) => ref.name)).toEqual(['cache-base'])
  expect(troubles).toMatchObject([{ code: 'lookup-failed', backend: 'registry' }])
  expect(troubles[0]?.detail).toMatch(
    /^127\.0\.0\.1:\d+\/a\/b:cache-\w+: 127\.0\.0\.1:\d+ answered 503 Service Unavailable for a\/b\/manifests\/cache-/
  )
})

test('a registry that is not there', async () => {
  const server = await serve(() => undefined)
  await server.stop()
  const { found, troubles } = await lookUpRegistry(host, planAt(`${server.host}/a/b`))
  expect(found).toEqual([])
  expect(troubles[0]?.detail).toMatch(/ECONNREFUSED/)
})

test('no refs in a registry: nothing is asked', async () => {
  const plan = { ...planAt('127.0.0.1:1/a/b'), stages: [] }
  expect(await lookUpRegistry(host, plan)).toEqual({ found: [], troubles: [] })
})

describe('gha, without a record', () => {
  const scopes = [
    { scope: 'refs/heads/own', permission: READ + WRITE },
    { scope: 'refs/heads/main', permission: READ }
  ]
  const list = (blob: string) => JSON.stringify({ layers: [{ blob }], records: [] })
  /** A job whose cache service has these lists, by their key without the scope of the token. */
  const lookUp = async (lists: Readonly<Record<string, string>>) => {
    const asked: string[] = []
    const read = (key: string) => {
      asked.push(key)
      const text = lists[key.replace(/^index-(.*)-1-[0-9a-f]{8}$/, '$1')]
      return text === 'broken' ? Promise.reject(new Error('503')) : Promise.resolve(text)
    }
    const plan = planAt('127.0.0.1:1/a/b')
    const { found, absent = [] } = await lookUpGha(
      {
        ...host,
        env: { ACTIONS_RUNTIME_TOKEN: makeJobToken(scopes) },
        buildkitEntries: { ...host.buildkitEntries, available: true, read }
      },
      plan,
      { records: [], areAll: true }
    )
    const unread = ghaRefsOf(plan).filter(ref => !absent.includes(ref) && !found.some(one => one.ref === ref))
    return { found: found.map(({ ref, blobs = [] }) => [ref.name, ...blobs]), unread: unread.map(({ name }) => name), asked }
  }

  test('refs whose list is there are found by its layers; every list is asked for in each scope that BuildKit reads', async () => {
    const lists = { 'cache-final_OF_app': list('1'), 'cache-deps_OF_app_BRANCH_own': list('2') }
    const { found, asked } = await lookUp(lists)
    expect(found).toEqual([
      ['cache-deps_OF_app_BRANCH_own', '2'],
      ['cache-final_OF_app', '1']
    ])
    expect(new Set(asked).size).toBe(4 * 2 * scopes.length)
    expect(asked).toHaveLength(4 * 2 * scopes.length)
  })

  test('what cannot be read, or is no list, is not found', async () => {
    const { found, unread } = await lookUp({
      'cache-final_OF_app': 'broken',
      'cache-deps_OF_app': '<html>',
      'cache-base_OF_app': list('1')
    })
    expect(found).toEqual([['cache-base_OF_app', '1']])
    expect(unread).toEqual(['cache-final_OF_app'])
  })
})
