export interface LogChunk {
  readonly vertex: string
  readonly stream: number
  /** base64 */
  readonly data: string
}

/** One line of `--progress=rawjson` (BuildKit client/graph.go). Every key may be missing. */
export interface SolveStatus {
  readonly vertexes?: readonly {
    readonly digest: string
    readonly name?: string
    readonly inputs?: readonly string[]
    readonly started?: string
    readonly completed?: string
    readonly cached?: boolean
    readonly error?: string
    readonly progressGroup?: { readonly id: string; readonly name?: string; readonly weak?: boolean }
  }[]
  readonly statuses?: readonly {
    readonly id: string
    readonly vertex: string
    readonly name?: string
    readonly total?: number
    readonly current?: number
    readonly started?: string
    readonly completed?: string
  }[]
  readonly logs?: readonly LogChunk[]
  readonly warnings?: readonly { readonly vertex: string; readonly short?: string; readonly url?: string }[]
}

/** What is known of one vertex after all its events. Times in milliseconds since the epoch. */
export interface Vertex {
  readonly digest: string
  readonly name: string
  readonly inputs: readonly string[]
  readonly group?: { readonly id: string; readonly weak: boolean }
  readonly started?: number
  readonly completed?: number
  /** Sticky: a cached vertex whose layer is pulled later is announced again without it (BuildKit progress/controller). */
  readonly cached: boolean
  /** It really ran: started without being cached, or gave log lines in an interval that was not cached. */
  readonly ran: boolean
  readonly error?: string
}

export interface VertexTable {
  /** By digest, in order of first announcement. */
  readonly vertices: ReadonlyMap<string, Vertex>
}
