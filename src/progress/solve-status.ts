/** One line of `--progress=rawjson` (BuildKit client/graph.go). Every key may be missing. */
export interface SolveStatus {
  readonly vertexes?: readonly VertexEvent[]
  readonly statuses?: readonly VertexStatus[]
  readonly logs?: readonly LogChunk[]
  readonly warnings?: readonly VertexWarning[]
}

export interface VertexEvent {
  readonly digest: string
  readonly name?: string
  readonly inputs?: readonly string[]
  readonly started?: string
  readonly completed?: string
  readonly cached?: boolean
  readonly error?: string
  readonly progressGroup?: { readonly id: string; readonly name?: string; readonly weak?: boolean }
}

export interface VertexStatus {
  readonly id: string
  readonly vertex: string
  readonly name?: string
  readonly total?: number
  readonly current?: number
  readonly timestamp?: string
  readonly started?: string
  readonly completed?: string
}

export interface LogChunk {
  readonly vertex: string
  readonly stream?: number
  /** base64 */
  readonly data: string
  readonly timestamp?: string
}

export interface VertexWarning {
  readonly vertex: string
  readonly level?: number
  /** base64 */
  readonly short?: string
  readonly url?: string
  readonly range?: readonly { readonly start?: { readonly line?: number }; readonly end?: { readonly line?: number } }[]
}

/** Milliseconds since the epoch, with the fraction: BuildKit writes nanoseconds, and some of its events last microseconds. */
export function parseTime(text: string): number {
  const fraction = /\.(\d{3})(\d+)/.exec(text)
  const beyond = fraction?.[2] ? Number(`0.${fraction[2]}`) : 0
  return Date.parse(fraction ? text.replace(fraction[0], `.${fraction[1]}`) : text) + beyond
}

/** The error of what was stopped because something else failed or the build was cancelled (progressui asks the same). */
export function isCanceled(error: string): boolean {
  return error.endsWith('context canceled')
}
