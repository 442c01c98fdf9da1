import type { Host } from '../host'
import { mayWriteActionsCache, refusalOf } from '../plan/permissions'
import type { Backend, Degradation } from '../reasons'
import type { Caches } from './caches'
import type { ExportOutcome } from './export-build'

/** The troubles of exports, one per stage and backend; refusals once per backend. `ranBefore`: names of the steps that the build ran. */
export function exportTroubles(
  { env }: Pick<Host, 'env'>,
  outcomes: readonly ExportOutcome[],
  { notWritten }: Pick<Caches, 'notWritten'>,
  ranBefore: ReadonlySet<string>
): readonly Degradation[] {
  const mayWrite = mayWriteActionsCache(env['ACTIONS_RUNTIME_TOKEN'], env['ACTIONS_CACHE_MODE'])
  const whyNot = (backend: Backend, detail: string): Pick<Degradation, 'why'> => {
    if (detail !== '') return { why: refusalOf(backend, detail, mayWrite) }
    const why = notWritten.find(one => one.backend === backend)?.why
    return why ? { why } : {}
  }
  return outcomes.flatMap((outcome, index): readonly Degradation[] => {
    const { stage, ref, exported, detail, ranSteps } = outcome
    // Of what the build hit only what a later step needed is sure to have layers.
    const hadHit = ranSteps.every(step => !ranBefore.has(step))
    const firstRefusal =
      outcomes.findIndex(other => other.exported === 'not-allowed' && other.ref.backend === ref.backend) === index
    return [
      ...(ranSteps.length > 0
        ? [{ code: 'export-ran-steps' as const, backend: ref.backend, stage, hadHit, detail: ranSteps.join('; ') }]
        : []),
      ...(exported === 'failed' ? [{ code: 'export-failed' as const, backend: ref.backend, stage, detail }] : []),
      ...(exported === 'left' ? [{ code: 'export-left' as const, backend: ref.backend, stage, detail }] : []),
      ...(exported === 'not-allowed' && firstRefusal
        ? [{ code: 'write-not-allowed' as const, backend: ref.backend, ...whyNot(ref.backend, detail), detail }]
        : [])
    ]
  })
}
