import { OutputStream, printableLine, printableLines } from './log-lines'
import { isCanceled, parseTime, type LogChunk, type VertexEvent, type VertexStatus } from './solve-status'

/** Lines of a failed step that are repeated at the end, as BuildKit does. */
const tailLength = 10
/** A download or upload says how far it is when it is this old, and again after so much time or progress. */
const quietTransfer = 1_000
const minTimeBetween = 5_000
const minShareBetween = 0.05

interface Transfer {
  readonly printed: number
  readonly current: number
}

/** What the log knows of one vertex, or of one progress group (the vertices of a `COPY --link`), which it shows as one. */
export class LogVertex {
  name: string
  /** Number in the log; 0 until it is shown. */
  index = 0
  cached = false
  error: string | undefined
  /** Started now or earlier; of a group, something that is not weak. */
  revealed = false
  /** It has no inputs: an image, a directory, metadata. */
  source = true
  /** How it ended was shown, and only layers were pulled since. */
  endingShown = false
  /** Not shown yet. */
  lines: string[] = []
  size = 0
  /** Last lines of output. */
  tail: string[] = []
  /** Events since it was last the one that is shown, and when the first of them came. */
  news = 0
  newsSince = 0
  openTransfers = 0
  private readonly intervals = new Map<number, number | undefined>()
  private readonly streams = new Map<number, OutputStream>()
  private readonly transfers = new Map<string, Transfer>()
  private readonly members = new Map<string, VertexEvent>()

  constructor(
    name: string,
    readonly grouped: boolean
  ) {
    this.name = printableLine(name)
  }

  get started(): number | undefined {
    return this.intervals.size > 0 ? Math.max(...this.intervals.keys()) : undefined
  }

  get running(): boolean {
    return [...this.intervals.values()].includes(undefined)
  }

  /** Its cache key was computed, which BuildKit announces as a start and an end; it may still be wanted itself. */
  get mayBeginAgain(): boolean {
    return this.source && this.intervals.size === 1 && this.error === undefined && !this.name.includes('load metadata for ')
  }

  /** When it was completed last. */
  get completed(): number {
    return Math.max(0, ...[...this.intervals.values()].map(end => end ?? 0))
  }

  /** True when there is something new to tell. */
  note(event: VertexEvent): boolean {
    // Layers that are pulled later are told of without inputs, and without saying again that the vertex was cached.
    const pulling = !this.source && !event.inputs?.length
    if (event.inputs?.length) this.source = false
    if (this.grouped && !pulling) this.members.set(event.digest, event)
    if (!event.started) return false
    const started = parseTime(event.started)
    const known = this.intervals.has(started) ? this.intervals.get(started) : null
    const completed = event.completed ? parseTime(event.completed) : (known ?? undefined)
    this.intervals.set(started, completed)
    const before = [this.cached, this.error, this.revealed]
    if (!pulling) this.cached = this.grouped ? this.everyMember(member => member.cached ?? false) : (event.cached ?? false)
    if (!pulling || event.error !== undefined) this.endingShown = false
    this.error = this.grouped ? this.firstError() : event.error
    this.revealed ||= this.isToldOf(event)
    if (completed !== undefined) this.endOutput()
    return known !== completed || [this.cached, this.error, this.revealed].some((value, i) => value !== before[i])
  }

  output(chunk: LogChunk, now: number): void {
    const number = chunk.stream ?? 1
    const stream = this.streams.get(number) ?? new OutputStream()
    this.streams.set(number, stream)
    const time = chunk.timestamp ? parseTime(chunk.timestamp) : now
    const seconds = Math.max(0, time - (this.started ?? time)) / 1000
    for (const line of stream.push(chunk.data, time)) this.addOutput(line, seconds)
  }

  /** Output without a line end is printed when nothing more can follow. */
  endOutput(): void {
    const seconds = Math.max(0, this.completed - (this.started ?? 0)) / 1000
    for (const stream of this.streams.values()) for (const line of stream.end()) this.addOutput(line, seconds)
    this.streams.clear()
  }

  /** Downloading, extracting, transferring: `sha256:… 1.06MB / 4.20MB 0.3s done`. */
  transfer(status: VertexStatus, now: number): void {
    const time = status.timestamp ? parseTime(status.timestamp) : now
    const started = status.started ? parseTime(status.started) : undefined
    const current = status.current ?? 0
    const last = this.transfers.get(status.id)
    if (!status.completed) {
      if (!last) this.openTransfers++
      const share = status.total ? (current - (last?.current ?? 0)) / status.total : 0
      const since = time - (last?.printed ?? 0)
      const due =
        started === undefined || time - started >= quietTransfer ? share >= minShareBetween || since >= minTimeBetween : false
      this.transfers.set(status.id, due ? { printed: time, current } : (last ?? { printed: 0, current: 0 }))
      if (!due) return
    } else if (this.transfers.delete(status.id)) this.openTransfers--
    const took = started === undefined ? 0 : ((status.completed ? parseTime(status.completed) : time) - started) / 1000
    const amount = status.total ? ` ${bytes(current)} / ${bytes(status.total)}` : current ? ` ${bytes(current)}` : ''
    this.add(`${status.id}${amount}${took > 0.01 ? ` ${took.toFixed(1)}s` : ''}${status.completed ? ' done' : ''}`)
  }

  add(text: string): void {
    for (const line of printableLines(text)) {
      this.lines.push(line)
      this.size += line.length
    }
  }

  /** `DONE 3.2s`, `CACHED`, `CANCELED` or `ERROR: …`, which may have several lines. */
  ending(): string[] {
    if (this.error === undefined || isCanceled(this.error)) this.tail = []
    if (this.error !== undefined) return isCanceled(this.error) ? ['CANCELED'] : printableLines(`ERROR: ${this.error}`)
    return this.cached ? ['CACHED'] : [`DONE ${this.seconds().toFixed(1)}s`]
  }

  private addOutput(line: string, seconds: number): void {
    // Three digits in all, as BuildKit prints them.
    const text = `${seconds.toFixed(seconds < 10 ? 3 : seconds < 100 ? 2 : 1)} ${line}`
    this.add(text)
    this.tail.push(text)
    if (this.tail.length > tailLength) this.tail.shift()
  }

  private seconds(): number {
    let total = 0
    let covered = 0
    for (const [start, end] of [...this.intervals].sort(([a], [b]) => a - b)) {
      if (end === undefined) continue
      total += Math.max(0, end - Math.max(start, covered))
      covered = Math.max(covered, end)
    }
    return total / 1000
  }

  /** A group is told of when a member starts that is not weak, or where it has none: a `COPY --link` on scratch merges with nothing. */
  private isToldOf(event: VertexEvent): boolean {
    return (
      !event.progressGroup?.weak || event.error !== undefined || this.everyMember(member => member.progressGroup?.weak ?? false)
    )
  }

  private everyMember(test: (member: VertexEvent) => boolean): boolean {
    return [...this.members.values()].every(test)
  }

  private firstError(): string | undefined {
    return [...this.members.values()].find(member => member.error !== undefined)?.error
  }
}

/** Decimal units with two digits, as BuildKit prints them. */
function bytes(count: number): string {
  const unit = Math.max(
    0,
    ['B', 'kB', 'MB', 'GB', 'TB'].findLastIndex((_, power) => count >= 1000 ** power)
  )
  return unit === 0 ? `${count}B` : `${(count / 1000 ** unit).toFixed(2)}${['B', 'kB', 'MB', 'GB', 'TB'][unit]}`
}
