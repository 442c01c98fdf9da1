import type { Files } from '../host'
import { completeCache, configOf, joinCaches } from '../plan/joined-cache'
import type { CacheTexts, JoinedCache } from '../plan/joined-cache'
import { blobPath, entryTag, parseLayoutIndex, renderLayoutIndex, tagged } from '../plan/oci-layout'
import type { LayoutIndex } from '../plan/oci-layout'
import { checkReplaced } from './text-backend'
import type { TextBackend } from './text-backend'

/** In the directory that exports go to, which nothing else writes meanwhile. */
export const localTexts: TextBackend = {
  readImported: ({ files }, { digest }, directory) => storedTexts(files, directory, digest),
  async writeJoined({ files }, sources, { ref: { name }, directory, note, replaces }) {
    const index = await readIndex(files, directory)
    if (replaces !== undefined) checkReplaced(name, replaces, digestOf(index, name))
    const digests = sources.map(({ ref }) => digestOf(index, ref.name))
    const texts = await Promise.all(digests.map(digest => storedTexts(files, directory, digest)))
    return storeCache(files, directory, name, joinCaches(texts, note))
  },
  async complete({ files }, { exported, imported, directory }) {
    const cache = completeCache(await storedTexts(files, directory, exported.digest), imported)
    return cache && storeCache(files, directory, exported.ref.name, cache)
  }
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
