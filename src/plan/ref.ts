import { createHash } from 'node:crypto'
import type { Stage } from '../dockerfile/dockerfile'
import type { Scope } from './scope'

/** All that a ref tells apart. Two identities that differ in any field have different refs. */
export interface RefIdentity {
  /** Input `cache-prefix`, one that `checkPrefix` finds nothing wrong with. */
  readonly prefix: string
  /** Name as BuildKit takes it: lower-case, `[a-z][a-z0-9-_.]*`. */
  readonly stage: string
  /** False for a stage `stage-<i>` whose plain name is another's: see `ownsName`. */
  readonly named: boolean
  /** It is no more than a beginning of the stage (beginnings.ts). */
  readonly begun?: boolean
  /** Input `cache-name`, in gha and local names only; empty means none. */
  readonly image?: string
  readonly scope: Scope
  /** Platforms built together: a set, so order, repetition and empty texts do not count. */
  readonly platforms: readonly string[]
  /** Input `cache-version`; empty means none. */
  readonly version: string
}

/**
 * What a ref says. Where it was too long (`exact: false`) a hash stands for the rest: `stage` is the name or its beginning, and
 * the scope is there when the text shows all of it. Such a ref belongs to an identity when `formatRef` of that one gives it.
 */
export type ParsedRef =
  | { readonly exact: true; readonly identity: RefIdentity }
  | { readonly exact: false; readonly stage: string; readonly scope?: Scope }

/**
 * Takes an identity; gives its name as registry tag, gha scope or tag in the local directory.
 *
 * `<prefix><stage>`, then in this order, each only where it says something:
 * `_UNNAMED`, `_BEGUN`, `_OF_<image>`, `_BRANCH_<name>` or `_PR_<number>` or `_TAG_<name>`, `_ON_<platforms>` (not for linux/amd64
 * alone), `_V_<version>`. For example `cache-deps_OF_acme__app_BRANCH_feature__login_ON_linux-arm64_V_2`.
 *
 * Free text: letters, digits, `.` and `-` stand for themselves, `__` is a slash, `_-` an underscore, `_` and two lower-case
 * hexadecimal digits one byte of UTF-8, `_u` and four a lone surrogate. So `_` before a capital is a field, never text, and as
 * stage names have no capitals the first field ends the stage. Platforms: `-` is a slash, `.` is between two, the rest escaped.
 *
 * At most 128 characters, a registry's limit for tags (docs of the OCI distribution spec: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`).
 * What is longer is cut, never within an escape, and ends in `_H_` and 32 digits of the SHA-256 of the whole.
 */
export function formatRef(identity: RefIdentity): string {
  const { prefix, stage } = identity
  if (checkPrefix(prefix) !== undefined || !stageName.test(stage)) {
    throw new TypeError(`No ref can be made of prefix ${JSON.stringify(prefix)} and stage ${JSON.stringify(stage)}`)
  }
  const fields = formatFields(identity)
  const whole = `${prefix}${stage}${fields}`
  if (whole.length <= longest) return whole
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, hashDigits)
  return `${beginning(`${prefix}${stage}`, fields, longest - '_H_'.length - hashDigits)}_H_${hash}`
}

/** Takes a ref and the prefix it was made with; gives what it says, or undefined for a text that `formatRef` never makes. */
export function parseRef(text: string, prefix: string): ParsedRef | undefined {
  if (!/^[A-Za-z0-9_.-]{1,128}$/.test(text) || !text.startsWith(prefix) || checkPrefix(prefix) !== undefined) return undefined
  const [, stage, tail = ''] = /^([a-z][a-z0-9._-]*?)(_[A-Z].*)?$/.exec(text.slice(prefix.length)) ?? []
  if (stage === undefined) return undefined
  const fields = splitFields(tail)
  const hash = fields.get('H')
  if (hash !== undefined) return /^[0-9a-f]{32}$/.test(hash) && tail.endsWith(`_H_${hash}`) ? parseCut(stage, fields) : undefined
  const image = fields.get('OF')
  const identity: RefIdentity = {
    prefix,
    stage,
    named: !fields.has('UNNAMED'),
    ...(fields.has('BEGUN') ? { begun: true } : {}),
    ...(image === undefined ? {} : { image: unescapeText(image) }),
    scope: parseScope(fields) ?? { kind: 'default' },
    platforms: parsePlatforms(fields.get('ON') ?? 'linux-amd64'),
    version: unescapeText(fields.get('V') ?? '')
  }
  // Reading is lenient and this is strict: a text that is not made by formatRef is not ours, so no clean-up touches it.
  return formatRef(identity) === text ? { exact: true, identity } : undefined
}

/** Takes input `cache-prefix`; gives what is wrong with it and what would be right, or undefined where it is fine. */
export function checkPrefix(prefix: string): string | undefined {
  const odd = /[^A-Za-z0-9_.-]/u.exec(prefix)?.[0]
  if (odd !== undefined) return `has ${JSON.stringify(odd)} in it: a tag is made of letters, digits, "_", "." and "-"`
  if (/^[.-]/.test(prefix)) return `starts with "${prefix.charAt(0)}": a tag starts with a letter, a digit or "_"`
  if (prefix.length > longestPrefix)
    return `is ${prefix.length} characters long: at most ${longestPrefix} leave room for the stage`
  return undefined
}

/**
 * Takes a stage and all of its Dockerfile; gives what `named` of its identity is to be. A stage without name is called
 * `stage-<i>`, and may have that as its ref (`cache-stage-0`) unless a named stage of the file is spelled like it.
 */
export function ownsName(stage: Pick<Stage, 'name' | 'named'>, stages: readonly Pick<Stage, 'name' | 'named'>[]): boolean {
  return stage.named || !stages.some(other => other.named && other.name === stage.name)
}

const longest = 128
const longestPrefix = 60
const hashDigits = 32
const stageName = /^[a-z][a-z0-9._-]*$/
const fieldTokens = /_(UNNAMED|BEGUN)(?=_|$)|_([A-Z]+)_|__|_-|_u[0-9a-f]{4}|_[0-9a-f]{2}|[^_]/g

function formatFields({ named, begun, image, scope, platforms, version }: RefIdentity): string {
  const on = formatPlatforms(platforms)
  return [
    named ? '' : '_UNNAMED',
    begun ? '_BEGUN' : '',
    image ? `_OF_${escapeText(image)}` : '',
    formatScope(scope),
    on === 'linux-amd64' ? '' : `_ON_${on}`,
    version ? `_V_${escapeText(version)}` : ''
  ].join('')
}

function formatScope(scope: Scope): string {
  switch (scope.kind) {
    case 'default':
      return ''
    case 'branch':
      return `_BRANCH_${escapeText(scope.name)}`
    case 'pull':
      return `_PR_${scope.number}`
    case 'tag':
      return `_TAG_${escapeText(scope.name)}`
  }
}

function parseScope(fields: ReadonlyMap<string, string>): Scope | undefined {
  const [branch, number, tag] = [fields.get('BRANCH'), fields.get('PR'), fields.get('TAG')]
  if (branch !== undefined) return { kind: 'branch', name: unescapeText(branch) }
  if (number !== undefined) return { kind: 'pull', number: Number(number) }
  return tag === undefined ? undefined : { kind: 'tag', name: unescapeText(tag) }
}

function formatPlatforms(platforms: readonly string[]): string {
  const dashed = (platform: string) =>
    Array.from(platform, c => (c === '/' ? '-' : /[A-Za-z0-9]/.test(c) ? c : bytes(c))).join('')
  return [...new Set(platforms)].filter(Boolean).sort().map(dashed).join('.')
}

function parsePlatforms(text: string): readonly string[] {
  return text
    .split('.')
    .filter(Boolean)
    .map(platform => unescapeText(platform.replaceAll('-', '/')))
}

function escapeText(text: string): string {
  return Array.from(text, c => (c === '/' ? '__' : c === '_' ? '_-' : /[A-Za-z0-9.-]/.test(c) ? c : bytes(c))).join('')
}

function unescapeText(text: string): string {
  return text.replace(/__|_-|_u[0-9a-f]{4}|(?:_[0-9a-f]{2})+/g, code => {
    if (code === '__') return '/'
    if (code === '_-') return '_'
    if (code.startsWith('_u')) return String.fromCharCode(Number.parseInt(code.slice(2), 16))
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.from(code.replaceAll('_', ''), 'hex'))
  })
}

function bytes(character: string): string {
  // UTF-8 has no bytes for half a surrogate pair: all of them would become U+FFFD.
  if (/^[\ud800-\udfff]$/.test(character)) return `_u${character.charCodeAt(0).toString(16)}`
  return Array.from(new TextEncoder().encode(character), byte => `_${byte.toString(16).padStart(2, '0')}`).join('')
}

function beginning(stem: string, fields: string, room: number): string {
  if (stem.length >= room) return stem.slice(0, room)
  let text = stem
  for (const [token] of fields.matchAll(fieldTokens)) {
    if (text.length + token.length > room) break
    text += token
  }
  return text
}

function splitFields(tail: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  let current = ''
  for (const [token, flag, word] of tail.matchAll(fieldTokens)) {
    current = flag ?? word ?? current
    fields.set(current, (fields.get(current) ?? '') + (flag === undefined && word === undefined ? token : ''))
  }
  return fields
}

function parseCut(stage: string, fields: ReadonlyMap<string, string>): ParsedRef {
  // The last field may have been cut; one that has another behind it was not.
  const whole = new Map([...fields].slice(0, -2))
  const pastScope = fields.has('ON') || fields.has('V')
  const scope = parseScope(whole) ?? (pastScope ? { kind: 'default' as const } : undefined)
  return { exact: false, stage, ...(scope === undefined ? {} : { scope }) }
}
