import { isRemote } from '../plan/remote-context'
import type { InputReader } from './reader'

/**
 * Input `context`; empty means the job's own repository, as in docker/build-push-action. `{{defaultContext}}` is that repository
 * too, the one name its templates know. `defaultContext` is empty where there is none.
 */
export function readContext(reader: InputReader, defaultContext: string): string {
  const input = 'context'
  const written = reader.text(input)
  const refuse = (what: string) => {
    reader.problem(input, written, what)
    return '.'
  }
  if (written === '-') return refuse(`is standard input, which an action has not: ${remedy}`)
  const expanded = expandTemplates(written, defaultContext)
  if ('unknown' in expanded) return refuse(unknownName(expanded.unknown))
  if (defaultContext === '' && (written === '' || expanded.text !== written))
    return refuse(`means the job's repository, which is not known outside GitHub: ${remedy}`)
  return expanded.text || defaultContext
}

/** Entries of `build-contexts` with their templates filled in. */
export function readNamedContexts(reader: InputReader, entries: readonly string[], defaultContext: string): readonly string[] {
  return entries.map((entry, index) => {
    const expanded = expandTemplates(entry, defaultContext)
    if (!('unknown' in expanded)) return expanded.text
    reader.hiddenProblem('build-contexts', index, unknownName(expanded.unknown))
    return entry
  })
}

/** `github-token` as a secret of BuildKit for the repository itself, unless the workflow gives one of its own. */
export function gitToken(
  inputs: { readonly context: string; readonly secrets: readonly { readonly id: string }[] },
  repository: { readonly token: string; readonly defaultContext: string; readonly server: string }
): readonly { readonly id: string; readonly value: string }[] {
  const { token, defaultContext, server } = repository
  const id = `GIT_AUTH_TOKEN.${server}`
  const given = inputs.secrets.some(secret => secret.id === 'GIT_AUTH_TOKEN' || secret.id === id)
  const wanted = token !== '' && !given && isRemote(inputs.context) && inputs.context.startsWith(defaultContext)
  return wanted && defaultContext !== '' ? [{ id, value: token }] : []
}

const remedy = 'write a directory of the checkout, such as context: .'

/** Handlebars' plain expressions, of which only this name means something. */
function expandTemplates(text: string, defaultContext: string): { readonly text: string } | { readonly unknown: string } {
  const unknown = [...text.matchAll(template)].map(([, name = '']) => name).find(name => name !== 'defaultContext')
  return unknown === undefined ? { text: text.replace(template, () => defaultContext) } : { unknown }
}

const template = /\{\{\{?\s*([^{}]*?)\s*\}?\}\}/g

function unknownName(name: string): string {
  return `has a template that is not known (${name || 'an empty one'}): only {{defaultContext}} is`
}
