import type { Host } from '../host'
import type { CacheRef } from '../plan/cache-plan'
import type { Joined } from '../joined'
import { configOf, ghaIndexKey, joinCaches, joinConfigTexts } from '../plan/joined-cache'
import type { CacheTexts } from '../plan/joined-cache'
import { blobPath, entryTag, parseLayoutIndex, renderLayoutIndex, tagged } from '../plan/oci-layout'
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
  /** To be kept with it. */
  readonly note?: Joined
  /** Digest of the manifest that its name has to stand for until now, or that there has to be none: another job's is not replaced. */
  readonly replaces?: string
}

/**
 * Writes a ref that holds what these refs of the same backend hold; no layer is moved. Gives the digest of its manifest; gha has none. Throws
 * where one cannot be read, or the ref not be written.
 */
export const writeJoined: Readonly<
  Record<Backend, (host: Host, sources: readonly TextSource[], target: TextTarget) => Promise<string | undefined>>
> = {
  async registry({ registry }, sources, { ref: { place, name }, note, replaces }) {
    if (replaces !== undefined) {
      checkReplaced(name, replaces, (await registry.manifest(`${place}:${name}`, requestSeconds))?.digest)
    }
    const texts = await Promise.all(
      sources.map(async ({ ref, digest }): Promise<CacheTexts> => {
        const source = digest === undefined ? `${place}:${ref.name}` : `${place}@${digest}`
        const found = await registry.manifest(source, requestSeconds)
        if (!found) throw new Error(`${source} is not there`)
        return { manifest: found.text, config: await registry.blob(place, configOf(found.text), requestSeconds) }
      })
    )
    const { manifest, config, mediaType, configDigest } = joinCaches(texts, note)
    await registry.pushBlob(place, { digest: configDigest, text: config }, requestSeconds)
    return registry.pushManifest(`${place}:${name}`, { mediaType, text: manifest }, requestSeconds)
  },

  /** In the directory that exports go to, which nothing else writes meanwhile. */
  async local({ files }, sources, { ref: { name }, directory, note, replaces }) {
    const index = parseLayoutIndex((await files.read(`${directory}/index.json`)) ?? '')
    const present = index?.entries.find(entry => entryTag(entry) === name)
    if (replaces !== undefined) checkReplaced(name, replaces, present?.digest)
    const read = async (digest: string | undefined): Promise<string> => {
      const text = digest === undefined ? undefined : await files.read(`${directory}/${blobPath(digest)}`)
      if (text === undefined) throw new Error(`${directory} has no blob ${digest ?? ''}`)
      return text
    }
    const texts = await Promise.all(
      sources.map(async ({ ref }): Promise<CacheTexts> => {
        const manifest = await read(index?.entries.find(entry => entryTag(entry) === ref.name)?.digest)
        return { manifest, config: await read(configOf(manifest)) }
      })
    )
    const { manifest, config, mediaType } = joinCaches(texts, note)
    const put = async (text: string): Promise<string> => {
      await files.write(`${directory}/joined`, text)
      const digest = `sha256:${await files.sha256(`${directory}/joined`)}`
      await files.move(`${directory}/joined`, `${directory}/${blobPath(digest)}`)
      return digest
    }
    await put(config)
    const digest = await put(manifest)
    const entry = tagged({ mediaType, digest, size: Buffer.byteLength(manifest) }, name)
    const others = (index?.entries ?? []).filter(other => entryTag(other) !== name)
    await files.write(`${directory}/index.json`, renderLayoutIndex({ entries: [...others, entry] }))
    return digest
  },

  async gha({ buildkitIndexes, env }, sources, { ref: { name }, replaces }) {
    const keyOf = (scope: string) => {
      const key = ghaIndexKey(scope, env['ACTIONS_RUNTIME_TOKEN'])
      if (key === undefined) throw new Error("cache write denied: the job's token has no writable scopes")
      return key
    }
    const texts = await Promise.all(
      sources.map(async ({ ref }) => {
        const text = await buildkitIndexes.read(keyOf(ref.name), requestSeconds)
        if (text === undefined) throw new Error(`${ref.name} is not there`)
        return text
      })
    )
    // An entry of GitHub's cache does not say which export it is: that there is none can be told.
    const present = replaces === 'nothing' && (await buildkitIndexes.read(keyOf(name), requestSeconds)) !== undefined
    if (present) checkReplaced(name, replaces, 'another')
    await buildkitIndexes.write(keyOf(name), joinConfigTexts(texts), requestSeconds)
    return undefined
  }
}

function checkReplaced(name: string, expected: string, present = 'nothing'): void {
  if (present !== expected) throw new Error(`another job wrote ${name}`)
}
