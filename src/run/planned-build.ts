import type { Host } from '../host'
import type { Materials } from '../fingerprint/seal'
import type { ImportPlan } from '../plan/imports'
import type { Builder } from './builder'
import type { Cancellation } from './cancellation'
import { planWithoutGone } from './gone-import'
import type { HeldLog } from './held-log'
import type { Known } from './history'
import { buildImage } from './image'
import type { BuiltImage } from './image'
import type { Preparation } from './prepare'
import { printPlan } from './publish'
import { newSideBuilds } from './side-builds'
import type { SideBuilds } from './side-builds'

export interface PlannedBuild {
  readonly preparation: Preparation
  readonly builder: Builder
  readonly imports: ImportPlan
  readonly eager: boolean
  readonly beside: boolean
  /** Holds what is said until the plan is printed. */
  readonly log: HeldLog
  /** What the build waits for. */
  readonly filling: Promise<{ readonly ranSteps?: boolean }>
  /** What is only to be known for the plan, and for what runs beside the build. */
  readonly expecting: Promise<Known>
  readonly materials: Promise<Materials | undefined>
  readonly staging: string
  readonly beforeStaging: () => void
}

/**
 * Prints the plan and runs the main build with what runs beside it. Where its import turns out to be gone before a stage was built, that is planned and done anew. Gives what was
 * known in the end, and what is still to be finished beside the build.
 */
export async function buildAsPlanned(
  host: Host,
  cancellation: Cancellation,
  { imports, log, filling, expecting, materials, staging, beforeStaging, ...request }: PlannedBuild
): Promise<Known & { readonly built: BuiltImage; readonly side: SideBuilds }> {
  const { preparation, builder, eager } = request
  const held = { ...host, log }
  const begin = (planned: ImportPlan, stopped?: BuiltImage) => {
    const side = newSideBuilds(host, cancellation, { ...request, imports: planned })
    const building = filling.then(({ ranSteps = false }) =>
      buildImage(held, cancellation, { preparation, builder, imports: planned, ranSteps, stopped, ...side.duringMain })
    )
    // It is waited for below; what is thrown before that is thrown there.
    building.catch(() => {})
    return { side, building }
  }
  const follow = async ({ side, building }: ReturnType<typeof begin>, known: Known) => {
    printPlan(host, preparation, builder, known.imports, { ...known.caches, eager, expectations: known.expectations })
    log.release()
    side.begin({ ...known, staging, beforeStaging })
    return { ...known, side, built: await building }
  }
  const first = begin(imports)
  const done = await follow(first, await expecting)
  if (!done.built.importGone) return done
  host.log.endGroup()
  first.side.duringMain.onImportLost('lost')
  const known = await planWithoutGone(host, preparation, done, await materials)
  return follow(begin(known.imports, done.built), known)
}
