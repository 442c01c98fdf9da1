/**
 * What BuildKit knows a cache ref by: layers, and records of the keys they are found under, each with the records of what it was made
 * from (cache/remotecache/v1/types in moby/buildkit). Other parts of the text are kept as they are.
 */
export interface CacheConfig {
  readonly layers: readonly CacheLayer[]
  readonly records: readonly CacheRecord[]
}

export interface CacheLayer {
  readonly blob: string
  /** Place of the layer below; -1 for none. Left out it is 0. */
  readonly parent?: number
  readonly annotations?: unknown
}

export interface CacheRecord {
  readonly digest: string
  /** For each input the records that may stand for it. */
  readonly inputs?: readonly (readonly CacheLink[])[]
  /** A layer with all below it. */
  readonly layers?: readonly { readonly layer: number; readonly createdAt: string }[]
  /** Layers without those below them, as `COPY --link` makes. */
  readonly chains?: readonly { readonly layers: readonly number[]; readonly createdAt: string }[]
}

interface CacheLink {
  readonly link: number
  readonly selector?: string
}

/** Undefined where the text is no cache config. */
export function parseCacheConfig(text: string): CacheConfig | undefined {
  try {
    const config = JSON.parse(text) as Partial<Record<keyof CacheConfig, unknown>> | null
    const [layers, records] = [config?.layers ?? [], config?.records ?? []]
    if (!Array.isArray(layers) || !Array.isArray(records)) return undefined
    return layers.every(isLayer) && records.every(isRecord) ? { layers, records } : undefined
  } catch {
    return undefined
  }
}

function isLayer(value: unknown): value is CacheLayer {
  return typeof (value as Partial<CacheLayer> | null)?.blob === 'string'
}

function isRecord(value: unknown): value is CacheRecord {
  const { digest, inputs = [], layers = [], chains = [] } = (value ?? {}) as Partial<CacheRecord>
  return typeof digest === 'string' && [inputs, layers, chains].every(Array.isArray)
}
