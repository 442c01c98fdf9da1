import { neededStages } from '../dockerfile/stage-graph'
import type { Dockerfile, Stage } from '../dockerfile/dockerfile'
import type { Inputs } from '../inputs'
import type { Backend } from '../reasons'
import { formatRef, ownsName } from './ref'
import type { Scope, ScopePlan } from './scope'

/** One stage × platforms × scope in one backend. */
export interface CacheRef {
  readonly backend: Backend
  readonly stage: string
  readonly scope: Scope
  /** Registry tag, gha scope, or tag in the local directory. */
  readonly name: string
  /** `ghcr.io/acme/app`, empty for gha, or the local directory. */
  readonly place: string
  /** Of platforms built together, the refs of each alone: BuildKit writes those, and the ref is made of them (joined-cache.ts). */
  readonly parts?: readonly CachePart[]
  /** Name under which BuildKit writes a beginning of the stage that a build which failed got done (beginnings.ts). */
  readonly beginning: string
}

export interface CachePart {
  readonly platform: string
  readonly name: string
}

/** Why a needed stage has no refs: nothing to save, asked for, or BuildKit cannot build it by itself. */
export type Uncached = 'no-steps' | 'left-out' | 'no-target'

export interface StagePlan {
  readonly stage: Stage
  readonly uncached?: Uncached
  /** Backends in the order asked for, in each the scopes in read order. */
  readonly reads: readonly CacheRef[]
  /** Those of `reads` that are of the own scope. */
  readonly writes: readonly CacheRef[]
}

export interface CachePlan {
  readonly target: Stage
  readonly backends: readonly Backend[]
  readonly scopes: ScopePlan
  readonly platforms: readonly string[]
  /** Needed stages in Dockerfile order. */
  readonly stages: readonly StagePlan[]
}

export interface CachePlanRequest {
  readonly dockerfile: Dockerfile
  readonly target: Stage
  readonly inputs: Inputs
  readonly backends: readonly Backend[]
  readonly scopes: ScopePlan
  readonly platforms: readonly string[]
  /** Repository of registry refs; empty when that backend is not used. */
  readonly repository: string
  /** Separates images in gha and local names. */
  readonly image: string
}

/** Every needed stage with the refs it may be read from and is written to. */
export function planCache(request: CachePlanRequest): CachePlan {
  const { dockerfile, target, inputs, backends, scopes, platforms } = request
  const stages = neededStages(dockerfile, inputs.target).map((stage): StagePlan => {
    const uncached = whyUncached(stage, target, inputs.cacheStages)
    if (uncached) return { stage, uncached, reads: [], writes: [] }
    const ref = (backend: Backend, scope: Scope): CacheRef => {
      const nameOn = (on: readonly string[], version = inputs.cacheVersion, begun = false) =>
        formatRef({
          prefix: inputs.cachePrefix,
          stage: stage.name,
          named: ownsName(stage, dockerfile.stages),
          begun,
          ...(backend === 'registry' || request.image === '' ? {} : { image: request.image }),
          scope,
          platforms: on,
          version
        })
      // Nothing else has the refs of one platform that are made on the way to one of several.
      const partOf = [inputs.cacheVersion, ...platforms].join(' ')
      return {
        backend,
        stage: stage.name,
        scope,
        name: nameOn(platforms),
        beginning: nameOn(platforms, inputs.cacheVersion, true),
        place: { registry: request.repository, gha: '', local: inputs.cacheDir }[backend],
        ...(platforms.length > 1 ? { parts: platforms.map(platform => ({ platform, name: nameOn([platform], partOf) })) } : {})
      }
    }
    const reads = backends.flatMap(backend => scopes.read.map(scope => ref(backend, scope)))
    // One object for one ref: they are compared by identity.
    const writes = reads.filter(({ scope }) => scope === scopes.write)
    return { stage, reads, writes }
  })
  return { target, backends, scopes, platforms, stages }
}

/**
 * The stage whose ref holds all that the target needs: the target itself or, where that is a bare FROM without steps, the stage it
 * is made from. Undefined for a target of an image alone.
 */
export function holdingStage(plan: CachePlan): StagePlan | undefined {
  let { target }: { readonly target: Stage | undefined } = plan
  while (target?.steps.length === 0) {
    const { base }: Stage = target
    target = base.kind === 'stage' ? plan.stages.find(({ stage }) => stage.index === base.index)?.stage : undefined
  }
  return plan.stages.find(({ stage }) => stage === target)
}

/** The stage and those it is FROM: loading its result loads theirs. */
export function baseChain(plan: CachePlan, stage: Stage): readonly Stage[] {
  const parent = stage.base.kind === 'stage' ? stageAt(plan, stage.base.index) : undefined
  return parent ? [stage, ...baseChain(plan, parent)] : [stage]
}

/** A needed stage by its place in the file. */
export function stageAt(plan: CachePlan, index: number): Stage | undefined {
  return plan.stages.find(({ stage }) => stage.index === index)?.stage
}

/** A ref as people read it: `ghcr.io/acme/app:cache-base`, or its name alone where gha or the local directory has it. */
export function displayRef(ref: CacheRef): string {
  return ref.backend === 'registry' ? `${ref.place}:${ref.name}` : ref.name
}

function whyUncached(stage: Stage, target: Stage, chosen: Inputs['cacheStages']): Uncached | undefined {
  if (stage.steps.length === 0) return 'no-steps'
  if (!stage.targetable && stage.index !== target.index) return 'no-target'
  if (chosen.leftOut.includes(stage.name)) return 'left-out'
  if (chosen.only.length > 0 && !chosen.only.includes(stage.name)) return 'left-out'
  return undefined
}
