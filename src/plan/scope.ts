import type { RunContext } from '../context'

/** Whose cache it is. */
export type Scope =
  | { readonly kind: 'default' }
  | { readonly kind: 'branch'; readonly name: string }
  | { readonly kind: 'pull'; readonly number: number }
  | { readonly kind: 'tag'; readonly name: string }

export interface ScopePlan {
  /** The first of `read`, the same object. */
  readonly write: Scope
  /** In the order they are tried, each once; the default scope is always the last. */
  readonly read: readonly Scope[]
}

/**
 * Takes the run's context and input `cache-scope`; gives the scope that is written and those that are read, in order: own,
 * base branch's, default branch's. `shared` knows only the default scope.
 *
 * | event                               | own scope, written                    | then read                                 |
 * |-------------------------------------|---------------------------------------|-------------------------------------------|
 * | push of a branch                    | the branch                            | branch it was made from (`base_ref`), default |
 * | push of a tag                       | the tag                               | branch it was made from (`base_ref`), default |
 * | pull_request, pull_request_target   | the pull request                      | its base branch, default                  |
 * | merge_group, and the push beside it | its pull request                      | the queue's branch, default               |
 * | schedule                            | default                               |                                           |
 * | workflow_dispatch                   | the branch or tag it was started on   | default                                   |
 * | release                             | the tag                               | branch it targets, default                |
 * | issue_comment, workflow_run         | the pull request they are about, else default | its base branch where told, default |
 * | workflow_run of a fork              | its branch, `<owner>:<branch>`        | default                                   |
 * | outside GitHub                      | default                               |                                           |
 *
 * A branch that is the default branch has the default scope. Where GitHub does not say which branch that is, every branch has
 * its own scope and the default one is still read. Source of the order: GitHub's own for caches, docs.github.com, "Restrictions
 * for accessing a cache" (current branch, base branch, default branch).
 */
export function planScopes(context: RunContext, cacheScope: 'branch' | 'shared'): ScopePlan {
  if (cacheScope === 'shared') return { write: defaultScope, read: [defaultScope] }
  const write = ownScope(context)
  const read = [write, branchScope(context.baseBranch, context), defaultScope]
  return { write, read: read.filter((scope, index) => read.findIndex(other => sameScope(scope, other)) === index) }
}

const defaultScope: Scope = { kind: 'default' }

function ownScope(context: RunContext): Scope {
  if (context.pullRequest !== undefined) return { kind: 'pull', number: context.pullRequest }
  if (context.tag !== undefined) return { kind: 'tag', name: context.tag }
  return branchScope(context.branch, context)
}

function branchScope(name: string | undefined, { defaultBranch }: RunContext): Scope {
  return name === undefined || name === defaultBranch ? defaultScope : { kind: 'branch', name }
}

function sameScope(one: Scope, other: Scope): boolean {
  switch (one.kind) {
    case 'default':
      return other.kind === 'default'
    case 'pull':
      return other.kind === 'pull' && other.number === one.number
    case 'branch':
    case 'tag':
      return other.kind === one.kind && other.name === one.name
  }
}
