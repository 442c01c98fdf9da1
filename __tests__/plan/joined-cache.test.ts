import { createHash } from 'node:crypto'
import { parseCacheManifest } from '../../src/plan/coverage'
import { configOf, ghaIndexKey, importedGhaIndexKeys, joinCaches } from '../../src/plan/joined-cache'

const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
const configType = 'application/vnd.buildkit.cacheconfig.v0'

/** What BuildKit writes for one platform: a base image, a file both platforms copy, a step on both. */
function cacheOf(platform: string, blobs: readonly string[] = ['base', platform]) {
  const config = JSON.stringify({
    // A layer without a parent's number is on layer 0.
    layers: [{ blob: sha256(blobs[0] ?? ''), parent: -1 }, ...blobs.slice(1).map(blob => ({ blob: sha256(blob) }))],
    records: [
      { digest: `image ${platform}` },
      { digest: 'file' },
      {
        digest: 'copy',
        layers: blobs.slice(1).map((_, at) => ({ layer: at + 1, createdAt: '2026-01-01T00:00:00Z' })),
        inputs: [[{ link: 0 }], [{ link: 1, selector: 'a' }]]
      },
      { digest: `run ${platform}`, inputs: [[{ link: 2 }]], chains: [{ layers: [0, 1], createdAt: '2026-01-01T00:00:00Z' }] }
    ]
  })
  const layers = blobs.map(blob => ({ mediaType: 'layer', digest: sha256(blob), size: blob.length, annotations: { a: blob } }))
  const own = { mediaType: configType, digest: sha256(config), size: config.length }
  return { config, layers, own }
}

function imageOf(platform: string, blobs?: readonly string[]) {
  const { config, layers, own } = cacheOf(platform, blobs)
  return { config, manifest: JSON.stringify({ schemaVersion: 2, mediaType: 'image', config: own, layers }) }
}

describe('the manifest of several platforms', () => {
  it('lists every layer once, and the new config', () => {
    const { manifest, config, configDigest, mediaType } = joinCaches([imageOf('one', ['a', 'b']), imageOf('two', ['a', 'c'])])
    expect([configDigest, configOf(manifest), mediaType]).toEqual([sha256(config), sha256(config), 'image'])
    const parsed = JSON.parse(manifest) as { layers: { digest: string; annotations: object }[]; config: { size: number } }
    expect(parsed.layers.map(({ digest }) => digest)).toEqual(['a', 'b', 'c'].map(sha256))
    expect(parsed.layers[2]?.annotations).toEqual({ a: 'c' })
    expect(parsed.config.size).toBe(config.length)
    expect([...(parseCacheManifest(manifest)?.blobs.keys() ?? [])]).toEqual(['a', 'b', 'c'].map(sha256))
  })

  it('keeps what is to be known of it', () => {
    const parts = [imageOf('one'), imageOf('two')]
    expect(JSON.parse(joinCaches(parts, { older: ['deps'] }).manifest)).toMatchObject({
      annotations: { 'stage-cache-build.joined': '{"older":["deps"]}' }
    })
    expect(JSON.parse(joinCaches(parts).manifest)).not.toHaveProperty('annotations')
  })

  it('an index, as older versions of BuildKit write it, stays one', () => {
    const parts = ['one', 'two'].map(platform => {
      const { config, layers, own } = cacheOf(platform)
      return { config, manifest: JSON.stringify({ schemaVersion: 2, mediaType: 'index', manifests: [...layers, own] }) }
    })
    const { manifest, configDigest } = joinCaches(parts)
    const { manifests } = JSON.parse(manifest) as { manifests: { digest: string }[] }
    expect(manifests.map(({ digest }) => digest)).toEqual([...['base', 'one', 'two'].map(sha256), configDigest])
    expect(configOf(manifest)).toBe(configDigest)
  })
})

it.each([
  ['not a manifest', { manifest: '{}', config: '{}' }],
  ['an image', { manifest: JSON.stringify({ mediaType: 'image', layers: [], config: { mediaType: 'x' } }), config: '{}' }],
  ['a damaged config', { ...imageOf('one'), config: '{"records":' }]
])('%s is refused', (_, part) => {
  expect(() => joinCaches([imageOf('two'), part].reverse())).toThrow()
})

describe("key of BuildKit's list in GitHub's cache", () => {
  const token = (...scopes: readonly { Scope: string; Permission: number }[]) =>
    `h.${Buffer.from(JSON.stringify({ ac: JSON.stringify(scopes) })).toString('base64url')}.s`
  it('has the last scope that may be written', () => {
    const some = token(
      { Scope: 'refs/heads/x', Permission: 3 },
      { Scope: 'refs/pull/7/merge', Permission: 3 },
      { Scope: 'refs/heads/main', Permission: 1 }
    )
    expect(ghaIndexKey('cache-app', some)).toBe(`index-cache-app-1-${sha256('refs/pull/7/merge').slice(7, 15)}`)
  })
  it.each([undefined, 'no token', token({ Scope: 'refs/heads/main', Permission: 1 })])('is not known of %s', given => {
    expect(ghaIndexKey('cache-app', given)).toBeUndefined()
  })

  it('is read under every scope of the token', () => {
    const some = token({ Scope: 'refs/heads/x', Permission: 3 }, { Scope: 'refs/heads/main', Permission: 1 })
    const keys = ['refs/heads/x', 'refs/heads/main'].map(scope => `index-cache-app-1-${sha256(scope).slice(7, 15)}`)
    expect(importedGhaIndexKeys('cache-app', some)).toEqual(keys)
  })
})
