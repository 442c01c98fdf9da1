import type { Host } from '../host'
import { completeConfigText, ghaIndexKey, importedGhaIndexKeys, joinConfigTexts } from '../plan/joined-cache'
import { checkReplaced, completeOr, requestSeconds } from './text-backend'
import type { TextBackend } from './text-backend'

export const ghaTexts: TextBackend = {
  /** BuildKit asks in all scopes of the token (gha.go, importer.Resolve); our names tell scopes apart, so one of them has it. */
  async readImported({ buildkitIndexes, env }, { ref: { name } }) {
    const keys = importedGhaIndexKeys(name, env['ACTIONS_RUNTIME_TOKEN'])
    const texts = await Promise.all(keys.map(key => buildkitIndexes.read(key, requestSeconds)))
    const config = texts.find(text => text !== undefined)
    if (config === undefined) throw new Error(`${name} is not there`)
    return { manifest: '', config }
  },
  async writeJoined(host, sources, { ref: { name }, note, replaces, imported }) {
    const { buildkitIndexes, env } = host
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
    const joined = joinConfigTexts(texts, note)
    const complete = imported && (() => completeConfigText(joined, imported.config))
    await buildkitIndexes.write(key, completeOr(host, joined, complete), requestSeconds)
    return undefined
  },
  async complete({ buildkitIndexes, env }, { exported: { ref }, imported }) {
    const key = indexKey(env, ref.name)
    const ours = await buildkitIndexes.read(key, requestSeconds)
    const text = ours === undefined ? undefined : completeConfigText(ours, imported.config)
    if (text !== undefined) await buildkitIndexes.write(key, text, requestSeconds)
    return undefined
  }
}

function indexKey(env: Host['env'], scope: string): string {
  const key = ghaIndexKey(scope, env['ACTIONS_RUNTIME_TOKEN'])
  if (key === undefined) throw new Error("cache write denied: the job's token has no writable scopes")
  return key
}
