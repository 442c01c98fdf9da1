import type { Files, Host } from '../host'
import type { CacheRef } from '../plan/cache-plan'
import type { Joined } from '../joined'
import { completeCache, completeConfigText, configOf, ghaIndexKey, joinCaches, joinConfigTexts } from '../plan/joined-cache'
import type { CacheTexts, JoinedCache } from '../plan/joined-cache'
import { blobPath, entryTag, parseLayoutIndex, renderLayoutIndex, tagged } from '../plan/oci-layout'
import type { LayoutIndex } from '../plan/oci-layout'
import type { Backend } from '../reasons'

/** Seconds that reading or writing one text of a cache may take. */
const requestSeconds = 10

export interface TextSource {
  readonly ref: CacheRef
  /** Of its manifest, where known: another job may write the same name meanwhile. */
  readonly digest?: string
}

export interface TextTarget {
  readonly ref: CacheRef
  /** Directory that local exports of this job are written to. */
  readonly directory: string
  /** To be kept with it, where it holds what several builds saved. */
  readonly note?: Joined
  /** Digest of the manifest that its name has to stand for until now, or that there has to be none: another job's is not replaced. */
  readonly replaces?: string
}

/** The texts of a ref that an export wrote and of the one that its build imported, both with the digests of their manifests but in gha. */
export interface Completion {
  readonly exported: TextSource
  readonly imported: TextSource
  /** Directory that local exports of this job are written to. */
  readonly directory: string
}

interface TextBackend {
  /**
   * Writes a ref that holds what these refs of the same backend hold; no layer is moved. Gives the digest of its manifest; gha has none. Throws
   * where one cannot be read, or the ref not be written.
   */
  writeJoined(host: Host, sources: readonly TextSource[], target: TextTarget): Promise<string | undefined>
  /**
   * Writes the exported ref anew where it lacks what the imported one knows of the same steps (join-configs.ts). Gives the digest of its manifest then.
   * Throws as `writeJoined`.
   */
  complete(host: Host, completion: Completion): Promise<string | undefined>
}

/** What is done with the texts of caches, manifests and configs, and without their layers. */
export const cacheTexts: Readonly<Record<Backend, TextBackend>> = {
  registry: {
    async writeJoined(host, sources, { ref, note, replaces }) {
      if (replaces !== undefined) {
        const present = await host.registry.manifest(`${ref.place}:${ref.name}`, requestSeconds)
        checkReplaced(ref.name, replaces, present?.digest)
      }
      return pushCache(host, ref, joinCaches(await Promise.all(sources.map(source => pulledTexts(host, source))), note))
    },
    async complete(host, { exported, imported }) {
      const { ref, digest } = exported
      // By its name, which shows whether another job wrote it meanwhile.
      const [ours, theirs] = await Promise.all([pulledTexts(host, { ref }), pulledTexts(host, imported)])
      checkReplaced(ref.name, digest, ours.digest)
      const cache = completeCache(ours, theirs)
      return cache && pushCache(host, ref, cache)
    }
  },

  /** In the directory that exports go to, which nothing else writes meanwhile. */
  local: {
    async writeJoined({ files }, sources, { ref: { name }, directory, note, replaces }) {
      const index = await readIndex(files, directory)
      if (replaces !== undefined) checkReplaced(name, replaces, digestOf(index, name))
      const digests = sources.map(({ ref }) => digestOf(index, ref.name))
      const texts = await Promise.all(digests.map(digest => storedTexts(files, directory, digest)))
      return storeCache(files, directory, name, joinCaches(texts, note))
    },
    async complete({ files }, { exported, imported, directory }) {
      const digests = [exported, imported].map(({ digest }) => digest)
      const [ours, theirs] = await Promise.all(digests.map(digest => storedTexts(files, directory, digest)))
      const cache = ours && theirs && completeCache(ours, theirs)
      return cache && storeCache(files, directory, exported.ref.name, cache)
    }
  },

  gha: {
    async writeJoined({ buildkitIndexes, env }, sources, { ref: { name }, note, replaces }) {
      const key = indexKey(env, name)
      const texts = await Promise.all(
        sources.map(async ({ ref }) => {
          const text = await buildkitIndexes.read(indexKey(env, ref.name), requestSeconds)
          if (text === undefined) throw new Error(`${ref.name} is not there`)
          return text
        })
      )
      // An entry of GitHub's cache does not say which export it is: that there is none can be told.
      const present = replaces === 'nothing' && (await buildkitIndexes.read(key, requestSeconds)) !== undefined
      if (present) checkReplaced(name, replaces, 'another')
      await buildkitIndexes.write(key, joinConfigTexts(texts, note), requestSeconds)
      return undefined
    },
    /** What was written before is what was imported, or another job's ref of the same stage: its steps are the same where their keys and layers are. */
    async complete({ buildkitIndexes, env }, { exported: { ref } }) {
      const key = indexKey(env, ref.name)
      const [ours, theirs] = await buildkitIndexes.newestTwo(key, requestSeconds)
      const text = ours !== undefined && theirs !== undefined ? completeConfigText(ours, theirs) : undefined
      if (text !== undefined) await buildkitIndexes.write(key, text, requestSeconds)
      return undefined
    }
  }
}

async function pulledTexts({ registry }: Host, { ref, digest }: TextSource): Promise<CacheTexts & { readonly digest: string }> {
  const source = digest === undefined ? `${ref.place}:${ref.name}` : `${ref.place}@${digest}`
  const found = await registry.manifest(source, requestSeconds)
  if (!found) throw new Error(`${source} is not there`)
  const config = await registry.blob(ref.place, configOf(found.text), requestSeconds)
  return { digest: found.digest, manifest: found.text, config }
}

async function pushCache({ registry }: Host, { place, name }: CacheRef, cache: JoinedCache): Promise<string> {
  await registry.pushBlob(place, { digest: cache.configDigest, text: cache.config }, requestSeconds)
  return registry.pushManifest(`${place}:${name}`, { mediaType: cache.mediaType, text: cache.manifest }, requestSeconds)
}

async function readIndex(files: Files, directory: string): Promise<LayoutIndex | undefined> {
  return parseLayoutIndex((await files.read(`${directory}/index.json`)) ?? '')
}

function digestOf(index: LayoutIndex | undefined, name: string): string | undefined {
  return index?.entries.find(entry => entryTag(entry) === name)?.digest
}

async function storedTexts(files: Files, directory: string, digest: string | undefined): Promise<CacheTexts> {
  const read = async (blob: string | undefined): Promise<string> => {
    const text = blob === undefined ? undefined : await files.read(`${directory}/${blobPath(blob)}`)
    if (text === undefined) throw new Error(`${directory} has no blob ${blob ?? ''}`)
    return text
  }
  const manifest = await read(digest)
  return { manifest, config: await read(configOf(manifest)) }
}

async function storeCache(files: Files, directory: string, name: string, cache: JoinedCache): Promise<string> {
  const put = async (text: string): Promise<string> => {
    await files.write(`${directory}/joined`, text)
    const digest = `sha256:${await files.sha256(`${directory}/joined`)}`
    await files.move(`${directory}/joined`, `${directory}/${blobPath(digest)}`)
    return digest
  }
  await put(cache.config)
  const digest = await put(cache.manifest)
  const entry = tagged({ mediaType: cache.mediaType, digest, size: Buffer.byteLength(cache.manifest) }, name)
  const others = ((await readIndex(files, directory))?.entries ?? []).filter(other => entryTag(other) !== name)
  await files.write(`${directory}/index.json`, renderLayoutIndex({ entries: [...others, entry] }))
  return digest
}

function indexKey(env: Host['env'], scope: string): string {
  const key = ghaIndexKey(scope, env['ACTIONS_RUNTIME_TOKEN'])
  if (key === undefined) throw new Error("cache write denied: the job's token has no writable scopes")
  return key
}

function checkReplaced(name: string, expected = 'nothing', present = 'nothing'): void {
  if (present !== expected) throw new Error(`another job wrote ${name}`)
}
