import { ghaExportOf, ghaLayersIn } from '../../src/plan/gha-export'

const layer = `sha256:${'a'.repeat(64)}`
const other = `sha256:${'b'.repeat(64)}`
const config = JSON.stringify({
  layers: [{ blob: layer, parent: -1 }, { blob: other }],
  records: [{ digest: 'sha256:1', layers: [{ layer: 1, createdAt: '2026-01-01T00:00:00Z' }] }]
})
const entry = (digest: string, annotations: Readonly<Record<string, string>>) => ({
  mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
  digest,
  size: digest === layer ? 10 : 20,
  annotations
})
const own = { mediaType: 'application/vnd.buildkit.cacheconfig.v0', digest: 'sha256:c', size: 1 }
const made = { 'containerd.io/uncompressed': 'sha256:u', 'buildkit/createdat': '2026-01-02T03:04:05.123456789+01:00' }
const mediaType = 'application/vnd.oci.image.manifest.v1+json'
const manifestOf = (annotations: Readonly<Record<string, string>>) =>
  JSON.stringify({ mediaType, config: own, layers: [entry(layer, made), entry(other, annotations)] })

it('the list says of each layer what the manifest says, and of the steps what it said', () => {
  const { text, layers } = ghaExportOf(manifestOf({ 'containerd.io/uncompressed': 'sha256:v' }), config)
  expect(JSON.parse(text)).toEqual({
    layers: [
      {
        blob: layer,
        parent: -1,
        annotations: {
          mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
          diffID: 'sha256:u',
          size: 10,
          createdAt: '2026-01-02T03:04:05.123456789+01:00'
        }
      },
      {
        blob: other,
        annotations: { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', diffID: 'sha256:v', size: 20 }
      }
    ],
    records: [{ digest: 'sha256:1', layers: [{ layer: 1, createdAt: '2026-01-01T00:00:00Z' }] }]
  })
  expect([...layers]).toEqual([
    [layer, 10],
    [other, 20]
  ])
  expect(ghaLayersIn(text)).toEqual(layers)
})

it('an index, as older versions of BuildKit write it, says as much', () => {
  const manifests = [entry(layer, made), entry(other, made), own]
  const index = JSON.stringify({ mediaType: 'application/vnd.oci.image.index.v1+json', manifests })
  expect(ghaExportOf(index, config)).toEqual(ghaExportOf(manifestOf(made), config))
})

it.each([
  ['a manifest that does not say what a layer is', manifestOf({}), config],
  ['one that does not list it', JSON.stringify({ mediaType, config: own, layers: [entry(layer, made)] }), config],
  ['no manifest', '', config],
  ['no config', manifestOf(made), '']
])('%s is an error', (_, manifest, text) => {
  expect(() => ghaExportOf(manifest, text)).toThrow()
})

it('of a list that is none, or of layers without a size, nothing is known', () => {
  expect([ghaLayersIn('').size, ghaLayersIn(config).size]).toEqual([0, 0])
})
