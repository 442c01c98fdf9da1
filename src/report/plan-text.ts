import type { Uncached } from '../plan/cache-plan'
import type { Backend } from '../reasons'
import { columns } from './columns'
import { uncachedWords } from './sentences'
import { oneLine } from './plain'
import { plain, words } from './words'

/** What the log says of a plan before anything runs. */
export interface PlanView {
  readonly target: string
  readonly builder: { readonly name: string; readonly driver: string; readonly reason: string }
  /** What the main build reads, and why it was chosen; undefined when nothing is read. */
  readonly imported?: { readonly backend: Backend; readonly ref: string; readonly why: string }
  readonly broughtIn: readonly { readonly stage: string; readonly backend: Backend; readonly ref: string }[]
  /** Needed stages, Dockerfile order. */
  readonly stages: readonly PlanStage[]
  /** Whatever else decided something: why nothing is written, which inputs were overruled. */
  readonly notes: readonly string[]
}

export interface PlanStage {
  readonly name: string
  readonly platform: string
  /** Why it has no refs. */
  readonly uncached?: Uncached
  readonly refs: readonly { readonly backend: Backend; readonly ref: string; readonly read: boolean; readonly write: boolean }[]
}

const MOST_STAGES = 100

/** The plan as lines of the job log. */
export function renderPlan(plan: PlanView): string {
  const { builder, imported } = plan
  const refs = plan.stages.flatMap(({ name, platform, uncached, refs: [first, ...others] }) =>
    first
      ? [row(name, platform, first), ...others.map(ref => row('', '', ref))]
      : [[oneLine(name), oneLine(platform), '–', '–', uncached ? uncachedWords[uncached] : '–']]
  )
  const rows = refs.slice(0, MOST_STAGES)
  const lines = [
    words`Target ${plan.target} on builder ${builder.name} (${builder.driver}): ${builder.reason}`,
    imported ? words`Read ${[imported.backend]} ${imported.ref}: ${imported.why}` : words`Read no cache`,
    ...plan.broughtIn.map(({ stage, backend, ref }) => words`Bring in ${stage} first, from ${[backend]} ${ref}`)
  ]
  return [
    ...lines.map(plain),
    ...(rows.length > 0 ? ['', ...columns([['stage', 'platform', 'backend', 'use', 'ref'], ...rows])] : []),
    ...(refs.length > MOST_STAGES ? [`… and ${refs.length - MOST_STAGES} more`] : []),
    ...(plan.notes.length > 0 ? ['', ...plan.notes.map(note => plain(words`- ${note}`))] : [])
  ].join('\n')
}

function row(name: string, platform: string, { backend, ref, read, write }: PlanStage['refs'][number]): readonly string[] {
  const uses = [...(read ? ['read'] : []), ...(write ? ['write'] : [])].join(', ')
  return [oneLine(name), oneLine(platform), backend, uses === '' ? '–' : uses, oneLine(ref)]
}
