import type { BackendPlan } from '../plan/backends'
import type { CachePlan } from '../plan/cache-plan'
import type { FoundRef } from '../plan/coverage'
import type { Scope } from '../plan/scope'
import type { NotWritten } from '../plan/permissions'
import { placeWords } from './places'
import { notWrittenWords } from './sentences-permissions'
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
  /** Inputs that say that nothing is saved, as they were written. */
  readonly savesNothing?: 'cache-export: off' | 'cache-write: false' | undefined
  /** Of the backends. */
  readonly notWritten: readonly NotWritten[]
}

/** What else decided the plan, a line each. */
export function planNotes({
  plan: { scopes },
  backends: { backends, reason, serviceMissing },
  userImports,
  exportsWait,
  savesNothing,
  notWritten
}: PlanFacts): readonly string[] {
  const places = joinWords(backends.map(placeWords), ', ')
  const refusing = notWritten.filter(({ backend }) => backends.includes(backend))
  const writes = savesNothing === undefined && backends.length > refusing.length
  const read = words`best first: ${scopes.read.map(scopeWords).join(', ')}`
  return [
    ...(backends.length > 0 ? [words`Cache in ${places}: ${[reason]}.`] : [words`No cache is used: no backend is left.`]),
    ...(backends.length > 0
      ? [writes ? words`Cache of the ${scopeWords(scopes.write)} is written; read, ${read}.` : words`Cache is read, ${read}.`]
      : []),
    ...(savesNothing === undefined
      ? refusing.map(({ backend, why }) => words`Nothing is saved in ${placeWords(backend)}: ${notWrittenWords(why)}.`)
      : [words`Nothing is saved: ${savesNothing}.`]),
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

/** Why the main build imports the ref of this stage. */
export function importWhy(target: string, { ref, joined }: Pick<FoundRef, 'ref' | 'joined'>): string {
  if (joined?.only) return `it holds what was saved of ${[...new Set([...joined.only, ...(joined.begun ?? [])])].join(', ')}`
  return ref.stage === target ? "the target's own, with all stages as they were when it was saved" : 'it holds the most'
}
