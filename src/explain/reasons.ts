import type { Dockerfile, Stage, StageEdge } from '../dockerfile/dockerfile'
import { stageWithSteps } from '../dockerfile/stage-graph'
import { stepsOf } from '../fingerprint/fingerprint'
import type { Reason } from '../reasons'
import { reasonOf, stageChanges, standsOnAnother } from './changes'
import type { RecordView, StageChanges } from './changes'
import { isWithin, parentBefore, reasonBefore } from './earlier-causes'
import type { FirstRun } from './earlier-causes'
import type { StageResult } from './stage-result'

export interface ReasonFacts {
  readonly dockerfile: Dockerfile
  readonly results: readonly StageResult[]
  /** Stages asked to be rebuilt; undefined when all are. */
  readonly rebuilt: ReadonlySet<string> | undefined
  /** Nothing was found in any backend, and every backend could be asked. */
  readonly nothingSaved: boolean
  /** Nothing was imported because no backend could be asked, or what was to be imported could not be read. */
  readonly unreachable: boolean
  /** Stages of which no ref was found, although other stages have one. */
  readonly absent: ReadonlySet<string>
  /** Stages whose ref is there and could not be fetched. */
  readonly refused: ReadonlySet<string>
  /** Stages that a record says were saved, and whose ref is gone. */
  readonly evicted: ReadonlySet<string>
  /** Stages of which builds that failed made a beginning, which is in what was imported. */
  readonly begun: ReadonlySet<string>
  /** The record of the very content that a stage was looked up in; undefined where none is known. */
  readonly viewOf: (stage: Stage) => RecordView | undefined
}

/** The reason of each result. */
export type Reasons = ReadonlyMap<StageResult, Reason | null>

/**
 * The earliest cause that is proved; null for a hit and for a stage the build did not come to. What differs from the record is named
 * only where it differs at the step that ran first: then it alone decides, whatever came before was served.
 */
export function explainReasons(facts: ReasonFacts): Reasons {
  const reasons = new Map<StageResult, Reason | null>()
  // What a stage is FROM stands before it.
  for (const result of facts.results.toSorted((one, other) => one.index - other.index)) {
    const reason = explainReason(result, facts, reasons)
    reasons.set(result, reason && withImage(reason, facts.dockerfile))
  }
  return reasons
}

function explainReason(result: StageResult, facts: ReasonFacts, reasons: Reasons): Reason | null {
  if (result.status === 'hit' || result.status === 'not-run' || result.status === 'unknown') return null
  const stage = facts.dockerfile.stages[result.index]
  if (!facts.rebuilt || facts.rebuilt.has(result.name)) return { code: 'rebuild-requested' }
  if (facts.nothingSaved) return { code: facts.evicted.has(result.name) ? 'cache-evicted' : 'first-build' }
  if (facts.unreachable) return { code: 'cache-unreachable' }
  if (!stage) return { code: 'unknown' }

  const first = firstRun(stage, result)
  const view = facts.viewOf(stage)
  const changes = view && stageChanges(stage, result.platform, view)
  const parent = stage.base.kind === 'stage' ? stageWithSteps(facts.dockerfile.stages, stage.base.index) : undefined
  const onAnother = view && changes && parent ? standsOnAnother(parent, result.platform, view, changes) : false
  const isBegun = facts.begun.has(stage.name)
  const own = changes && (ownReason(changes, first, onAnother) ?? (isBegun ? reasonAt(changes, first) : undefined))
  const from = first.at <= 0 ? rebuiltParent(stage, result, facts, edge => edge.kind === 'from') : undefined
  // What a stage is FROM decides by itself when it was made of something else; when it was only lost, a change of the stage's own does.
  if (from && (!own || changedItself(from.stage, result.platform, facts, reasons))) return from.reason
  if (own) return own
  const read = rebuiltParent(stage, result, facts, edge => edge.kind !== 'from' && isWithin(edge, first.lines))
  if (read) return read.reason
  // Of what an unfinished build got past, the last change decides; what is read behind it may only stand on that.
  const passed = isBegun && changes ? reasonBefore(stage, changes, first, facts, onAnother) : undefined
  const before = passed ?? (changes && parentBefore(stage, changes, first, facts, onAnother))
  if (before) return before
  if (facts.evicted.has(result.name) && changes && isSame(changes, first)) return { code: 'cache-evicted' }
  if (facts.absent.has(result.name) && facts.refused.has(result.name)) return { code: 'cache-unreachable' }
  return facts.absent.has(result.name) ? { code: 'cache-absent', ...(isBegun ? { begun: true } : {}) } : { code: 'unknown' }
}

/** With the name of the image that moved, where the line names one only. */
function withImage(reason: Reason, { stages }: Dockerfile): Reason {
  if (reason.code !== 'base-image-changed') return reason
  const from = stages.find(({ lines, base }) => base.kind === 'image' && lines.start === reason.line)?.baseText
  const text = stages.flatMap(({ steps }) => steps).find(({ lines }) => lines.start === reason.line)?.text ?? ''
  const read = new Set(Array.from(text.matchAll(/(?:--|,|=)from=([^\s,]+)/g), ([, name]) => name))
  const image = from ?? (read.size === 1 ? [...read][0] : undefined)
  return image === undefined ? reason : { ...reason, image }
}

function firstRun(stage: Stage, result: StageResult): FirstRun {
  const index = result.steps.findIndex(step => step.status === 'ran' || step.status === 'failed')
  const step = result.steps[index]
  const at = stage.steps.findIndex(candidate => candidate.lines.start === step?.line)
  return { at, number: step?.number, lines: stage.steps[at]?.lines }
}

/** The stage's own change at the step that ran first, and none before it. */
function ownReason({ base, steps }: StageChanges, { at, number }: FirstRun, onAnother: boolean): Reason | undefined {
  if (base && (base.kind !== 'stage' || onAnother)) return at <= 0 ? reasonOf(base, number) : undefined
  if (at < 0 || steps.slice(0, at).some(difference => difference && difference.kind !== 'stage')) return undefined
  const difference = steps[at]
  return difference && reasonOf(difference, number)
}

/** The change at the step that ran first, whatever differs before it. */
function reasonAt({ steps }: StageChanges, { at, number }: FirstRun): Reason | undefined {
  return steps[at] && reasonOf(steps[at], number)
}

/** Nothing differs, and nothing that decides about the step that ran first is beyond our sight. */
function isSame({ base, steps, comparison }: StageChanges, first: FirstRun): boolean {
  const { now, recorded, images } = comparison
  if (base !== undefined || steps.some(difference => difference !== undefined) || now.base.opaque || first.at < 0) return false
  const seen = now.base.image === undefined || (images.has(now.base.image) && recorded.images[now.base.image] !== undefined)
  return seen && stepsOf(now).every(({ opaque }, at) => at > first.at || !opaque)
}

/** The rebuilt stage that the first step which ran stands on or reads from. */
function rebuiltParent(
  stage: Stage,
  result: StageResult,
  facts: ReasonFacts,
  counts: (edge: StageEdge) => boolean
): { readonly stage: Stage; readonly reason: Reason } | undefined {
  for (const edge of stage.edges.filter(counts)) {
    const parent = rebuiltAt(edge.stage, result.platform, facts)
    if (!parent) continue
    const number = firstRun(stage, result).number
    const place = { line: edge.line, ...(number === undefined ? {} : { step: number }) }
    return { stage: parent, reason: { code: 'parent-rebuilt', parent: parent.name, ...place } }
  }
  return undefined
}

/** The stage at an index if a step of it ran; a stage without steps is what it is FROM. */
function rebuiltAt(index: number, platform: string, facts: ReasonFacts): Stage | undefined {
  const stage = stageWithSteps(facts.dockerfile.stages, index)
  const ran = facts.results.some(
    other => other.index === stage?.index && other.platform === platform && other.steps.some(step => step.status === 'ran')
  )
  return ran ? stage : undefined
}

/** Whether a rebuilt stage, or one it is made from, is known to be made of something else than before. */
function changedItself(stage: Stage, platform: string, facts: ReasonFacts, reasons: Reasons): boolean {
  let at: Stage | undefined = stage
  while (at) {
    const { index }: Stage = at
    const result = facts.results.find(other => other.index === index && other.platform === platform)
    const reason = result && reasons.get(result)
    if (reason && (proved.has(reason.code) || 'earlier' in reason)) return true
    at = facts.dockerfile.stages.find(
      other => other.index < index && reason?.code === 'parent-rebuilt' && other.name === reason.parent
    )
  }
  return false
}

const proved = new Set<Reason['code']>(['file-changed', 'instruction-changed', 'base-image-changed', 'build-arg-changed'])
