import { holdingStage } from './cache-plan'
import type { CachePlan, CacheRef } from './cache-plan'
import type { FoundRef } from './coverage'
import type { Backend } from '../reasons'

/** The target's ref in a backend, as it may be written anew after a build that failed. */
export interface JoinPlace {
  readonly ref: CacheRef
  /** The target's ref that it stands for from then on. */
  readonly replaces?: FoundRef
}

export interface JoinFacts {
  readonly found: readonly FoundRef[]
  readonly failedImports: ReadonlySet<CacheRef>
  readonly lookedUp: readonly Backend[]
  readonly cacheMode: string
  /** Whether entries of GitHub's cache can be read and written by the action itself. */
  readonly speaksGha: boolean
}

/** Undefined where nothing is to be joined: where it is not known what there is, or it could not be read. */
export function planJoin(plan: CachePlan, backend: Backend, facts: JoinFacts): JoinPlace | undefined {
  const holder = holdingStage(plan)
  const ref = holder?.writes.find(write => write.backend === backend)
  if (!ref || facts.cacheMode === 'min' || !facts.lookedUp.includes(backend)) return undefined
  const replaces = holder?.reads.flatMap(read => facts.found.find(one => one.ref === read && read.backend === backend) ?? [])[0]
  if (replaces && facts.failedImports.has(replaces.ref)) return undefined
  if (backend === 'gha' && !facts.speaksGha) return undefined
  const place = { ref, ...(replaces ? { replaces } : {}) }
  return canRead(place, replaces ? [replaces] : []) ? place : undefined
}

/** BuildKit's entries of another scope of GitHub's cache have a name that this job's token does not tell. */
export function canRead({ ref }: JoinPlace, found: readonly FoundRef[]): boolean {
  return ref.backend !== 'gha' || found.every(one => one.ref.scope === ref.scope)
}

/** Whether a ref holds older content of one of these stages already: more than one older content of a stage is not kept. */
export function holdsOlder({ replaces }: JoinPlace, stages: readonly string[]): boolean {
  return stages.some(name => replaces?.joined?.older.includes(name))
}
