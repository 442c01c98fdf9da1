import type { Host } from '../host'
import { listId } from '../plan/coverage'
import { completeConfigText, ghaIndexKey, importedGhaIndexKeys, joinConfigTexts } from '../plan/joined-cache'
import { checkReplaced, requestSeconds } from './text-backend'
import type { TextBackend } from './text-backend'

export const ghaTexts: TextBackend = {
  async readImported(host, { ref: { name } }) {
    const config = await readList(host, name)
    if (config === undefined) throw new Error(`${name} is not there`)
    return { manifest: '', config }
  },
  async writeJoined({ buildkitEntries, env }, sources, { ref: { name }, note, replaces }) {
    const key = indexKey(env, name)
    const texts = await Promise.all(
      sources.map(async ({ ref }) => {
        const text = await buildkitEntries.read(indexKey(env, ref.name), requestSeconds)
        if (text === undefined) throw new Error(`${ref.name} is not there`)
        return text
      })
    )
    // An entry of GitHub's cache does not say which export it is: that there is none can be told.
    const present = replaces === 'nothing' && (await buildkitEntries.read(key, requestSeconds)) !== undefined
    if (present) checkReplaced(name, replaces, 'another')
    const list = joinConfigTexts(texts, note)
    await buildkitEntries.write(key, list, requestSeconds)
    return listId(list)
  },
  async complete({ buildkitEntries, env }, { exported: { ref }, imported }) {
    const key = indexKey(env, ref.name)
    const ours = await buildkitEntries.read(key, requestSeconds)
    const text = ours && imported.reduce((known, { config }) => completeConfigText(known, config) ?? known, ours)
    if (text === undefined || text === ours) return undefined
    await buildkitEntries.write(key, text, requestSeconds)
    return listId(text)
  }
}

/**
 * The list of a gha ref; undefined where there is none. BuildKit asks in all scopes of the token (gha.go, importer.Resolve); the first that has the name is the job's own,
 * where that has one. Throws where it cannot be read.
 */
export async function readList({ buildkitEntries, env }: Host, name: string): Promise<string | undefined> {
  const keys = importedGhaIndexKeys(name, env['ACTIONS_RUNTIME_TOKEN'])
  const texts = await Promise.all(keys.map(key => buildkitEntries.read(key, requestSeconds)))
  return texts.find(text => text !== undefined)
}

/** Key under which a gha ref of this job is written. Throws where the job's token may write nowhere. */
export function indexKey(env: Host['env'], scope: string): string {
  const key = ghaIndexKey(scope, env['ACTIONS_RUNTIME_TOKEN'])
  if (key === undefined) throw new Error("cache write denied: the job's token has no writable scopes")
  return key
}
