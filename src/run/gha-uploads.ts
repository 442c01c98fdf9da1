import type { Host } from '../host'
import type { CacheRef } from '../plan/cache-plan'
import { ghaExportOf, ghaLayerKey, ghaLayersIn } from '../plan/gha-export'
import { completeConfigText, configOf, ghaIndexKey, importedGhaIndexKeys } from '../plan/joined-cache'
import type { CacheTexts } from '../plan/joined-cache'
import { blobPath } from '../plan/oci-layout'
import { newLanes } from './lanes'

/** Exports that are written to a directory at once, requests that ask for layers, and layers that are uploaded, each in several blocks. */
const atOnce = { write: 1, ask: 8, upload: 2 }

/** Seconds that the service may take to say what it has: a slow one is no trouble, one that hangs must not hold the job. */
const answerSeconds = 30

export interface GhaExportRequest {
  readonly ref: CacheRef
  /** What the export's build imports. */
  readonly imported: CacheRef | undefined
  /** Has BuildKit export to a directory, in which layers that GitHub's cache has seem to be already. Gives the manifest's digest; undefined where it failed. */
  readonly write: (directory: string) => Promise<string | undefined>
  /** What the ref is to have as well, where it lacks it (join-configs.ts). */
  readonly completion: Promise<CacheTexts | undefined>
  /** Milliseconds since the epoch. */
  readonly deadline: number
}

/**
 * Exports to GitHub's cache by way of a directory. BuildKit's own exporter asks and uploads layer after layer, each in blocks of 1 MiB one after
 * the other (cache/remotecache/gha; go-actions-cache), and takes for saved what another upload reserved and never ended. What comes of it is the same.
 */
export interface GhaUploads {
  /** Saves the layers that are missing, then the list, which the ref is. Whether BuildKit wrote it; throws where not all of it is saved. */
  save(request: GhaExportRequest): Promise<boolean>
}

/** For all exports of a job: what one of them asked for or uploads, no other does. */
export function newGhaUploads({ buildkitEntries, clock, env, files }: Host): GhaUploads {
  const lanes = newLanes(atOnce)
  const token = env['ACTIONS_RUNTIME_TOKEN']
  /** Bytes of layers by digest: in GitHub's cache, or on the way there. */
  const present = new Map<string, number>()
  const asked = new Map<string, Promise<void>>()
  const listed = new Map<string, Promise<ReadonlyMap<string, number>>>()
  const uploads = new Map<string, Promise<void>>()

  const secondsLeft = (deadline: number) => Math.max(1, (deadline - clock.now()) / 1000)
  const once = <T>(known: Map<string, Promise<T>>, key: string, work: () => Promise<T>): Promise<T> => {
    const begun = known.get(key) ?? work()
    known.set(key, begun)
    return begun
  }
  const ask = (digest: string, bytes: number) =>
    once(asked, digest, () =>
      lanes.enter('ask', async () => {
        if (await buildkitEntries.has(ghaLayerKey(digest), answerSeconds)) present.set(digest, bytes)
      })
    )
  const layersIn = (key: string) =>
    once(listed, key, async () => ghaLayersIn((await buildkitEntries.read(key, answerSeconds)) ?? ''))

  async function askFor(own: string, imported: CacheRef | undefined): Promise<void> {
    const keys = imported?.backend === 'gha' ? importedGhaIndexKeys(imported.name, token) : []
    const lists = await Promise.all([...new Set([own, ...keys])].map(layersIn))
    await Promise.all(lists.flatMap(list => [...list].map(([digest, bytes]) => ask(digest, bytes))))
  }

  async function upload(layer: string, path: string, deadline: number): Promise<void> {
    try {
      await buildkitEntries.save(ghaLayerKey(layer), path, secondsLeft(deadline))
    } catch (error) {
      // The next export that has the layer may try again.
      present.delete(layer)
      uploads.delete(layer)
      throw error
    }
  }

  /** What BuildKit exported, with the uploads that it takes, which have begun; undefined where it failed. */
  async function written(directory: string, { write, deadline }: GhaExportRequest) {
    await files.makeDirectory(`${directory}/blobs/sha256`)
    const [holes, onTheWay] = [new Set(present.keys()), new Map(uploads)]
    for (const [digest, bytes] of present) await files.makeHole(pathOf(directory, digest), bytes)
    const digest = await write(directory)
    if (digest === undefined) return undefined
    const read = async (blob: string): Promise<string> => (await files.read(pathOf(directory, blob))) ?? ''
    const manifest = await read(digest)
    const { text, layers } = ghaExportOf(manifest, await read(configOf(manifest)))
    const uploading = [...layers].flatMap(([layer, bytes]) => {
      if (holes.has(layer)) return onTheWay.get(layer) ?? []
      present.set(layer, bytes)
      return once(uploads, layer, () => lanes.enter('upload', () => upload(layer, pathOf(directory, layer), deadline)))
    })
    return { text, uploading: Promise.allSettled(uploading) }
  }

  return {
    async save(request) {
      const own = ghaIndexKey(request.ref.name, token)
      if (own === undefined) throw new Error("cache write denied: the job's token has no writable scopes")
      const directory = await files.makeTemporary('gha-export-')
      try {
        await askFor(own, request.imported)
        const exported = await lanes.enter('write', () => written(directory, request))
        if (!exported) return false
        const [ended, completion] = await Promise.all([exported.uploading, request.completion.catch(() => undefined)])
        const failed = ended.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined
        if (failed) throw failed.reason
        const complete = completion && completeConfigText(exported.text, completion.config)
        await buildkitEntries.write(own, complete ?? exported.text, secondsLeft(request.deadline))
        return true
      } finally {
        await files.remove(directory)
      }
    }
  }
}

function pathOf(directory: string, digest: string): string {
  const path = blobPath(digest)
  if (path === undefined) throw new Error(`${digest} is no digest`)
  return `${directory}/${path}`
}
