import type { Host } from '../../src/host'
import type { ExportOutcome } from '../../src/run/export-build'
import { measureImage } from '../../src/run/image-size'
import { measureRefs, readManifest } from '../../src/run/ref-sizes'
import { inputsWith } from '../inputs/fixture'
import { diamond, foundWith, planOf, refOf } from '../helpers/plans'

/** A registry that has these manifests, and what it was asked for. */
function registryOf(manifests: Readonly<Record<string, object>>) {
  const asked: string[] = []
  const host = {
    registry: {
      manifest(reference: string) {
        asked.push(reference)
        const found = manifests[reference.replace(/^.*@/, '')]
        return found
          ? Promise.resolve({ digest: reference.replace(/^.*@/, ''), text: JSON.stringify(found) })
          : Promise.reject(new Error('503'))
      }
    }
  } as unknown as Host
  return { host, asked }
}

const layer = (digest: string, size: number) => ({ digest, size })
const config = { mediaType: 'application/vnd.buildkit.cacheconfig.v0', digest: 'c', size: 10 }

describe('refs that were written', () => {
  const plan = planOf(diamond)
  const saved = (stage: string, digest = stage): ExportOutcome => ({
    stage,
    ref: refOf(plan, stage),
    exported: 'yes',
    digest,
    seconds: 1,
    ranSteps: [],
    detail: ''
  })
  const { host, asked } = registryOf({
    deps: { config, layers: [layer('a', 100), layer('b', 20)] },
    final: { config, layers: [layer('a', 100), layer('b', 20), layer('d', 3)] }
  })
  const written = [saved('deps'), saved('final'), saved('tools', 'gone'), { ...saved('base'), exported: 'failed' as const }]
  const read = () => Promise.all(written.map(async outcome => ({ ...outcome, manifest: await readManifest(host, outcome) })))

  test('are asked for where one was written', async () => {
    expect((await read()).map(({ manifest }) => manifest !== undefined)).toEqual([true, true, false, false])
    expect(asked.map(reference => reference.replace(/^.*@/, ''))).toEqual(['deps', 'final', 'gone'])
  })

  test('each new layer counts once, for the first ref that has it', async () => {
    const before = { found: [foundWith(refOf(plan, 'base'), 'a')], lookedUp: ['registry'] as const }
    const sizes = measureRefs(await read(), before)
    expect([...sizes].map(([{ stage }, { bytes, newBytes }]) => [stage, bytes > 120, newBytes])).toEqual([
      ['deps', true, 20],
      ['final', true, 3]
    ])
  })

  test("in GitHub's cache, by the list that was written", () => {
    const list = {
      id: 'l',
      layers: new Map([
        ['a', 100],
        ['b', 20]
      ])
    }
    const sizes = measureRefs([{ ...saved('deps'), list }], { found: [], lookedUp: [] })
    expect([...sizes.values()]).toEqual([{ bytes: 120 }])
  })

  test('what was there before is not known where nobody could be asked', async () => {
    const sizes = measureRefs(await read(), { found: [], lookedUp: [] })
    expect([...sizes.values()].map(({ newBytes }) => newBytes)).toEqual([undefined, undefined])
  })
})

describe('the image', () => {
  const image = (status: string, digest = 'index', exitCode = 0) =>
    ({
      run: { exitCode },
      results: [{ status }],
      metadata: JSON.stringify({ 'containerimage.digest': digest })
    }) as unknown as Parameters<typeof measureImage>[2]
  const manifests = {
    index: {
      manifests: [
        layer('amd', 1),
        layer('arm', 1),
        { ...layer('x', 1), annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } }
      ]
    },
    amd: { layers: [layer('shared', 100), layer('one', 5)] },
    arm: { layers: [layer('shared', 100), layer('two', 7)] },
    broken: { manifests: [layer('amd', 1), layer('nowhere', 1)] }
  }
  const pushed = { push: 'true', tags: 'ghcr.io/acme/app:1' }
  test.each([
    ['all platforms, what they share once', pushed, image('partial'), 112, 3],
    ['of one platform', pushed, image('miss', 'amd'), 105, 1],
    ['not asked where nothing ran', pushed, image('hit'), undefined, 0],
    ['asked all the same for metrics', { ...pushed, 'metrics-file': 'x.prom' }, image('hit'), 112, 3],
    ['not asked where nobody wants to know', { ...pushed, 'max-image-growth': 'off' }, image('miss'), undefined, 0],
    ['not asked where nothing is remembered', { ...pushed, explain: 'false' }, image('miss'), undefined, 0],
    ['not known where it is not pushed', { tags: 'app:1' }, image('miss'), undefined, 0],
    ['not known where the build failed', pushed, image('miss', 'index', 1), undefined, 0],
    ['not known where a manifest cannot be read', pushed, image('miss', 'broken'), undefined, 3],
    ['not known without a digest', pushed, image('miss', ''), undefined, 0]
  ])('%s', async (_, inputs, built, expected, requests) => {
    const { host, asked } = registryOf(manifests)
    expect([await measureImage(host, { inputs: inputsWith(inputs) }, built), asked.length]).toEqual([expected, requests])
  })
})
