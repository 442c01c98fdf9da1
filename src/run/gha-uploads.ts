import type { Host } from '../host'
import type { CacheRef } from '../plan/cache-plan'
import { ghaExportOf, ghaLayerKey, ghaLayersIn } from '../plan/gha-export'
import { configOf, ghaIndexKey, importedGhaIndexKeys } from '../plan/joined-cache'
import { blobPath } from '../plan/oci-layout'
import { newLanes } from './lanes'
import { requestSeconds } from './text-backend'

/** Requests that ask for layers at once, and layers that are uploaded at once, each in several blocks. */
const atOnce = { ask: 8, upload: 2 }

/**
 * Exports to GitHub's cache by way of a directory. BuildKit's own exporter asks and uploads layer after layer, each in blocks of 1 MiB one after
 * the other (cache/remotecache/gha; go-actions-cache), and takes for saved what another upload reserved and never ended. What comes of it is the same.
 */
export interface GhaUploads {
  /**
   * A directory for BuildKit to export to, in which layers that GitHub's cache has seem to be already. `imported` is what the build imports. Throws where
   * the cache service does not answer.
   */
  begin(ref: CacheRef, imported: CacheRef | undefined): Promise<string>
  /**
   * Saves the layers that are missing, then the list, which the ref is. `digest` is of the manifest that the export wrote. Throws where not all of it is
   * saved.
   */
  finish(directory: string, digest: string, ref: CacheRef, deadline: number): Promise<void>
}

/** For all exports of a job: what one of them asked for or uploads, no other does. */
export function newGhaUploads({ buildkitEntries, clock, env, files }: Host): GhaUploads {
  const lanes = newLanes(atOnce)
  const token = env['ACTIONS_RUNTIME_TOKEN']
  /** Bytes of layers by digest: in GitHub's cache, or on the way there. */
  const present = new Map<string, number>()
  const asked = new Map<string, Promise<void>>()
  const uploads = new Map<string, Promise<void>>()
  const listed = new Map<string, Promise<ReadonlyMap<string, number>>>()

  const ask = (digest: string, size: number): Promise<void> => {
    const asking =
      asked.get(digest) ??
      lanes.enter('ask', async () => {
        if (await buildkitEntries.has(ghaLayerKey(digest), requestSeconds)) present.set(digest, size)
      })
    asked.set(digest, asking)
    return asking
  }

  const layersOf = (key: string): Promise<ReadonlyMap<string, number>> => {
    const reading = listed.get(key) ?? buildkitEntries.read(key, requestSeconds).then(text => ghaLayersIn(text ?? ''))
    listed.set(key, reading)
    return reading
  }

  const upload = (digest: string, path: string, deadline: number): Promise<void> => {
    const uploading =
      uploads.get(digest) ??
      lanes.enter('upload', async () => {
        if (await buildkitEntries.has(ghaLayerKey(digest), requestSeconds)) return
        await buildkitEntries.save(ghaLayerKey(digest), path, Math.max(1, (deadline - clock.now()) / 1000))
      })
    uploads.set(digest, uploading)
    return uploading
  }

  return {
    async begin(ref, imported) {
      const own = ghaIndexKey(ref.name, token)
      const keys = [
        ...(own === undefined ? [] : [own]),
        ...(imported?.backend === 'gha' ? importedGhaIndexKeys(imported.name, token) : [])
      ]
      const lists = await Promise.all([...new Set(keys)].map(layersOf))
      await Promise.all(lists.flatMap(list => [...list].map(([digest, size]) => ask(digest, size))))
      const directory = await files.makeTemporary('gha-export-')
      await files.makeDirectory(`${directory}/blobs/sha256`)
      for (const [digest, size] of present) {
        const path = blobPath(digest)
        if (path !== undefined) await files.makeHole(`${directory}/${path}`, size)
      }
      return directory
    },
    async finish(directory, digest, ref, deadline) {
      const read = async (blob: string): Promise<string> => (await files.read(`${directory}/${blobPath(blob) ?? ''}`)) ?? ''
      const manifest = await read(digest)
      const { text, layers } = ghaExportOf(manifest, await read(configOf(manifest)))
      const key = ghaIndexKey(ref.name, token)
      if (key === undefined) throw new Error("cache write denied: the job's token has no writable scopes")
      const missing = [...layers].filter(([layer]) => !present.has(layer) || uploads.has(layer))
      for (const [layer, size] of missing) present.set(layer, size)
      await Promise.all(missing.map(([layer]) => upload(layer, `${directory}/${blobPath(layer) ?? ''}`, deadline)))
      await buildkitEntries.write(key, text, requestSeconds)
    }
  }
}
