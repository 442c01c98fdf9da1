import type { Host } from '../host'
import type { CacheRef } from '../plan/cache-plan'
import { completeCache, configOf, joinCaches, renewedManifest } from '../plan/joined-cache'
import type { CacheTexts, JoinedCache } from '../plan/joined-cache'
import { checkReplaced, requestSeconds } from './text-backend'
import type { TextBackend, TextSource } from './text-backend'

export const registryTexts: TextBackend = {
  readImported: (host, source) => pulledTexts(host, source),
  async writeJoined(host, sources, { ref, note, replaces }) {
    if (replaces !== undefined) {
      const present = await host.registry.manifest(`${ref.place}:${ref.name}`, requestSeconds)
      checkReplaced(ref.name, replaces, present?.digest)
    }
    const texts = await Promise.all(sources.map(source => pulledTexts(host, source)))
    return pushCache(host, ref, joinCaches(texts, note))
  },
  async complete(host, { exported: { ref, digest }, imported }) {
    // By its name, which shows whether another job wrote it meanwhile.
    const ours = await pulledTexts(host, { ref })
    checkReplaced(ref.name, digest, ours.digest)
    const cache = completeCache(ours, imported)
    return cache && pushCache(host, ref, cache)
  },
  async renew({ registry, clock }, { place, name }, id) {
    const source = `${place}:${name}`
    const found = await registry.manifest(source, requestSeconds)
    if (!found) throw new Error(`${source} is not there`)
    if (found.digest !== id) return undefined
    return registry.pushManifest(source, renewedManifest(found.text, new Date(clock.now()).toISOString()), requestSeconds)
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
