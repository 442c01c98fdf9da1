import { Operations } from './operations'
import { parseTime, type SolveStatus, type VertexEvent } from './solve-status'
import { parseVertexName } from './vertex-name'

export type { LogChunk, SolveStatus } from './solve-status'

/** What is known of one vertex after all its events. Times in milliseconds since the epoch. */
export interface Vertex {
  readonly digest: string
  readonly name: string
  /** What it is made from; for a step the first is the state that the step before left. */
  readonly inputs: readonly string[]
  readonly group?: { readonly id: string; readonly weak: boolean }
  /** First time it was begun or looked up. */
  readonly started?: number
  /** Last time it ended; missing while it goes on. */
  readonly completed?: number
  /**
   * Its result came from a cache, or was not needed because something made from it came from a cache.
   * Sticky: a cached vertex whose layer is pulled later is announced again without it (BuildKit progress/controller).
   */
  readonly cached: boolean
  /** It was really run, to its end or not: begun without being cached. */
  readonly ran: boolean
  /** Another build ran it, before this one began: builds that run at the same time share their vertices. */
  readonly ranElsewhere: boolean
  /** Its result is there, or was not needed. Never true of what only failed or was stopped. */
  readonly done: boolean
  /** Seconds it ran, waiting for the cache and pulling cached layers not counted. */
  readonly seconds: number
  readonly error?: string
  /** The error only says that it was stopped: something else failed, or the build was cancelled. */
  readonly canceled: boolean
}

export interface VertexTable {
  /** By digest, in order of first announcement, which is not the order of the Dockerfile. */
  readonly vertices: ReadonlyMap<string, Vertex>
  /** When this build's first vertex started. */
  readonly began?: number
  /** How many vertices are done: what only looks at done vertices need not look again while this and the size stay. */
  readonly doneCount: number
  /** What this very build ran, to its end or not, steps and all else. */
  readonly ranHere: ReadonlySet<Vertex>
  /** The layers of a cache that this build exports are where they are to be (BuildKit cache/remotecache/export.go, Finalize). */
  readonly layersWritten: boolean
  /** Names, as `host/path:tag`, that the image's layers were pushed to: of them only manifests are left (BuildKit util/push/push.go). */
  readonly pushed: ReadonlySet<string>
  /** Layers of an image of a FROM are fetched: a step is about to run on them. */
  readonly fetchesBase: boolean
}

/** An empty table; `applyStatus` fills it. */
export function newVertexTable(): VertexTable {
  return new Table()
}

/**
 * Enters one status into a table made by `newVertexTable`. Log text is not kept.
 * The rules are BuildKit's (solver/progress.go, solver/jobs.go notifyStarted) as far as they can be trusted; see operations.ts.
 */
export function applyStatus(table: VertexTable, status: SolveStatus): void {
  if (!(table instanceof Table)) throw new TypeError('applyStatus needs a table made by newVertexTable')
  for (const event of status.vertexes ?? []) table.apply(event)
  for (const { vertex } of status.logs ?? []) table.spoke(vertex)
  if (status.statuses?.some(({ id }) => id.startsWith('writing config '))) table.layersWritten = true
  for (const { id } of status.statuses ?? []) {
    const [, name] = /^pushing manifest for ([^@]+)/.exec(id) ?? []
    if (name !== undefined) table.pushed.add(name)
  }
  const isBase = (digest: string) => parseVertexName(table.vertices.get(digest)?.name ?? '').kind === 'from'
  table.fetchesBase ||= status.statuses?.some(({ id, vertex }) => /^(sha256:|extracting )/.test(id) && isBase(vertex)) ?? false
}

class TableVertex extends Operations implements Vertex {
  name: string
  inputs: readonly string[]
  group?: { readonly id: string; readonly weak: boolean }
  /** What it is made from has been told that it was not missing. */
  passedOn = false
  counted = false

  constructor(readonly digest: string) {
    super()
    this.name = digest
    this.inputs = []
  }

  describe({ name, inputs, progressGroup }: VertexEvent): void {
    if (name) this.name = name
    if (inputs?.length) this.inputs = inputs
    if (progressGroup) this.group = { id: progressGroup.id, weak: progressGroup.weak ?? false }
  }
}

class Table implements VertexTable {
  readonly vertices = new Map<string, TableVertex>()
  /** Digests that were not missing, of vertices that are not announced yet. */
  private readonly awaited = new Set<string>()
  began?: number
  doneCount = 0
  layersWritten = false
  readonly pushed = new Set<string>()
  fetchesBase = false
  readonly ranHere = new Set<TableVertex>()

  apply(event: VertexEvent): void {
    const vertex = this.vertices.get(event.digest) ?? this.add(event.digest)
    vertex.describe(event)
    if (!event.started) return
    const started = parseTime(event.started)
    this.began ??= started
    vertex.note({
      started,
      ...(event.completed ? { completed: parseTime(event.completed) } : {}),
      cached: event.cached ?? false,
      ...(event.error ? { error: event.error } : {}),
      // Pulling a layer later is told by another part of BuildKit, which does not know the inputs.
      itself: vertex.inputs.length === 0 || (event.inputs?.length ?? 0) > 0,
      source: vertex.inputs.length === 0,
      before: started < this.began
    })
    this.passOn(vertex)
  }

  spoke(digest: string): void {
    const vertex = this.vertices.get(digest)
    if (!vertex || vertex.hasSpoken) return
    vertex.speak()
    this.passOn(vertex)
  }

  private add(digest: string): TableVertex {
    const vertex = new TableVertex(digest)
    this.vertices.set(digest, vertex)
    if (this.awaited.delete(digest)) vertex.settle()
    return vertex
  }

  /**
   * What a vertex is made from was not missing once the vertex is done or has worked: it came from a cache unless it ran.
   * BuildKit says so itself, but as soon as the vertex starts, and then also of steps that are running or never came about.
   */
  private passOn(vertex: TableVertex): void {
    if (vertex.ran && !vertex.ranElsewhere) this.ranHere.add(vertex)
    else this.ranHere.delete(vertex)
    const next = [vertex]
    for (let current = next.pop(); current; current = next.pop()) {
      if (current.done && !current.counted) {
        current.counted = true
        this.doneCount++
      }
      if (current.passedOn || !(current.done || current.worked)) continue
      current.passedOn = true
      for (const input of current.inputs) {
        const made = this.vertices.get(input)
        if (!made) this.awaited.add(input)
        else {
          made.settle()
          next.push(made)
        }
      }
    }
  }
}
