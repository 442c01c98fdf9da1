import { parseImageManifest } from '../../src/plan/image-manifest'

const layer = (digest: string, size: number) => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd', digest, size })
const manifest = (digest: string, annotations?: object) => ({ digest, size: 500, ...(annotations ? { annotations } : {}) })
const attestation = { 'vnd.docker.reference.type': 'attestation-manifest' }

test.each([
  {
    description: 'an image: its layers, each once',
    text: { config: layer('c', 1000), layers: [layer('a', 5), layer('b', 7), layer('a', 5)] },
    expected: {
      layers: new Map([
        ['a', 5],
        ['b', 7]
      ])
    }
  },
  { description: 'an image without layers', text: { layers: [] }, expected: { layers: new Map() } },
  {
    description: 'an index: its images without their attestations',
    text: { manifests: [manifest('amd'), manifest('arm'), manifest('att', attestation)] },
    expected: { platforms: ['amd', 'arm'] }
  },
  { description: 'another list', text: { manifests: ['x'] }, expected: undefined },
  { description: 'layers without sizes', text: { layers: [{ digest: 'a' }] }, expected: undefined },
  {
    description: 'no platform has so many',
    text: { manifests: Array.from({ length: 41 }, () => manifest('x')) },
    expected: undefined
  },
  { description: 'null', text: null, expected: undefined }
])('$description', ({ text, expected }) => expect(parseImageManifest(JSON.stringify(text))).toEqual(expected))

test('no JSON', () => expect(parseImageManifest('<html>')).toBeUndefined())
