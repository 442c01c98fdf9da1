import type { Stage } from '../dockerfile/dockerfile'
import { stageKey } from '../fingerprint/fingerprint'
import type { RecordedStage } from '../fingerprint/record'
import type { CachePlan, CacheRef } from '../plan/cache-plan'
import { covers } from '../plan/coverage'
import type { FoundRef } from '../plan/coverage'
import type { Scope } from '../plan/scope'
import type { Backend } from '../reasons'
import { stageChanges } from './changes'
import type { RecordView } from './changes'
import type { StageResult, TimeSaved } from './stage-result'

export interface ServedFacts {
  readonly plan: CachePlan
  readonly found: readonly FoundRef[]
  /** What was, or is going to be, imported by builds of this job. */
  readonly imported: readonly FoundRef[]
  readonly failedImports: ReadonlySet<CacheRef>
  /** What was to be brought in and turned out to be of other content. */
  readonly stale: readonly FoundRef[]
  readonly views: ReadonlyMap<Scope, RecordView>
  /** Backends that could be asked what they hold. */
  readonly lookedUp: readonly Backend[]
}

/** The refs whose content the builds have: those imported, and those they hold. */
export function servedRefs({ found, imported, failedImports }: ServedFacts): readonly FoundRef[] {
  const read = imported.filter(({ ref }) => !failedImports.has(ref))
  return [...read, ...found.filter(other => !read.includes(other) && read.some(wide => covers(wide, other)))]
}

/**
 * The record of the very content a stage is looked up in: of the first scope whose record says that it lies in a ref that is served.
 * A ref that was written since without a record has another id, and then nothing is known of it.
 */
export function servedView(stage: Stage, facts: ServedFacts): RecordView | undefined {
  return viewSavedIn(servedRefs(facts), stage, facts)
}

/** The record of the content of a stage's newest ref, which was looked into first and served nothing: there the stage is of other content. */
export function staleView(stage: Stage, facts: ServedFacts): RecordView | undefined {
  const own = facts.stale.filter(({ ref }) => ref.stage === stage.name)
  return viewSavedIn(own, stage, facts)
}

/** The record of what was last saved of a stage, of the first scope that has one: for a stage of which nothing is there any more. */
export function recordedView(stage: Stage, facts: ServedFacts): RecordView | undefined {
  return viewsOf(stage, facts)[0]?.view
}

/**
 * Stages that a record says were saved in backends that were asked, and no longer have it there. GitHub's cache cannot be asked for refs:
 * there all are gone when a ref was read and not one step of the build came from it.
 */
export function evictedStages(facts: ServedFacts, results: readonly StageResult[] = []): ReadonlySet<string> {
  const ran = results.filter(({ steps }) => steps.length > 0)
  if (ran.length > 0 && facts.imported.some(({ ref }) => ref.backend === 'gha') && ran.every(({ cached }) => cached === 0)) {
    return new Set(ran.map(({ name }) => name))
  }
  const writes = facts.plan.stages.flatMap(planned => planned.writes)
  const gone = facts.plan.stages.filter(({ stage }) => {
    const entries = viewsOf(stage, facts).map(({ entry }) => entry)
    const places = entries.flatMap(({ saved }) =>
      facts.lookedUp.flatMap(backend => {
        // What was saved in another repository or directory is not gone from this one.
        const here = writes.find(ref => ref.backend === backend)?.place
        const there = saved[backend]
        return there && there.place === here ? [[backend, there.id] as const] : []
      })
    )
    return (
      places.length > 0 &&
      !facts.found.some(({ ref, id }) => places.some(([backend, saved]) => ref.backend === backend && id === saved))
    )
  })
  return new Set(gone.map(({ stage }) => stage.name))
}

/** Seconds that each step of a stage took when it last ran; undefined where the step is another one now, or nothing is recorded. */
export function recordedSeconds(stage: Stage, platform: string, facts: ServedFacts): readonly (number | undefined)[] {
  const known = viewsOf(stage, facts).flatMap(({ view }) => stageChanges(stage, platform, view) ?? [])
  return stage.steps.map((_, at) =>
    known
      .filter(({ steps }) => steps[at] === undefined || steps[at].kind === 'stage')
      .map(({ comparison }) => comparison.recorded.seconds[at])
      .find(seconds => typeof seconds === 'number')
  )
}

/** What a stage's cached steps took when they last ran; undefined where nothing is known of any of them. */
export function timeSaved(stage: Stage, result: StageResult, facts: ServedFacts): TimeSaved | undefined {
  const seconds = recordedSeconds(stage, result.platform, facts)
  const cached = result.steps.filter(({ status }) => status === 'cached')
  const known = cached.flatMap(({ line }) => seconds[stage.steps.findIndex(step => step.lines.start === line)] ?? [])
  if (cached.length > 0 && known.length === 0) return undefined
  return { seconds: known.reduce((sum, one) => sum + one, 0), unknownSteps: cached.length - known.length }
}

function viewSavedIn(refs: readonly FoundRef[], stage: Stage, facts: ServedFacts): RecordView | undefined {
  return viewsOf(stage, facts).find(({ entry }) => refs.some(({ ref, id }) => entry.saved[ref.backend]?.id === id))?.view
}

function viewsOf(
  stage: Stage,
  { plan, views }: ServedFacts
): readonly { readonly view: RecordView; readonly entry: RecordedStage }[] {
  const key = stageKey(stage)
  return plan.scopes.read.flatMap(scope => {
    const view = views.get(scope)
    const platforms = view && Object.hasOwn(view.record.stages, key) ? view.record.stages[key] : undefined
    const entry = Object.values(platforms ?? {})[0]
    return view && entry ? [{ view, entry }] : []
  })
}
