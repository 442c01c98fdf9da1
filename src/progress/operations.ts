import { isCanceled } from './solve-status'

/** One time a vertex was begun: BuildKit announces its start, and announces it again with its end. Milliseconds. */
export interface Operation {
  readonly started: number
  readonly completed?: number
  readonly cached: boolean
  readonly error?: string
  /** The vertex' own work, not the later pulling of a layer. */
  readonly itself: boolean
  /** The vertex has no inputs: an image, a local directory, a WORKDIR on scratch. */
  readonly source: boolean
  /** It began before this build did. */
  readonly before: boolean
}

/** An end that comes this soon was no work: BuildKit reports checksum errors and withdrawn requests as starts with an end. */
const shortestWork = 1

/**
 * What the operations of one vertex say together. Two of BuildKit's events are not taken at their word:
 * - "cached" with the same start and end is a guess of solver/progress.go, made when something built on the vertex starts,
 *   also when that fails at once and the vertex is still running. The table knows better and calls `settle`.
 * - A vertex without inputs is announced as started and completed when its cache key is computed (solver/jobs.go CacheMap),
 *   so only a second operation is work.
 */
export class Operations {
  started?: number
  completed?: number
  cached = false
  ran = false
  ranElsewhere = false
  done = false
  /** Whatever it is made from cannot have been missing. */
  worked = false
  seconds = 0
  error?: string
  hasSpoken = false
  private settled = false
  private readonly byStart = new Map<number, Operation>()

  get canceled(): boolean {
    return this.error !== undefined && isCanceled(this.error)
  }

  note(operation: Operation): void {
    if (operation.cached && operation.started === operation.completed) return
    const known = this.byStart.get(operation.started)
    const itself = operation.itself && !(operation.source && this.done && !known)
    if (operation.completed !== undefined) this.noteEnd(operation, itself)
    if (!itself) return
    // Announcements of a start may come after those of its end.
    const completed = operation.completed ?? known?.completed
    this.byStart.set(operation.started, { ...known, ...operation, ...(completed === undefined ? {} : { completed }) })
    this.conclude()
  }

  /** Output arrived: it is at work. */
  speak(): void {
    this.hasSpoken = true
    this.conclude()
  }

  /** Something made from it came about. */
  settle(): void {
    this.settled = true
    this.conclude()
  }

  private noteEnd({ error }: Operation, itself: boolean): void {
    if (error === undefined) {
      if (itself) delete this.error
    } else if (itself || !isCanceled(error)) this.error = error
  }

  private conclude(): void {
    const all = [...this.byStart.values()]
    const source = all.some(operation => operation.source)
    const work = all.filter(operation => !operation.cached && (this.hasSpoken || !isWithdrawn(operation)))
    const loaded = all.some(operation => operation.cached && operation.completed !== undefined && operation.error === undefined)
    this.ran = work.length > (source && !this.hasSpoken ? 1 : 0)
    this.ranElsewhere = this.ran && work.every(operation => operation.before)
    const finished = work.filter(operation => operation.completed !== undefined && operation.error === undefined)
    const came = loaded || this.settled || (this.ran && finished.length > (source && work.length > 1 ? 1 : 0))
    this.done = came && !hasFailed(all)
    this.cached = loaded || (this.settled && !this.ran)
    this.worked = all.some(operation => operation.cached) || (this.ran && (this.hasSpoken || work.some(hasLasted)))
    this.seconds = coveredBy(work) / 1000
    if (all.length > 0) this.started = Math.min(...all.map(operation => operation.started))
    if (all.every(operation => operation.completed !== undefined) && all.length > 0) {
      this.completed = Math.max(...all.map(operation => operation.completed ?? 0))
    } else delete this.completed
  }
}

function hasLasted({ started, completed }: Operation): boolean {
  return completed !== undefined && completed - started >= shortestWork
}

function isWithdrawn(operation: Operation): boolean {
  const { error } = operation
  return error !== undefined && isCanceled(error) && (!hasLasted(operation) || computesKey.test(error))
}

/**
 * The newest of them failed. What was found in a cache runs after all where its layer cannot be loaded (solver/edge.go), and may then fail,
 * for instance on a full disk.
 */
function hasFailed(operations: readonly Operation[]): boolean {
  const newest = operations.reduce<Operation | undefined>(
    (one, other) => (one && one.started > other.started ? one : other),
    undefined
  )
  const error = newest?.completed === undefined ? undefined : newest.error
  return error !== undefined && !isCanceled(error) && !computesKey.test(error)
}

/** What a COPY takes is looked at for its cache key, however long that takes (solver/llbsolver/ops/opsutils/contenthash.go). */
const computesKey = /^failed to calculate checksum of ref /

/** Milliseconds in which at least one of them went on. */
function coveredBy(operations: readonly Operation[]): number {
  let total = 0
  let covered = -Infinity
  for (const { started, completed } of [...operations].sort((a, b) => a.started - b.started)) {
    if (completed === undefined) continue
    total += Math.max(0, completed - Math.max(started, covered))
    covered = Math.max(covered, completed)
  }
  return total
}
