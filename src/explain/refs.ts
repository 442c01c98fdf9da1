import type { CachePlan, CacheRef } from '../plan/cache-plan'
import { displayRef } from '../plan/cache-plan'
import { covers } from '../plan/coverage'
import type { FoundRef } from '../plan/coverage'
import type { ExportCause } from '../plan/exports'
import type { Backend, Exported } from '../reasons'
import type { RefResult, StageResult } from './stage-result'

export interface RefFacts {
  readonly plan: CachePlan
  readonly found: readonly FoundRef[]
  /** What was really imported. */
  readonly imports: { readonly main?: FoundRef; readonly broughtIn: readonly FoundRef[] }
  /** Refs whose import BuildKit reported as failed. */
  readonly failedImports: ReadonlySet<CacheRef>
  /** Backends that could not be looked up. */
  readonly unreachable: readonly Backend[]
  readonly outcomes: readonly {
    readonly ref: CacheRef
    readonly exported: Exported
    readonly left?: true
    readonly tookIn?: readonly string[]
    readonly cause?: ExportCause
    readonly bytes?: number
    readonly newBytes?: number
  }[]
  readonly exportsOff: boolean
}

/** What was read from and written to each ref of a stage: the ref of its scope in each backend, and the one it was found under. */
export function explainRefs(result: Pick<StageResult, 'name' | 'status'>, facts: RefFacts): readonly RefResult[] {
  const planned = facts.plan.stages.find(({ stage }) => stage.name === result.name)
  if (!planned) return []
  return planned.writes.flatMap(write => {
    const inBackend = planned.reads.filter(ref => ref.backend === write.backend)
    const found = inBackend
      .map(ref => facts.found.find(candidate => candidate.ref === ref))
      .find(candidate => candidate !== undefined)
    const own = found?.ref === write
    const exported = explainExport(write, result, facts)
    // A ref that took in others is larger than it was, and nobody knows by how much.
    const bytes = exported.bytes ?? (own && !exported.tookIn ? found.bytes : undefined)
    const written: RefResult = {
      backend: write.backend,
      ref: displayRef(write),
      ...(own
        ? explainImport(found, facts)
        : { imported: facts.unreachable.includes(write.backend) ? ('failed' as const) : ('absent' as const) }),
      ...exported,
      ...(bytes === undefined ? {} : { bytes })
    }
    if (!found || own) return [written]
    const elsewhere: RefResult = {
      backend: write.backend,
      ref: displayRef(found.ref),
      ...explainImport(found, facts),
      exported: 'not-asked',
      ...(found.bytes === undefined ? {} : { bytes: found.bytes })
    }
    return [elsewhere, written]
  })
}

/** `yes` when the build had this ref's content: it imported the ref, or one that holds it, which then is `readIn`. */
function explainImport(found: FoundRef, { imports, failedImports }: RefFacts): Pick<RefResult, 'imported' | 'readIn'> {
  const holding = [...(imports.main ? [imports.main] : []), ...imports.broughtIn].filter(
    ref => ref === found || covers(ref, found)
  )
  if (holding.length === 0) return { imported: 'not-asked' }
  const read = holding.filter(({ ref }) => !failedImports.has(ref))
  const [first] = read
  if (first === undefined) return { imported: 'failed' }
  return { imported: 'yes', ...(read.some(({ ref }) => ref === found.ref) ? {} : { readIn: displayRef(first.ref) }) }
}

function explainExport(
  write: CacheRef,
  result: Pick<StageResult, 'status'>,
  facts: RefFacts
): Pick<RefResult, 'exported' | 'left' | 'tookIn' | 'cause' | 'bytes' | 'newBytes'> {
  const outcome = facts.outcomes.find(candidate => candidate.ref === write)
  if (outcome) {
    const { exported, left, tookIn, cause, bytes, newBytes } = outcome
    return {
      exported,
      ...(left ? { left } : {}),
      ...(tookIn ? { tookIn } : {}),
      ...(cause === undefined ? {} : { cause }),
      ...(bytes === undefined ? {} : { bytes }),
      ...(newBytes === undefined ? {} : { newBytes })
    }
  }
  return { exported: result.status === 'hit' && !facts.exportsOff ? 'unchanged' : 'not-asked' }
}
