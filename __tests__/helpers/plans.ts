import { parseDockerfile } from '../../src/dockerfile/parse-dockerfile'
import { findTarget } from '../../src/dockerfile/stage-graph'
import type { Dockerfile } from '../../src/dockerfile/dockerfile'
import { planCache } from '../../src/plan/cache-plan'
import type { CachePlan, CacheRef } from '../../src/plan/cache-plan'
import type { FoundRef } from '../../src/plan/coverage'
import type { Scope, ScopePlan } from '../../src/plan/scope'
import type { Backend } from '../../src/reasons'
import { inputsWith } from '../inputs/fixture'

export const own: Scope = { kind: 'branch', name: 'own' }
export const main: Scope = { kind: 'default' }
export const onMain: ScopePlan = { write: main, read: [main] }
export const onBranch: ScopePlan = { write: own, read: [own, main] }

/** base; deps and tools from base; final from deps, copying from tools. */
export const diamond = `FROM scratch AS base
COPY os /
FROM base AS deps
RUN install
FROM base AS tools
RUN fetch
FROM deps AS final
COPY --from=tools /t /t
RUN build
`

export function dockerfileOf(text: string, target = ''): Dockerfile {
  const { dockerfile, problems } = parseDockerfile(text, {
    buildArgs: {},
    buildContexts: [],
    platform: 'linux/amd64',
    buildPlatform: 'linux/amd64',
    target
  })
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  return dockerfile
}

export interface PlanOptions {
  readonly inputs?: Readonly<Record<string, string>>
  readonly backends?: readonly Backend[]
  readonly scopes?: ScopePlan
  readonly platforms?: readonly string[]
  readonly repository?: string
}

/** The plan the product makes of a Dockerfile. */
export function planOf(text: string, options: PlanOptions = {}): CachePlan {
  const inputs = inputsWith(options.inputs)
  const dockerfile = dockerfileOf(text, inputs.target)
  const target = findTarget(dockerfile, inputs.target)
  if ('problem' in target) throw new Error(target.problem)
  return planCache({
    dockerfile,
    target: target.stage,
    inputs,
    backends: options.backends ?? ['registry'],
    scopes: options.scopes ?? onMain,
    platforms: options.platforms ?? ['linux/amd64'],
    repository: options.repository ?? 'ghcr.io/acme/app',
    image: 'acme/app'
  })
}

/** The plan's ref of a stage: what it writes, or what it reads in another scope. */
export function refOf(plan: CachePlan, stage: string, backend: Backend = 'registry', scope: Scope = plan.scopes.write): CacheRef {
  const planned = plan.stages.find(candidate => candidate.stage.name === stage)
  const ref = planned?.reads.find(candidate => candidate.backend === backend && candidate.scope === scope)
  if (!ref) throw new Error(`no ref of ${stage} in ${backend}`)
  return ref
}

/** A registry ref that was found, known by its blobs. */
export function foundWith(ref: CacheRef, blobs: string, id = `id of ${blobs}`): FoundRef {
  return { ref, id, bytes: 10, blobs: new Set(blobs.split(' ')) }
}
