import { createHash } from 'node:crypto'
import { parseCacheManifest } from '../../src/plan/coverage'
import { configOf, ghaIndexKey, joinCaches, joinConfigTexts } from '../../src/plan/joined-cache'

const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
const configType = 'application/vnd.buildkit.cacheconfig.v0'

/** What BuildKit writes for one platform: a base image, a file both platforms copy, a step on both. */
function cacheOf(platform: string, blobs: readonly string[] = [`${platform} layer`]) {
  const config = JSON.stringify({
    layers: [{ blob: 'base' }, { blob: platform, parent: 0 }, { blob: 'alone', parent: -1 }],
    records: [
      { digest: `image ${platform}` },
      { digest: 'file' },
      {
        digest: 'copy',
        layers: [{ layer: 1, createdAt: 'now' }],
        chains: [{ layers: [0, 1], createdAt: 'now' }],
        inputs: [[{ link: 0 }], [{ link: 1, selector: 'a' }]]
      },
      { digest: `run ${platform}`, inputs: [[{ link: 2 }]] }
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

interface Config {
  readonly layers: readonly { readonly blob: string; readonly parent?: number }[]
  readonly records: readonly {
    readonly digest: string
    readonly layers?: unknown
    readonly chains?: unknown
    readonly inputs?: readonly (readonly { readonly link: number; readonly selector?: string }[])[]
  }[]
}

describe('the config of several platforms', () => {
  const joined = joinCaches([imageOf('one'), imageOf('two')])
  const { layers, records } = JSON.parse(joined.config) as Config

  it('has the layers and steps of each, which refer to one another as before', () => {
    expect(layers.slice(3)).toEqual([{ blob: 'base' }, { blob: 'two', parent: 3 }, { blob: 'alone', parent: -1 }])
    expect(records[6]).toEqual({
      digest: 'copy',
      layers: [{ layer: 4, createdAt: 'now' }],
      chains: [{ layers: [3, 4], createdAt: 'now' }],
      inputs: [[{ link: 4 }], [{ link: 5, selector: 'a' }]]
    })
  })

  it('has one record that no other leads to, above the last step of each', () => {
    const linked = new Set(records.flatMap(({ inputs = [] }) => inputs.flatMap(links => links.map(({ link }) => link))))
    const last = records.filter((_, index) => !linked.has(index))
    expect(last.map(({ inputs }) => inputs)).toEqual([[[{ link: 3 }], [{ link: 7 }]]])
    expect(last[0]?.digest).toMatch(/^sha256:[0-9a-f]{64}$/)
  })

  it('needs no such record where there is one last step', () => {
    const { config } = imageOf('one')
    expect(JSON.parse(joinConfigTexts([config]))).toEqual(JSON.parse(config))
  })
})

describe('the manifest of several platforms', () => {
  it('lists every layer once, and the new config', () => {
    const { manifest, config, configDigest, mediaType } = joinCaches([imageOf('one', ['a', 'b']), imageOf('two', ['b', 'c'])])
    expect([configDigest, configOf(manifest), mediaType]).toEqual([sha256(config), sha256(config), 'image'])
    const parsed = JSON.parse(manifest) as { layers: { digest: string; annotations: object }[]; config: { size: number } }
    expect(parsed.layers.map(({ digest }) => digest)).toEqual(['a', 'b', 'c'].map(sha256))
    expect(parsed.layers[2]?.annotations).toEqual({ a: 'c' })
    expect(parsed.config.size).toBe(config.length)
    expect([...(parseCacheManifest(manifest)?.blobs.keys() ?? [])]).toEqual(['a', 'b', 'c'].map(sha256))
  })

  it('an index, as older versions of BuildKit write it, stays one', () => {
    const parts = ['one', 'two'].map(platform => {
      const { config, layers, own } = cacheOf(platform)
      return { config, manifest: JSON.stringify({ schemaVersion: 2, mediaType: 'index', manifests: [...layers, own] }) }
    })
    const { manifest, configDigest } = joinCaches(parts)
    const { manifests } = JSON.parse(manifest) as { manifests: { digest: string }[] }
    expect(manifests.map(({ digest }) => digest)).toEqual([sha256('one layer'), sha256('two layer'), configDigest])
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
})
