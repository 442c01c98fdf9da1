import type { Stage } from '../dockerfile/dockerfile'
import { baseDifference, stepDifference } from '../fingerprint/compare'
import type { Comparison, Difference } from '../fingerprint/compare'
import { stageKey, stepsOf } from '../fingerprint/fingerprint'
import type { Fingerprint, Mark } from '../fingerprint/fingerprint'
import type { CacheRecord } from '../fingerprint/record'
import type { Reason, ReasonPlace } from '../reasons'

/** A record, and what the build is made from now under that record's key. */
export interface RecordView {
  readonly record: CacheRecord
  readonly now: Fingerprint
  /** Digests of images by mark, as far as they are known. */
  readonly images: ReadonlyMap<Mark, string>
}

/** What of a stage is not as it was saved. */
export interface StageChanges {
  readonly comparison: Comparison
  readonly base: Difference | undefined
  /** One for each of `Stage.steps`. */
  readonly steps: readonly (Difference | undefined)[]
}

type Known = Map<string, StageChanges | undefined>

/** By view, then stage: the plan, the reasons and the record ask for the same, and trees of many files are slow to compare. */
const known = new WeakMap<RecordView, WeakMap<Stage, Known>>()

/** Undefined where the record does not have the stage. Compared once per view, stage and platform. */
export function stageChanges(stage: Stage, platform: string, view: RecordView): StageChanges | undefined {
  let stages = known.get(view)
  if (!stages) known.set(view, (stages = new WeakMap<Stage, Known>()))
  let platforms = stages.get(stage)
  if (!platforms) stages.set(stage, (platforms = new Map()))
  if (!platforms.has(platform)) platforms.set(platform, compareStage(stage, platform, view))
  return platforms.get(platform)
}

function compareStage(stage: Stage, platform: string, view: RecordView): StageChanges | undefined {
  const key = stageKey(stage)
  const stages = Object.hasOwn(view.record.stages, key) ? view.record.stages[key] : undefined
  const recorded = stages && Object.hasOwn(stages, platform) ? stages[platform] : undefined
  const now = view.now.stages.get(key)?.get(platform)
  if (!recorded || !now) return undefined
  const comparison = { recorded, now, treesBefore: view.record.trees, treesNow: view.now.trees, images: view.images }
  return { comparison, base: baseDifference(comparison), steps: stage.steps.map((_, at) => stepDifference(comparison, at)) }
}

/**
 * Whether the stage that this one is FROM is not the one it was saved with. What a parent only sets after its last step, such as an
 * ENV, is no other parent: its steps are as they were, and the stage's own say what the setting changes.
 */
export function standsOnAnother(parent: Stage, platform: string, view: RecordView, { base, comparison }: StageChanges): boolean {
  if (base?.kind !== 'stage' || parent.steps.length === 0) return false
  const changes = stageChanges(parent, platform, view)
  return changes?.comparison.recorded.made.id !== comparison.recorded.made.base.stage
}

/** Whether a stage has fewer steps than it was saved with: then what is FROM it stands on something else, though the stage itself hits. */
export function lostSteps(stage: Stage, platform: string, view: RecordView): boolean {
  const comparison = stageChanges(stage, platform, view)?.comparison
  return comparison !== undefined && stepsOf(comparison.now).length < stepsOf(comparison.recorded.made).length
}

/** Files named in a reason. */
const mostFiles = 10

/** The reason that a difference is; undefined where it proves none, or where another stage has it. */
export function reasonOf(difference: Difference, step?: number): Reason | undefined {
  const place = (line: number): ReasonPlace => ({ ...(step === undefined ? {} : { step }), ...(line > 0 ? { line } : {}) })
  switch (difference.kind) {
    case 'files': {
      const files = difference.files ?? []
      return { code: 'file-changed', files: files.slice(0, mostFiles), count: files.length, ...place(difference.line) }
    }
    case 'instruction':
      return { code: 'instruction-changed', ...place(difference.line) }
    case 'build-args':
      return { code: 'build-arg-changed', names: difference.names, ...place(difference.line) }
    case 'image':
      return { code: 'base-image-changed', from: difference.from, to: difference.to, ...place(difference.line) }
    case 'stage':
    case 'other':
      return undefined
  }
}
