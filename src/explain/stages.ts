import type { Dockerfile, Stage } from '../dockerfile/dockerfile'
import type { Vertex, VertexTable } from '../progress/vertices'
import type { Reason, StageStatus } from '../reasons'
import type { RefResult, StageResult, StepResult } from './stage-result'
import { mapStages, type StageVertices, type StepVertices } from './stage-vertices'

export interface StagesWanted {
  readonly dockerfile: Dockerfile
  /** Dockerfile order. */
  readonly needed: readonly Stage[]
  /** What is built for; a row is made for each, named as here. */
  readonly platforms: readonly string[]
}

export interface StageFacts extends StagesWanted {
  readonly table: VertexTable
  readonly outcome: 'success' | 'failure' | 'cancelled'
}

/**
 * How each needed stage came out on each platform, Dockerfile order (spec §4). Reasons and refs are entered by `completeStages`.
 * A vertex that two stages or two platforms share counts for each of them.
 */
export function explainStages({ needed, platforms, table, outcome }: StageFacts): readonly StageResult[] {
  const view = new TableView(mapStages(needed, platforms, table), table)
  return view.mapped.map(({ stage, platform, steps: made }): StageResult => {
    const steps = made.map(step => explainStep(step, stage, view.read(step), outcome))
    // Steps that were never announced although all is well: BuildKit put something else in their place.
    const replaced = outcome === 'success' && made.some(({ digests }) => digests.length === 0)
    const sums = sumsOf(steps)
    return {
      name: stage.name,
      index: stage.index,
      platform,
      ...sums,
      status: replaced ? 'unknown' : sums.status,
      steps,
      reason: null,
      refs: []
    }
  })
}

/** The second pass: enters what else is known of each stage. A hit keeps the reason null. */
export function completeStages(
  results: readonly StageResult[],
  known: {
    readonly reason: (result: StageResult) => Reason | null
    readonly refs: (result: StageResult) => readonly RefResult[]
    /** What the record and the prediction add. */
    readonly history: (result: StageResult) => Pick<StageResult, 'saved' | 'expected' | 'madeOf'>
  }
): readonly StageResult[] {
  return results.map(result => ({
    ...result,
    ...known.history(result),
    reason: result.status === 'hit' ? null : known.reason(result),
    refs: known.refs(result)
  }))
}

/** Remembers between calls of `finishedStages`. */
export interface StageWatch extends StagesWanted {
  readonly finished: Set<Stage>
  view: TableView | undefined
  seenVertices: number
  seenDone: number
}

export function newStageWatch(wanted: StagesWanted): StageWatch {
  return { ...wanted, finished: new Set(), view: undefined, seenVertices: 0, seenDone: 0 }
}

/**
 * The stages that became finished since the last call: every step is done on every platform, and one of them ran.
 * Cheap while nothing is done, so it can be asked after every status.
 */
export function finishedStages(watch: StageWatch, table: VertexTable): readonly Stage[] {
  if (table.doneCount === watch.seenDone) return []
  watch.seenDone = table.doneCount
  if (!watch.view || table.vertices.size !== watch.seenVertices) {
    watch.view = new TableView(mapStages(watch.needed, watch.platforms, table), table)
    watch.seenVertices = table.vertices.size
  }
  const { view } = watch
  const fresh = watch.needed.filter(stage => {
    if (watch.finished.has(stage)) return false
    const steps = view.mapped.filter(row => row.stage === stage).flatMap(row => row.steps.map(step => view.read(step)))
    return (
      steps.every(read => read.length > 0 && read.every(({ done }) => done)) && steps.some(read => read.some(({ ran }) => ran))
    )
  })
  for (const stage of fresh) watch.finished.add(stage)
  return fresh
}

/** The vertices of steps, with those that stand for them. */
class TableView {
  /** Vertices that are no stage's own. */
  private readonly byName = new Map<string, Vertex[]>()

  constructor(
    readonly mapped: readonly StageVertices[],
    private readonly table: VertexTable
  ) {
    const own = new Set(mapped.flatMap(({ steps }) => steps.flatMap(({ digests }) => digests)))
    for (const vertex of table.vertices.values()) {
      if (own.has(vertex.digest)) continue
      const others = this.byName.get(vertex.name)
      if (others) others.push(vertex)
      else this.byName.set(vertex.name, [vertex])
    }
  }

  read({ digests }: StepVertices): readonly Vertex[] {
    return digests.flatMap(digest => {
      const vertex = this.table.vertices.get(digest)
      return vertex ? [this.standIn(vertex)] : []
    })
  }

  /**
   * Builds that run at the same time share what has the same cache key: then the other build's vertex shows up here, of the same name
   * and another digest, and this one's never starts (BuildKit solver/scheduler.go mergeTo, solver/jobs.go setEdge). What an ADD downloads
   * has the name of the step too, but no inputs.
   */
  private standIn(vertex: Vertex): Vertex {
    if (vertex.started !== undefined) return vertex
    const { name, inputs } = vertex
    const isTwin = (other: Vertex) => other.started !== undefined && other.inputs.length === inputs.length
    return this.byName.get(name)?.find(isTwin) ?? vertex
  }
}

function explainStep(made: StepVertices, stage: Stage, vertices: readonly Vertex[], outcome: StageFacts['outcome']): StepResult {
  const status = stepStatus(vertices, outcome)
  // What is only loaded from a cache is started, too, and stopped where something else failed.
  const starts = vertices.flatMap(({ started, ran }) => (started === undefined || !ran ? [] : [started]))
  const begun = status !== 'cached' && starts.length > 0
  return {
    number: made.number,
    // As written: BuildKit's own names hold the values of build arguments.
    command: made.step?.text ?? made.command,
    line: made.step?.lines.start ?? stage.lines.start,
    status,
    seconds: begun ? vertices.reduce((sum, { seconds }) => sum + seconds, 0) : 0,
    ...(begun ? { started: Math.min(...starts) } : {}),
    ...(status === 'not-run' && vertices.some(({ ran, done }) => ran && !done) ? { stopped: true } : {})
  }
}

function stepStatus(vertices: readonly Vertex[], outcome: StageFacts['outcome']): StepResult['status'] {
  if (vertices.length === 0) return 'not-run'
  if (outcome !== 'success') {
    if (vertices.some(({ error, canceled, done }) => error !== undefined && !canceled && !done)) return 'failed'
    if (vertices.some(({ done }) => !done)) return 'not-run'
  }
  // Of a build that succeeded nothing is missing: what never started was shared, or was not needed.
  return vertices.some(({ ran }) => ran) ? 'ran' : 'cached'
}

/** What the steps of a stage come to, all announced. */
export function sumsOf(steps: readonly StepResult[]): Pick<StageResult, 'status' | 'cached' | 'seconds'> {
  return {
    status: stageStatus(steps),
    cached: steps.filter(({ status }) => status === 'cached').length,
    seconds: steps.reduce((sum, { seconds }) => sum + seconds, 0)
  }
}

function stageStatus(steps: readonly StepResult[]): StageStatus {
  const has = (status: StepResult['status']) => steps.some(step => step.status === status)
  if (has('failed')) return 'failed'
  if (has('not-run')) return 'not-run'
  if (!has('ran')) return 'hit'
  return has('cached') ? 'partial' : 'miss'
}
