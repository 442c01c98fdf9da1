import type { CachePlan, StagePlan } from './cache-plan'
import { covers } from './coverage'
import type { FoundRef } from './coverage'
import type { Backend } from '../reasons'

export interface ImportPlan {
  /** The one ref the main build imports. */
  readonly main?: FoundRef
  /** Refs of stages that the main import lacks; each is imported by a build of its own before the main one. */
  readonly broughtIn: readonly FoundRef[]
}

/**
 * Chooses the one import of the main build: the target's own ref, of the first backend and scope that has it. BuildKit misses at
 * random when one build imports refs that overlap (moby/buildkit solver/combinedcache.go), so what that ref lacks is brought in
 * by builds of their own: the newer refs of other stages, from the same backend and from no scope behind the main import's,
 * and of those only the ones that no other holds. Without a target ref nothing is imported by the main build.
 */
export function planImports(plan: CachePlan, found: readonly FoundRef[], rebuilt: ReadonlySet<string>): ImportPlan {
  const target = plan.stages.find(({ stage }) => stage.index === plan.target.index)
  const first = (stage: StagePlan | undefined, backend: Backend, scopes: number): FoundRef | undefined =>
    stage?.reads
      .filter(ref => ref.backend === backend)
      .slice(0, scopes)
      .map(ref => found.find(candidate => candidate.ref === ref))
      .find(candidate => candidate !== undefined)
  const scopeCount = plan.scopes.read.length

  for (const backend of plan.backends) {
    const main = first(target, backend, scopeCount)
    const scopes = main ? plan.scopes.read.indexOf(main.ref.scope) + 1 : scopeCount
    const others = plan.stages
      .filter(stage => stage !== target && !rebuilt.has(stage.stage.name))
      .map(stage => first(stage, backend, scopes))
      .filter(candidate => candidate !== undefined)
    if (!main && others.length === 0) continue
    const lacking = main ? others.filter(other => !covers(main, other)) : others
    return { ...(main ? { main } : {}), broughtIn: withoutCovered(lacking) }
  }
  return { broughtIn: [] }
}

/** The refs that no other of them holds; of two with the same content the later stage's. */
function withoutCovered(refs: readonly FoundRef[]): readonly FoundRef[] {
  return refs.filter((ref, index) => !refs.some((other, at) => at !== index && covers(other, ref) && (at > index || !covers(ref, other))))
}
