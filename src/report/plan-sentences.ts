import type { BackendPlan } from '../plan/backends'
import type { CachePlan } from '../plan/cache-plan'
import type { Scope } from '../plan/scope'
import { placeWords } from './places'
import { joinWords, plain, words } from './words'

/** Whose cache it is, as people call it. */
export function scopeWords(scope: Scope): string {
  switch (scope.kind) {
    case 'default':
      return 'default branch'
    case 'branch':
      return `branch ${scope.name}`
    case 'pull':
      return `pull request ${scope.number}`
    case 'tag':
      return `tag ${scope.name}`
  }
}

export interface PlanFacts {
  readonly plan: Pick<CachePlan, 'scopes'>
  readonly backends: Pick<BackendPlan, 'backends' | 'reason' | 'serviceMissing'>
  /** How many `cache-from` the user gave. */
  readonly userImports: number
  /** Eager exports were asked for, and this builder cannot do them. */
  readonly exportsWait: boolean
}

/** What else decided the plan, a line each. */
export function planNotes({
  plan: { scopes },
  backends: { backends, reason, serviceMissing },
  userImports,
  exportsWait
}: PlanFacts): readonly string[] {
  const places = joinWords(backends.map(placeWords), ', ')
  return [
    ...(backends.length > 0 ? [words`Cache in ${places}: ${[reason]}.`] : [words`No cache is used: no backend is left.`]),
    ...(backends.length > 0
      ? [words`Cache of the ${scopeWords(scopes.write)} is written; read, best first: ${scopes.read.map(scopeWords).join(', ')}.`]
      : []),
    ...(serviceMissing ? [words`${placeWords('gha')} is left out: this job has no cache service.`] : []),
    ...(exportsWait
      ? [
          words`Stages are saved after the build: only BuildKit 0.32 and later can save one beside it without running steps again.`
        ]
      : []),
    ...(userImports > 0
      ? [
          words`Input cache-from is read beside the planned ref: BuildKit matches several imports unreliably, so stages may run that did not have to.`
        ]
      : [])
  ].map(plain)
}
