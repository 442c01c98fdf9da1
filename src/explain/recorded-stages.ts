import type { Stage } from '../dockerfile/dockerfile'
import { imagesOf, stageKey } from '../fingerprint/fingerprint'
import type { CacheRecord, RecordedStage, RecordedStages, SavedIn } from '../fingerprint/record'
import { holdingStage } from '../plan/cache-plan'
import type { CachePlan, CacheRef, StagePlan } from '../plan/cache-plan'
import type { FoundRef } from '../plan/coverage'
import type { Backend } from '../reasons'
import type { RecordView } from './changes'
import type { StageResult } from './stage-result'

export interface SavedFacts {
  readonly plan: CachePlan
  readonly results: readonly StageResult[]
  /** Refs that this job wrote, by ref. */
  readonly written: ReadonlyMap<CacheRef, SavedIn>
  /** Refs whose content this build had, as imported or as part of what was imported. */
  readonly served: readonly FoundRef[]
  /** The newest record of the scope that is written, and what the build is made from under its key. */
  readonly view: RecordView
  /** Seconds that the steps of a stage took when they last ran. */
  readonly secondsBefore: (stage: Stage, platform: string) => readonly (number | undefined)[]
}

/**
 * The record with every stage that some backend now holds as this build made it. A stage that is not whole, or was not saved, keeps
 * what is recorded of it. Undefined where nothing is new.
 */
export function recordStages(facts: SavedFacts): CacheRecord | undefined {
  const { plan, results, view } = facts
  const stages = { ...view.record.stages }
  let changed = false
  for (const planned of plan.stages) {
    const { stage } = planned
    const rows = results.filter(({ index }) => index === stage.index)
    if (stage.steps.length === 0 || !rows.every(({ status }) => status === 'hit' || status === 'partial' || status === 'miss'))
      continue
    const key = stageKey(stage)
    for (const row of rows) {
      const before = Object.hasOwn(stages, key) ? stages[key]?.[row.platform] : undefined
      const made = view.now.stages.get(key)?.get(row.platform)
      const saved = savedIn(planned, row, before, facts)
      if (!made || Object.keys(saved).length === 0) continue
      const names = new Set(imagesOf(made))
      const images = Object.fromEntries([...view.images].filter(([mark]) => names.has(mark)))
      const earlier = facts.secondsBefore(stage, row.platform)
      const seconds = stage.steps.map(({ lines }, at) => ranFor(row, lines.start) ?? earlier[at] ?? null)
      const entry: RecordedStage = { made, images, seconds, saved }
      if (before && sameContent(before, entry)) continue
      stages[key] = { ...(Object.hasOwn(stages, key) ? stages[key] : {}), [row.platform]: entry }
      changed = true
    }
  }
  if (!changed) return undefined
  return { ...view.record, stages, trees: { ...view.record.trees, ...Object.fromEntries(view.now.trees) } }
}

/** The same stages, where a ref that some of them were saved in has another id now and holds what it held. */
export function withRefReplaced(
  stages: RecordedStages,
  backend: Backend,
  before: string,
  now: Pick<SavedIn, 'id' | 'at'>
): RecordedStages {
  const replaced = (entry: RecordedStage): RecordedStage => {
    const saved = entry.saved[backend]
    return saved?.id === before ? { ...entry, saved: { ...entry.saved, [backend]: { ...saved, ...now } } } : entry
  }
  return mapValues(stages, platforms => mapValues(platforms, replaced))
}

/** Which backends hold the stage as it is now: its own ref, or that of the target, which holds all stages. */
function savedIn(
  planned: StagePlan,
  row: StageResult,
  before: RecordedStage | undefined,
  facts: SavedFacts
): RecordedStage['saved'] {
  const { plan, written, served } = facts
  const holder = holdingStage(plan)
  return Object.fromEntries(
    plan.backends.flatMap(backend => {
      const own = planned.writes.find(ref => ref.backend === backend)
      const target = holder?.writes.find(ref => ref.backend === backend)
      const now = (own && written.get(own)) ?? (own ? undefined : target && written.get(target))
      if (now) return [[backend, now]]
      const found = served.find(({ ref }) => ref === own)
      if (found && row.status === 'hit') {
        const known = before?.saved[backend]
        return known?.id === found.id ? [[backend, known]] : [[backend, { id: found.id, at: '', place: found.ref.place }]]
      }
      const held = target && written.get(target)
      return held ? [[backend, held]] : []
    })
  )
}

function ranFor(row: StageResult, line: number): number | undefined {
  const step = row.steps.find(candidate => candidate.line === line)
  return step?.status === 'ran' ? Math.round(step.seconds * 100) / 100 : undefined
}

/** Also when it was saved: the next one is due by that. */
function sameContent(before: RecordedStage, now: RecordedStage): boolean {
  const ids = (stage: RecordedStage) =>
    JSON.stringify(
      Object.entries(stage.saved)
        .map(([backend, { id, at }]) => [backend, id, at])
        .sort()
    )
  return (
    before.made.id === now.made.id && ids(before) === ids(now) && JSON.stringify(before.images) === JSON.stringify(now.images)
  )
}

function mapValues<Value>(values: Readonly<Record<string, Value>>, change: (value: Value) => Value): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]))
}
