import type { Host } from '../../src/host'
import { foundByManifest } from '../../src/plan/coverage'
import { registryTexts } from '../../src/run/registry-texts'
import { diamond, planOf, refOf } from '../helpers/plans'

const ref = refOf(planOf(diamond), 'deps')
const now = Date.parse('2026-11-21T12:00:00Z')
const text = JSON.stringify({
  schemaVersion: 2,
  mediaType: 'application/x',
  layers: [],
  annotations: { 'stage-cache-build.joined': '{}' }
})

/** Renews a ref that was found as `id`, where its name stands for the text above by now, or for nothing. */
async function renew(id: string | undefined, there = true) {
  const pushed: { reference: string; text: string }[] = []
  const registry = {
    manifest: () => Promise.resolve(there ? { digest: 'sha256:there', text } : undefined),
    pushManifest: (reference: string, manifest: { text: string }) => {
      pushed.push({ reference, text: manifest.text })
      return Promise.resolve('sha256:renewed')
    }
  }
  const host = { registry, clock: { now: () => now } } as unknown as Host
  return { digest: await registryTexts.renew?.(host, ref, id), pushed }
}

test('the manifest is written anew under its name, with what it said and the time', async () => {
  const { digest, pushed } = await renew('sha256:there')
  expect([digest, pushed.map(({ reference }) => reference)]).toEqual(['sha256:renewed', [`${ref.place}:${ref.name}`]])
  expect(JSON.parse(pushed[0]?.text ?? '')).toEqual({
    schemaVersion: 2,
    mediaType: 'application/x',
    layers: [],
    annotations: { 'stage-cache-build.joined': '{}', 'stage-cache-build.renewed': '2026-11-21T12:00:00.000Z' }
  })
  const config = { mediaType: 'application/vnd.buildkit.cacheconfig.v0', digest: `sha256:${'a'.repeat(64)}`, size: 2 }
  const [before, after] = [text, pushed[0]?.text ?? ''].map(manifest => JSON.stringify({ ...JSON.parse(manifest), config }))
  expect(foundByManifest(ref, 'sha256:there', before ?? '')).toMatchObject({ id: 'sha256:there' })
  expect(foundByManifest(ref, 'sha256:there', before ?? '')?.renewedAt).toBeUndefined()
  expect(foundByManifest(ref, 'sha256:renewed', after ?? '')?.renewedAt).toBe(now)
})

test('what another job wrote meanwhile is left as it is', async () => {
  expect(await renew('sha256:before')).toEqual({ digest: undefined, pushed: [] })
})

test('what is not there cannot be renewed', async () => {
  await expect(renew('sha256:there', false)).rejects.toThrow(`${ref.place}:${ref.name} is not there`)
})
