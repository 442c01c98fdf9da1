import type { Inputs } from '../inputs'
import { readsCache } from './build-command'
import { baseChain, holdingStage } from './cache-plan'
import type { CachePlan, StagePlan } from './cache-plan'
import { covers } from './coverage'
import type { FoundRef } from './coverage'
import type { Scope } from './scope'
import type { Backend } from '../reasons'

export interface ImportPlan {
  /** The one ref the main build imports. */
  readonly main?: FoundRef
  /** Refs of stages that the main import lacks; each is imported by a build of its own before the main one. */
  readonly broughtIn: readonly BroughtIn[]
}

export interface BroughtIn extends FoundRef {
  /** What it holds of the others, from the last stage up: these are left when it turns out to be of other content. */
  readonly instead: readonly FoundRef[]
  /** Those of them that have to be brought in all the same when it fits. */
  readonly also: readonly FoundRef[]
}

/** All refs that builds of the job import, the main build's first. */
export function importedRefs({
  main,
  broughtIn
}: {
  readonly main?: FoundRef
  readonly broughtIn: readonly FoundRef[]
}): readonly FoundRef[] {
  return [...(main ? [main] : []), ...broughtIn]
}

/** What a job imports of the refs that were found: nothing where its inputs say to read no cache. */
export function chooseImports(
  { plan, inputs, rebuilt }: { readonly plan: CachePlan; readonly inputs: Inputs; readonly rebuilt: readonly string[] },
  found: readonly FoundRef[]
): ImportPlan {
  return readsCache(inputs) ? planImports(plan, found, new Set(rebuilt)) : { broughtIn: [] }
}

/**
 * Chooses the one import of the main build: the target's own ref, of the first scope that has one of a whole build, there of the first backend.
 * BuildKit misses at random when one build imports refs that overlap (moby/buildkit solver/combinedcache.go), so what that ref
 * lacks is brought in by builds of their own: the refs of other stages, from the same backend and from no scope behind the main
 * import's, and of those only the ones that no other holds. Without a target ref nothing is imported by the main build, and the
 * first backend that has any ref serves.
 */
export function planImports(plan: CachePlan, found: readonly FoundRef[], rebuilt: ReadonlySet<string>): ImportPlan {
  const scopes = plan.scopes.read
  const holder = holdingStage(plan)
  const best = (stage: StagePlan, backend: Backend, among: readonly Scope[]): FoundRef | undefined =>
    stage.reads
      .filter(ref => ref.backend === backend && among.includes(ref.scope))
      .map(ref => found.find(candidate => candidate.ref === ref))
      .find(candidate => candidate !== undefined)
  const others = (backend: Backend, among: readonly Scope[]): readonly FoundRef[] =>
    plan.stages
      .filter(stage => stage !== holder && !rebuilt.has(stage.stage.name))
      .map(stage => best(stage, backend, among))
      .filter(candidate => candidate !== undefined)

  const targets = scopes
    .flatMap(scope => plan.backends.map(backend => holder && best(holder, backend, [scope])))
    .filter(candidate => candidate !== undefined)
  const main = targets.find(({ joined }) => !joined?.only) ?? targets[0]
  if (main) {
    const near = scopes.slice(0, scopes.indexOf(main.ref.scope) + 1)
    return {
      main,
      broughtIn: bringIns(
        plan,
        others(main.ref.backend, near).filter(other => !covers(main, other))
      )
    }
  }
  const first = plan.backends.map(backend => others(backend, scopes)).find(refs => refs.length > 0)
  return { broughtIn: bringIns(plan, first ?? []) }
}

/**
 * Names of the stages that were saved by a build which did not come to its end, after the main import's own: what reads them and hits may do so
 * by what they contain, under keys that the main import does not know. `done` are the refs that were brought in.
 */
export function renewedStages({ main, broughtIn }: ImportPlan, done: readonly FoundRef[]): ReadonlySet<string> {
  const newer = broughtIn.flatMap(one => [one, ...one.instead]).filter(one => done.some(ref => covers(ref, one)))
  return new Set(main ? [...(main.joined?.older ?? []), ...newer.map(({ ref }) => ref.stage)] : [])
}

/**
 * The refs that no other of them holds, with those they hold; of two with the same content the later stage's. Those of the nearest scope come first, and of these the newest, where
 * that is known, as it is of gha: what the others lack of the stages they are made from may be in the builder then, and does not run to find that out.
 * Bringing a stage in loads its own layers and those of the stages it is FROM, and of a stage it copies from no more than what
 * decides its key. So such a stage is brought in too where another reads it that will have to run: one that is not among them.
 */
function bringIns(plan: CachePlan, refs: readonly FoundRef[]): readonly BroughtIn[] {
  const among = new Set(refs.map(({ ref }) => ref.stage))
  const scopeOf = ({ ref }: FoundRef) => plan.scopes.read.indexOf(ref.scope)
  const stageOf = ({ ref }: FoundRef) => plan.stages.find(({ stage }) => stage.name === ref.stage)?.stage
  const isReadByOthers = (found: FoundRef) => {
    const index = stageOf(found)?.index
    return plan.stages.some(({ stage }) => !among.has(stage.name) && stage.edges.some(edge => edge.stage === index))
  }
  const isUnder = (found: FoundRef, above: FoundRef) => {
    const [stage, from] = [stageOf(found), stageOf(above)]
    return stage !== undefined && from !== undefined && baseChain(plan, from).includes(stage)
  }
  return refs
    .filter((ref, index) => !refs.some((other, at) => at !== index && covers(other, ref) && (at > index || !covers(ref, other))))
    .map(ref => {
      const instead = refs.filter(other => other !== ref && covers(ref, other)).reverse()
      const also: FoundRef[] = []
      for (const held of instead) {
        if (isReadByOthers(held) && ![ref, ...also].some(above => isUnder(held, above))) also.push(held)
      }
      return { ...ref, instead, also }
    })
    .toSorted((one, other) => scopeOf(one) - scopeOf(other) || (other.exportedAt ?? 0) - (one.exportedAt ?? 0))
}
