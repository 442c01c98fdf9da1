import { lastLine, messageOf } from '../errors'
import type { Host } from '../host'
import type { CacheRef } from '../plan/cache-plan'
import { configOf, ghaIndexKey, joinCaches, joinConfigTexts } from '../plan/joined-cache'
import type { CacheTexts } from '../plan/joined-cache'
import { blobPath, entryTag, parseLayoutIndex, renderLayoutIndex, tagged } from '../plan/oci-layout'
import { isRefusal } from '../plan/permissions'
import type { Cancellation } from './cancellation'
import { runExport } from './export-build'
import type { ExportOutcome, ExportRequest } from './export-build'

/** Seconds that reading or writing one text of a cache in a registry may take. */
const requestSeconds = 30

export interface JoinedExportRequest extends ExportRequest {
  /** Platforms built together are exported each by itself, under a name of its own. */
  readonly apart: boolean
}

/**
 * Exports a stage: of several platforms each by a build of its own, one after the other, or all by one; then one ref is made of what they wrote
 * (joined-cache.ts says why). A failure never throws: it is an outcome.
 */
export async function runJoinedExport(
  host: Host,
  cancellation: Cancellation,
  request: JoinedExportRequest
): Promise<ExportOutcome & { readonly timedOut?: boolean }> {
  const { ref, inputs, apart } = request
  if (!ref.parts || (ref.backend === 'gha' && !host.buildkitIndexes.available)) return runExport(host, cancellation, request)
  const done: ExportOutcome[] = []
  let seconds = 0
  const together = [{ platforms: inputs.platforms, name: ref.name }]
  for (const { platforms, name } of apart ? ref.parts.map(one => ({ platforms: [one.platform], name: one.name })) : together) {
    const outcome = await runExport(host, cancellation, {
      ...request,
      inputs: { ...inputs, platforms },
      ref: { ...ref, name },
      timeoutSeconds: Math.max(1, request.timeoutSeconds - seconds)
    })
    seconds += outcome.seconds
    done.push(outcome)
    if (outcome.exported !== 'yes') break
  }
  const begun = done.find(({ started }) => started !== undefined)?.started
  const sum = {
    stage: request.stage,
    ref,
    ...(begun === undefined ? {} : { started: begun }),
    ranSteps: done.flatMap(({ ranSteps }) => ranSteps)
  }
  const failed = done.find(({ exported }) => exported !== 'yes')
  if (failed) return { ...failed, ...sum, seconds }
  const before = host.clock.now()
  const took = () => seconds + (host.clock.now() - before) / 1000
  try {
    const digest = await joinParts(host, ref, request.directory, done)
    return { ...sum, exported: 'yes', ...(digest ? { digest } : {}), seconds: took(), detail: '' }
  } catch (error) {
    const detail = lastLine(messageOf(error))
    return { ...sum, exported: isRefusal(ref.backend, detail) ? 'not-allowed' : 'failed', seconds: took(), detail }
  }
}

/** Gives the digest of the manifest that was written; gha has none. */
function joinParts(
  host: Host,
  ref: CacheRef,
  directory: string | undefined,
  parts: readonly ExportOutcome[]
): Promise<string | undefined> {
  switch (ref.backend) {
    case 'registry':
      return joinInRegistry(host, ref, parts)
    case 'local':
      return joinInDirectory(host, ref, directory ?? ref.place, parts)
    case 'gha':
      return joinInGha(host, ref, parts).then(() => undefined)
  }
}

async function joinInGha({ buildkitIndexes, env }: Host, { name }: CacheRef, parts: readonly ExportOutcome[]): Promise<void> {
  const keyOf = (scope: string) => {
    const key = ghaIndexKey(scope, env['ACTIONS_RUNTIME_TOKEN'])
    if (key === undefined) throw new Error("cache write denied: the job's token has no writable scopes")
    return key
  }
  const texts = await Promise.all(
    parts.map(async ({ ref }) => {
      const text = await buildkitIndexes.read(keyOf(ref.name), requestSeconds)
      if (text === undefined) throw new Error(`${ref.name} is not there`)
      return text
    })
  )
  await buildkitIndexes.write(keyOf(name), joinConfigTexts(texts), requestSeconds)
}

async function joinInRegistry({ registry }: Host, { place, name }: CacheRef, parts: readonly ExportOutcome[]): Promise<string> {
  const texts = await Promise.all(
    parts.map(async ({ ref, digest }): Promise<CacheTexts> => {
      // By digest: another job may write the same tag meanwhile.
      const source = digest === undefined ? `${place}:${ref.name}` : `${place}@${digest}`
      const found = await registry.manifest(source, requestSeconds)
      if (!found) throw new Error(`${source} is not there`)
      return { manifest: found.text, config: await registry.blob(place, configOf(found.text), requestSeconds) }
    })
  )
  const { manifest, config, mediaType, configDigest } = joinCaches(texts)
  await registry.pushBlob(place, { digest: configDigest, text: config }, requestSeconds)
  return registry.pushManifest(`${place}:${name}`, { mediaType, text: manifest }, requestSeconds)
}

/** In the directory that exports go to, which nothing else writes meanwhile. */
async function joinInDirectory(
  { files }: Host,
  { name }: CacheRef,
  directory: string,
  parts: readonly ExportOutcome[]
): Promise<string> {
  const index = parseLayoutIndex((await files.read(`${directory}/index.json`)) ?? '')
  const read = async (digest: string | undefined): Promise<string> => {
    const text = digest === undefined ? undefined : await files.read(`${directory}/${blobPath(digest)}`)
    if (text === undefined) throw new Error(`${directory} has no blob ${digest ?? ''}`)
    return text
  }
  const texts = await Promise.all(
    parts.map(async (part): Promise<CacheTexts> => {
      const manifest = await read(index?.entries.find(entry => entryTag(entry) === part.ref.name)?.digest)
      return { manifest, config: await read(configOf(manifest)) }
    })
  )
  const { manifest, config, mediaType } = joinCaches(texts)
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
}
