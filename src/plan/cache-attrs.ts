import type { CacheRef } from './cache-plan'

/** Where a cache is: the part of a ref that BuildKit is told. */
export type CachePlace = Pick<CacheRef, 'backend' | 'name' | 'place'>

export interface Compression {
  readonly type: 'zstd' | 'gzip' | 'estargz' | 'uncompressed'
  readonly level?: number
}

export interface CacheToOptions {
  readonly mode: 'min' | 'max'
  /** Without it BuildKit's default, gzip. */
  readonly compression?: Compression | undefined
  /** A directory to write the local cache into instead of the ref's own, which is replaced only by a complete one. */
  readonly directory?: string
}

/** The value of `--cache-from` that reads a ref. */
export function formatCacheFrom(ref: CachePlace): string {
  return formatAttributes(
    ref.backend === 'local'
      ? [
          ['type', 'local'],
          ['src', ref.place],
          ['tag', ref.name]
        ]
      : shared(ref)
  )
}

/**
 * The value of `--cache-to` that writes a ref (BuildKit README, "Export cache"). There is no `ignore-error`: the build does nothing
 * but export, and its exit code is how a failed export is noticed. gha takes no compression (cache/remotecache/gha).
 */
export function formatCacheTo(ref: CachePlace, options: CacheToOptions): string {
  const { mode, compression, directory = ref.place } = options
  const place =
    ref.backend === 'local'
      ? ([
          ['type', 'local'],
          ['dest', directory],
          ['tag', ref.name]
        ] as const)
      : shared(ref)
  return formatAttributes([...place, ['mode', mode], ...(ref.backend === 'gha' ? [] : compressed(compression))])
}

/**
 * Attributes as buildx reads them: one line of CSV, each field quoted as a whole where its text needs it
 * (csvBuilder in docker/buildx util/buildflags/export.go).
 */
export function formatAttributes(attributes: readonly Attribute[]): string {
  return attributes.map(([key, value]) => quoteField(`${key}=${value}`)).join(',')
}

export function quoteField(field: string): string {
  return /[",\r\n]|^\s/.test(field) ? `"${field.replaceAll('"', '""')}"` : field
}

/** How long BuildKit waits in all for a cache service that throttles it; of itself ten minutes (tonistiigi/go-actions-cache). */
const throttleTimeout = '1m'

/** Attributes of an output for its layers to be compressed so; none for BuildKit's default. */
export function formatCompression(compression: Compression | undefined): readonly string[] {
  return compressed(compression).map(([key, value]) => `${key}=${value}`)
}

type Attribute = readonly [key: string, value: string]

function shared(ref: CachePlace): readonly Attribute[] {
  return ref.backend === 'gha'
    ? [
        ['type', 'gha'],
        ['scope', ref.name],
        ['timeout', throttleTimeout]
      ]
    : [
        ['type', 'registry'],
        ['ref', `${ref.place}:${ref.name}`]
      ]
}

function compressed(compression: Compression | undefined): readonly Attribute[] {
  if (compression === undefined) return []
  const { type, level } = compression
  return [['compression', type], ...(level === undefined ? [] : ([['compression-level', `${level}`]] as const))]
}
