import { holdingStage } from './cache-plan'
import type { CachePlan, CacheRef } from './cache-plan'
import type { FoundRef } from './coverage'
import type { Backend } from '../reasons'

/** The target's ref in a backend, as it may be written anew after a build that failed. */
export interface JoinPlace {
  readonly ref: CacheRef
  /** The target's ref that it stands for from then on. */
  readonly replaces?: FoundRef
  /** Refs of stages that were brought in before the build. */
  readonly broughtIn: readonly FoundRef[]
}

/** Beginnings of one stage that a ref holds at most, and older contents: each may hold all that a package manager installs. */
const mostOfOneStage = 3

export interface JoinFacts {
  readonly found: readonly FoundRef[]
  readonly broughtIn: readonly FoundRef[]
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
  const broughtIn = facts.broughtIn.filter(one => one.ref.backend === backend)
  const place = { ref, ...(replaces ? { replaces } : {}), broughtIn }
  return canRead(place, replaces ? [replaces] : []) ? place : undefined
}

/**
 * The refs that were brought in and belong into the target's ref beside these stages, which were saved; undefined where it is not to be written anew, since it
 * holds enough older contents of one of them.
 */
export function takenIn(place: JoinPlace, saved: readonly string[]): readonly FoundRef[] | undefined {
  const broughtIn = place.broughtIn.filter(({ ref }) => !saved.includes(ref.stage))
  const names = [...broughtIn.map(({ ref }) => ref.stage), ...saved]
  const { older = [] } = place.replaces?.joined ?? {}
  const isFull = names.some(name => countOf(older, name) >= mostOfOneStage)
  return !isFull && canRead(place, broughtIn) ? broughtIn : undefined
}

/** Whether the target's ref may hold one more beginning of a stage. */
export function takesBeginning({ replaces }: JoinPlace, stage: string): boolean {
  return countOf(replaces?.joined?.begun ?? [], stage) < mostOfOneStage
}

function countOf(names: readonly string[], name: string): number {
  return names.filter(one => one === name).length
}

/** BuildKit's entries of another scope of GitHub's cache have a name that this job's token does not tell. */
function canRead({ ref }: Pick<JoinPlace, 'ref'>, found: readonly FoundRef[]): boolean {
  return ref.backend !== 'gha' || found.every(one => one.ref.scope === ref.scope)
}
