import { messageOf } from '../errors'
import type { Host } from '../host'
import type { CacheRef } from '../plan/cache-plan'
import { ghaExportOf, ghaLayerKey, ghaLayersIn } from '../plan/gha-export'
import type { GhaExport } from '../plan/gha-export'
import { listId } from '../plan/coverage'
import { completeConfigText, configOf, importedGhaIndexKeys } from '../plan/joined-cache'
import { blobPath, parseLayoutIndex } from '../plan/oci-layout'
import { indexKey } from './gha-texts'
import { newLanes } from './lanes'
import type { ReadTexts } from './text-backend'

/** Exports that are written to a directory at once, requests that ask for layers, and layers that are uploaded, each in several blocks. */
const atOnce = { write: 2, ask: 8, upload: 2 }

/** Seconds that the service may take to say what it has. */
const answerSeconds = 30

export interface GhaExportRequest {
  readonly ref: CacheRef
  /** What the export's build imports, and what the ref is completed from. */
  readonly imported: readonly CacheRef[]
  /** Has BuildKit export to a directory, in which layers that GitHub's cache has seem to be already. Whether it did. */
  readonly write: (directory: string) => Promise<boolean>
  /** Called when other exports find in their directories what this one wrote. */
  readonly onLayersWritten: () => void
  /** What the ref is to have as well, where it lacks it (join-configs.ts). */
  readonly completion: Promise<readonly ReadTexts[]>
  /** Before this the list is not written. Never rejects. */
  readonly announced: Promise<void>
  /** Milliseconds since the epoch. */
  readonly deadline: number
}

/** A list that was written. */
export interface SavedList {
  /** What it is known by. */
  readonly id: string
  /** Bytes of the layers that it names, by digest. */
  readonly layers: ReadonlyMap<string, number>
  /** It was to have more, and does not. */
  readonly lacks?: true
}

/**
 * Exports to GitHub's cache by way of a directory. BuildKit's own exporter asks and uploads layer after layer, each in blocks of 1 MiB one after
 * the other (cache/remotecache/gha; go-actions-cache), and takes for saved what another upload reserved and never ended.
 */
export interface GhaUploads {
  /**
   * Saves the layers that are missing, then the list, which the ref is. Gives nothing where BuildKit wrote nothing. Throws where
   * not all of it is saved.
   */
  save(request: GhaExportRequest): Promise<SavedList | undefined>
}

/** For all exports of a job: what one of them asked for or uploads, no other does. So long is waited for a layer that another job began to upload. */
export function newGhaUploads({ buildkitEntries, clock, env, files, log }: Host, patienceSeconds: number): GhaUploads {
  const lanes = newLanes(atOnce)
  /** Bytes of layers by digest: in GitHub's cache, or on the way there. */
  const present = new Map<string, number>()
  const asked = new Map<string, Promise<void>>()
  const listed = new Map<string, Promise<ReadonlyMap<string, number>>>()
  /** Of a layer that could not be uploaded, too: its name stays reserved. */
  const uploads = new Map<string, Promise<void>>()

  /** What the service has refused since it last answered: time that is over was spent waiting for that. */
  let trouble: unknown

  const secondsLeft = (deadline: number) => {
    const left = (deadline - clock.now()) / 1000
    if (left <= 0) throw trouble ?? new Error('the time for saving it was over')
    return left
  }
  const heard = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      const given = await answer
      trouble = undefined
      return given
    } catch (error) {
      trouble = error
      throw error
    }
  }
  const once = <T>(known: Map<string, Promise<T>>, key: string, work: () => Promise<T>): Promise<T> => {
    const begun = known.get(key) ?? work()
    known.set(key, begun)
    return begun
  }

  /** What cannot be known is taken for missing: then it is copied, and perhaps in vain. */
  async function askFor(own: string, { imported, deadline }: GhaExportRequest): Promise<void> {
    const unknown = (error: unknown) => log.debug(`Layers in GitHub's cache are not known: ${messageOf(error)}`)
    const seconds = () => Math.min(answerSeconds, secondsLeft(deadline))
    const layersIn = (key: string) =>
      once(listed, key, async () => {
        const text = await heard(buildkitEntries.read(key, seconds())).catch(unknown)
        return ghaLayersIn(text ?? '')
      })
    const ask = (digest: string, bytes: number) =>
      once(asked, digest, () =>
        lanes.enter('ask', async () => {
          if (await heard(buildkitEntries.has(ghaLayerKey(digest), seconds())).catch(unknown)) present.set(digest, bytes)
        })
      )
    const keys = imported
      .filter(({ backend }) => backend === 'gha')
      .flatMap(({ name }) => importedGhaIndexKeys(name, env['ACTIONS_RUNTIME_TOKEN']))
    const lists = await Promise.all([...new Set([own, ...keys])].map(layersIn))
    await Promise.all(lists.flatMap(list => [...list].map(([digest, bytes]) => ask(digest, bytes))))
  }

  async function upload(layer: string, path: string, deadline: number): Promise<void> {
    const key = ghaLayerKey(layer)
    if (await heard(buildkitEntries.has(key, Math.min(answerSeconds, secondsLeft(deadline))))) return
    await heard(buildkitEntries.save(key, path, patienceSeconds, secondsLeft(deadline)))
  }

  /** What BuildKit exported, with the uploads that it takes, which have begun; undefined where it exported nothing. */
  async function written(directory: string, { write, deadline }: GhaExportRequest) {
    await files.makeDirectory(`${directory}/blobs/sha256`)
    // As they are now: while holes are made, others come to be known.
    const [holes, onTheWay] = [new Map(present), new Map(uploads)]
    for (const [digest, bytes] of holes) await files.makeHole(pathOf(directory, digest), bytes)
    if (!(await write(directory))) return undefined
    // A stage without layers leaves no list.
    const [entry] = parseLayoutIndex((await files.read(`${directory}/index.json`)) ?? '')?.entries ?? []
    if (!entry) return undefined
    const read = async (blob: string): Promise<string> => (await files.read(pathOf(directory, blob))) ?? ''
    const manifest = await read(entry.digest)
    const exported = ghaExportOf(manifest, await read(configOf(manifest)))
    const uploading = [...exported.layers].flatMap(([layer, bytes]) => {
      if (holes.has(layer)) return onTheWay.get(layer) ?? []
      present.set(layer, bytes)
      return once(uploads, layer, () => lanes.enter('upload', () => upload(layer, pathOf(directory, layer), deadline)))
    })
    return { ...exported, uploading: Promise.allSettled(uploading) }
  }

  /** With what the list lacks, as far as all layers of that are there. */
  async function completed({ text, layers }: GhaExport, sources: readonly ReadTexts[]) {
    let [list, lacks] = [text, sources.includes('unread')]
    for (const source of sources) {
      const complete = source === 'unread' ? undefined : completeConfigText(list, source.config)
      if (complete === undefined) continue
      const more = [...ghaLayersIn(complete).keys()].filter(layer => !layers.has(layer))
      const ended = await Promise.allSettled(more.map(layer => uploads.get(layer)))
      if (more.every(layer => present.has(layer)) && ended.every(({ status }) => status === 'fulfilled')) list = complete
      else lacks = true
    }
    return { list, lacks }
  }

  return {
    async save(request) {
      const own = indexKey(env, request.ref.name)
      const directory = await files.makeTemporary('gha-export-')
      try {
        await askFor(own, request)
        const exported = await lanes.enter('write', () => written(directory, request))
        request.onLayersWritten()
        if (!exported) return undefined
        const [ended, sources] = await Promise.all([exported.uploading, request.completion, request.announced])
        const failed = ended.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined
        if (failed) throw failed.reason
        const { list, lacks } = await completed(exported, sources)
        await buildkitEntries.write(own, list, secondsLeft(request.deadline))
        return { id: listId(list), layers: ghaLayersIn(list), ...(lacks ? { lacks } : {}) }
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
