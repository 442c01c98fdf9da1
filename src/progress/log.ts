import type { FailedVertex } from './failed-vertex'
import { printableLines } from './log-lines'
import { LogVertex } from './log-vertex'
import { isCanceled, parseTime, type SolveStatus } from './solve-status'

/** The log being written. `newPlainLog` makes it. */
export interface PlainLog {
  readonly byDigest: Map<string, LogVertex>
  readonly groups: Map<string, LogVertex>
  /** With something that is not shown yet. */
  readonly waiting: Set<LogVertex>
  readonly running: Set<LogVertex>
  readonly failed: Set<LogVertex>
  readonly rename: (name: string) => string
  /** Shown, and not at its end. */
  current: LogVertex | undefined
  /** Shown last, at its end or not. */
  last: LogVertex | undefined
  count: number
  now: number
}

export interface PlainLogOptions {
  /** Changes names before they are shown: BuildKit expands build arguments in them. */
  readonly rename?: (name: string) => string
}

/**
 * The log people read, as `--progress=plain` writes it (BuildKit util/progress/progressui/printer.go and display.go):
 * one vertex is shown at a time, what has completed first, and output of others waits for its turn.
 * BuildKit draws ten times a second; this draws at once and instead keeps back what would only flicker.
 */
export function newPlainLog({ rename = name => name }: PlainLogOptions = {}): PlainLog {
  return {
    byDigest: new Map(),
    groups: new Map(),
    waiting: new Set(),
    running: new Set(),
    failed: new Set(),
    rename,
    current: undefined,
    last: undefined,
    count: 0,
    now: 0
  }
}

/** Lines to print for one status. An empty status only lets time pass. Without `now` the time is that of the newest event. */
export function render(log: PlainLog, status: SolveStatus, now?: number): string[] {
  log.now = Math.max(log.now, now ?? newestTime(status))
  take(log, status)
  return show(log)
}

/** Lines to print for plain text that buildx wrote. */
export function renderText(text: string): string[] {
  return printableLines(text)
}

/** The last lines: what still waited, and for each vertex that failed the end of its output, once. */
export function finishLog(log: PlainLog): { readonly lines: readonly string[]; readonly failed: readonly FailedVertex[] } {
  const lines: string[] = []
  for (const vertex of new Set([...log.waiting, ...log.running])) {
    vertex.endOutput()
    if (vertex.revealed && (log.waiting.has(vertex) || vertex.lines.length > 0)) lines.push(...turnTo(log, vertex))
  }
  const failed = [...log.failed]
  log.failed.clear()
  return { lines, failed }
}

/** Another vertex may take over from the one that is shown after so long, more if that one is busier. */
const fairTurn = 5_000
const longestWait = 10_000
/** Images and directories are announced as completed once before they are read, so their first end may not be one. */
const secondThought = 100
/** A vertex that says nothing is shown when it has run so long. */
const quietStart = 150
/** Output that may wait for its turn. */
const longestQueue = 256 * 1024

function take(log: PlainLog, status: SolveStatus): void {
  for (const event of status.vertexes ?? []) {
    const group = event.progressGroup
    const known = group ? log.groups.get(group.id) : log.byDigest.get(event.digest)
    const vertex = known ?? new LogVertex(log.rename(group?.name ?? event.name ?? event.digest), group !== undefined)
    log.byDigest.set(event.digest, vertex)
    if (group) log.groups.set(group.id, vertex)
    if (vertex.note(event)) mark(log, vertex)
    if (vertex.running) log.running.add(vertex)
    else log.running.delete(vertex)
  }
  for (const transfer of status.statuses ?? []) {
    const vertex = log.byDigest.get(transfer.vertex)
    const before = vertex?.lines.length
    vertex?.transfer(transfer, log.now)
    if (vertex && vertex.lines.length !== before) mark(log, vertex)
  }
  for (const warning of status.warnings ?? []) {
    const vertex = log.byDigest.get(warning.vertex)
    vertex?.add(`WARN: ${Buffer.from(warning.short ?? '', 'base64').toString('utf8')}`)
    if (vertex) mark(log, vertex)
  }
  for (const chunk of status.logs ?? []) {
    const vertex = log.byDigest.get(chunk.vertex)
    vertex?.output(chunk, log.now)
    if (vertex) mark(log, vertex)
  }
}

function mark(log: PlainLog, vertex: LogVertex): void {
  if (vertex.news === 0) vertex.newsSince = log.now
  vertex.news++
  log.waiting.add(vertex)
}

function show(log: PlainLog): string[] {
  const lines: string[] = []
  const completed = [...log.waiting].filter(vertex => vertex.revealed && !vertex.running)
  const sure = completed.filter(vertex => !vertex.mayBeginAgain || log.now - vertex.completed >= secondThought)
  // A step that has ended shows that what it stands on has.
  const ended = sure.some(vertex => !vertex.source) ? completed : sure
  const rank = (vertex: LogVertex) => (vertex === log.current ? 0 : vertex.completed)
  const inOrder = ended.map(vertex => ({ vertex, rank: rank(vertex) })).sort((a, b) => a.rank - b.rank)
  for (const { vertex } of inOrder) lines.push(...turnTo(log, vertex))
  for (const vertex of log.waiting) if (vertex.size > longestQueue && vertex.revealed) lines.push(...turnTo(log, vertex))
  if (log.current && log.waiting.has(log.current)) lines.push(...turnTo(log, log.current))
  const next = nextToShow(log)
  if (next) lines.push(...turnTo(log, next))
  return lines
}

/** The running vertex to show instead of the current one, if any. */
function nextToShow(log: PlainLog): LogVertex | undefined {
  const { current, now } = log
  const shown = current?.running ? current : undefined
  const others = [...(shown ? log.waiting : log.running)].filter(
    vertex =>
      vertex !== current &&
      vertex.revealed &&
      vertex.running &&
      (vertex.lines.length > 0 || now - (vertex.started ?? now) >= quietStart)
  )
  if (others.length === 0) return undefined
  const speed = (vertex: LogVertex) => vertex.news / Math.max(1, now - vertex.newsSince)
  const busiest = others.reduce((a, b) => (speed(b) > speed(a) ? b : a))
  if (!shown) return busiest
  const forgotten = others.find(vertex => now - vertex.newsSince > longestWait)
  if (forgotten) return forgotten
  const share = speed(shown) / ([shown, ...others].reduce((sum, vertex) => sum + speed(vertex), 0) || 1)
  return fairTurn / (1 - share) < now - shown.newsSince ? busiest : undefined
}

/** Shows a vertex: its name when another was shown before, what waits, and how it ended. */
function turnTo(log: PlainLog, vertex: LogVertex): string[] {
  const lines: string[] = []
  if (vertex !== log.last) {
    if (log.current) {
      lines.push(`#${log.current.index} ...`)
      log.current.news = 0
    }
    if (log.count > 0) lines.push('')
    if (vertex.index === 0) vertex.index = ++log.count
    lines.push(`#${vertex.index} ${vertex.name}`)
    vertex.newsSince = log.now
  }
  for (const line of vertex.lines) lines.push(`#${vertex.index} ${line}`)
  log.last = vertex
  vertex.lines = []
  vertex.size = 0
  log.waiting.delete(vertex)
  // Layers of a cached vertex can still be on their way when it has ended.
  const ended = !vertex.running && vertex.openTransfers === 0
  log.current = ended ? undefined : vertex
  if (!ended) return lines
  vertex.news = 0
  if (!vertex.endingShown) for (const line of vertex.ending()) lines.push(`#${vertex.index} ${line}`)
  vertex.endingShown = true
  if (vertex.error !== undefined && !isCanceled(vertex.error)) log.failed.add(vertex)
  else log.failed.delete(vertex)
  return lines
}

function newestTime({ vertexes = [], statuses = [], logs = [] }: SolveStatus): number {
  const times = [
    ...vertexes.flatMap(({ started, completed }) => [started, completed]),
    ...statuses.map(({ timestamp }) => timestamp),
    ...logs.map(({ timestamp }) => timestamp)
  ]
  return Math.max(0, ...times.flatMap(time => (time ? [parseTime(time)] : [])))
}
