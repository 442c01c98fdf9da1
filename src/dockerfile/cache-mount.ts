import { posix } from 'node:path'
import { fromBytes } from './instruction-text'
import { splitFields } from './words'

/** A `RUN --mount=type=cache` as BuildKit takes it, variables replaced. */
export interface CacheMount {
  /** What BuildKit knows it by: its id, else its cleaned target. */
  readonly id: string
  /** Id or target as written, for people. */
  readonly shown: string
  /** What a new mount starts from: a stage, image or context; empty for nothing. */
  readonly from: string
  /** Path within `from`, `/` for all of it. */
  readonly source: string
  /** Whose the directory of a new mount is; absent where none of the three is written, for then BuildKit makes no directory of its own. */
  readonly owner?: { readonly uid: number; readonly gid: number; readonly mode: number }
  /** False where the text mentions a variable that only the base image may set. */
  readonly known: boolean
}

/** A step that mounts it. */
export interface MountUse {
  /** Index of the stage. */
  readonly stage: number
  /** Line the step starts at. */
  readonly line: number
  readonly platform: string
}

export interface UsedMount {
  readonly mount: CacheMount
  readonly uses: readonly MountUse[]
}

/** Replaces the variables of a word; `known` is false where one is mentioned that only the base image may set. */
export type Expand = (word: string) => { readonly text: string; readonly known: boolean }

/**
 * Takes the value of a `--mount` flag; gives the cache mount it is, undefined for other types. Rules: moby/buildkit
 * frontend/dockerfile/instructions/commands_runmount.go (parseMount), dockerfile2llb/convert_runmount.go (dispatchRunMounts).
 */
export function parseCacheMount(value: string, expand: Expand): CacheMount | undefined {
  let known = true
  const written = new Map<string, string>()
  const fields = new Map<string, string>()
  for (const field of splitFields(value)) {
    const equals = field.indexOf('=')
    if (equals < 0) continue
    const name = field.slice(0, equals).toLowerCase()
    const key = aliases[name] ?? name
    const expanded = expand(field.slice(equals + 1))
    if (key === 'id' || key === 'target') known &&= expanded.known
    written.set(key, fromBytes(field.slice(equals + 1)))
    fields.set(key, expanded.text)
  }
  if (fields.get('type')?.toLowerCase() !== 'cache') return undefined
  const id = fields.get('id') ?? ''
  const from = fields.get('from') ?? ''
  const source = posix.join('/', fields.get('source') ?? '')
  const owned = source === '/' && ['uid', 'gid', 'mode'].some(key => fields.has(key))
  const number = (key: string, radix: number, usual: number) => parseInt(fields.get(key) ?? usual.toString(radix), radix)
  return {
    id: id === '' ? cleaned(fields.get('target') ?? '') : id,
    shown: (id === '' ? written.get('target') : written.get('id')) ?? '',
    from: from === 'scratch' ? '' : from,
    source,
    ...(owned ? { owner: { uid: number('uid', 10, 0), gid: number('gid', 10, 0), mode: number('mode', 8, 0o755) } } : {}),
    known
  }
}

const aliases: Readonly<Record<string, string>> = { src: 'source', dst: 'target', destination: 'target' }

/** As Go's path.Clean, which unlike Node's leaves no slash at the end. */
function cleaned(path: string): string {
  const normal = posix.normalize(path)
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal
}
