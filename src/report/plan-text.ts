import type { StageExpectation } from '../explain/expectations'
import type { Uncached } from '../plan/cache-plan'
import type { Backend } from '../reasons'
import { columns } from './columns'
import { group } from './group'
import { expectedWords, uncachedWords } from './sentences'
import { oneLine } from './plain'
import { joinWords, plain, words } from './words'

/** What the log says of a plan before anything runs. */
export interface PlanView {
  readonly target: string
  readonly builder: { readonly name: string; readonly driver: string; readonly reason: string }
  /** What the main build reads, and why it was chosen; undefined when nothing is read. */
  readonly imported?: { readonly backend: Backend; readonly ref: string; readonly why: string }
  readonly broughtIn: readonly { readonly stage: string; readonly backend: Backend; readonly ref: string }[]
  /** Needed stages, Dockerfile order. */
  readonly stages: readonly PlanStage[]
  /** What is expected of the stages; those of which nothing is known are left out. */
  readonly expectations: readonly Pick<StageExpectation, 'stage' | 'platform' | 'expected' | 'reason'>[]
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
    ...expected(plan),
    ...(plan.notes.length > 0 ? ['', ...plan.notes.map(note => plain(words`- ${note}`))] : [])
  ].join('\n')
}

/** `deps, app: will rebuild: package-lock.json changed`, a line for each that is said. */
function expected({ expectations, stages }: PlanView): readonly string[] {
  const known = expectations.filter(({ expected, reason }) => expected !== 'unknown' || reason)
  const several = new Set(expectations.map(({ platform }) => platform)).size > 1
  const said = group(known, ({ expected, reason }) => plain(expectedWords(expected, reason))).map(same => {
    const names = same
      .slice(0, MOST_STAGES)
      .map(({ stage, platform }) => (several ? words`${stage} (${platform})` : words`${stage}`))
    const more = same.length > MOST_STAGES ? words` and ${same.length - MOST_STAGES} more` : []
    return plain([...joinWords(names, ', '), ...more, ': ', ...expectedWords(same[0].expected, same[0].reason)])
  })
  return said.length > 0 && stages.length > 0 ? ['', ...said.slice(0, MOST_STAGES)] : []
}

function row(name: string, platform: string, { backend, ref, read, write }: PlanStage['refs'][number]): readonly string[] {
  const uses = [...(read ? ['read'] : []), ...(write ? ['write'] : [])].join(', ')
  return [oneLine(name), oneLine(platform), backend, uses === '' ? '–' : uses, oneLine(ref)]
}
