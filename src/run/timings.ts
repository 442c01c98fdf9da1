import { displayRef } from '../plan/cache-plan'
import type { BuildReport } from '../report/report'
import type { ExportOutcome } from './export-build'
import type { BuiltImage } from './image'

/** What was brought in and what was to be saved, each with when it was done, as the report has it. */
export function timings(
  { broughtIn, bringInTimes }: Pick<BuiltImage, 'broughtIn' | 'bringInTimes'>,
  outcomes: readonly ExportOutcome[]
): Pick<BuildReport, 'broughtIn' | 'exports'> {
  return {
    broughtIn: broughtIn.map(found => ({ stage: found.ref.stage, ref: displayRef(found.ref), ...bringInTimes.get(found) })),
    exports: outcomes.map(({ stage, ref, exported, started, seconds }) => ({
      stage,
      backend: ref.backend,
      exported,
      ...(started === undefined ? {} : { started }),
      seconds
    }))
  }
}
