import type { RunContext } from '../../src/context'
import { planScopes, type Scope } from '../../src/plan/scope'

const main: Scope = { kind: 'default' }
const branch = (name: string): Scope => ({ kind: 'branch', name })
const tag = (name: string): Scope => ({ kind: 'tag', name })
const pull = (number: number): Scope => ({ kind: 'pull', number })

const cases: readonly { description: string; context: Omit<RunContext, 'repository'>; read: readonly Scope[] }[] = [
  {
    description: 'push of the default branch',
    context: { event: 'push', branch: 'main', defaultBranch: 'main' },
    read: [main]
  },
  {
    description: 'push of another branch',
    context: { event: 'push', branch: 'feature/login', defaultBranch: 'main' },
    read: [branch('feature/login'), main]
  },
  {
    description: 'push of a new branch made from another',
    context: { event: 'push', branch: 'feature/login', baseBranch: 'develop', defaultBranch: 'main' },
    read: [branch('feature/login'), branch('develop'), main]
  },
  {
    description: 'push of a tag',
    context: { event: 'push', tag: 'v1', defaultBranch: 'main' },
    read: [tag('v1'), main]
  },
  {
    description: 'push of a tag made from a branch',
    context: { event: 'push', tag: 'v1', baseBranch: 'release/1.x', defaultBranch: 'main' },
    read: [tag('v1'), branch('release/1.x'), main]
  },
  {
    description: 'pull request against the default branch',
    context: { event: 'pull_request', pullRequest: 12, baseBranch: 'main', defaultBranch: 'main' },
    read: [pull(12), main]
  },
  {
    description: 'pull request against another branch',
    context: { event: 'pull_request', pullRequest: 12, baseBranch: 'develop', defaultBranch: 'main' },
    read: [pull(12), branch('develop'), main]
  },
  {
    description: 'pull_request_target',
    context: { event: 'pull_request_target', pullRequest: 12, baseBranch: 'develop', defaultBranch: 'main' },
    read: [pull(12), branch('develop'), main]
  },
  {
    description: 'merge_group',
    context: { event: 'merge_group', pullRequest: 12, baseBranch: 'develop', defaultBranch: 'main' },
    read: [pull(12), branch('develop'), main]
  },
  {
    description: 'schedule',
    context: { event: 'schedule', branch: 'main', defaultBranch: 'main' },
    read: [main]
  },
  {
    description: 'workflow_dispatch on a branch',
    context: { event: 'workflow_dispatch', branch: 'develop', defaultBranch: 'main' },
    read: [branch('develop'), main]
  },
  {
    description: 'workflow_dispatch on a tag',
    context: { event: 'workflow_dispatch', tag: 'v1', defaultBranch: 'main' },
    read: [tag('v1'), main]
  },
  {
    description: 'release from the default branch',
    context: { event: 'release', tag: 'v1', baseBranch: 'main', defaultBranch: 'main' },
    read: [tag('v1'), main]
  },
  {
    description: 'release from another branch',
    context: { event: 'release', tag: 'v1', baseBranch: 'release/1.x', defaultBranch: 'main' },
    read: [tag('v1'), branch('release/1.x'), main]
  },
  {
    description: 'issue_comment on a pull request',
    context: { event: 'issue_comment', pullRequest: 12, defaultBranch: 'main' },
    read: [pull(12), main]
  },
  {
    description: 'workflow_run on the default branch',
    context: { event: 'workflow_run', branch: 'main', defaultBranch: 'main' },
    read: [main]
  },
  {
    description: 'a base branch that is the branch itself',
    context: { event: 'push', branch: 'develop', baseBranch: 'develop', defaultBranch: 'main' },
    read: [branch('develop'), main]
  },
  {
    description: 'a tag and a branch of one name',
    context: { event: 'release', tag: 'v1', baseBranch: 'v1', defaultBranch: 'main' },
    read: [tag('v1'), branch('v1'), main]
  },
  {
    description: 'a branch where GitHub does not name the default one',
    context: { event: 'push', branch: 'main' },
    read: [branch('main'), main]
  },
  { description: 'a deployment without a ref', context: { event: 'deployment', defaultBranch: 'main' }, read: [main] },
  { description: 'outside GitHub', context: { event: '' }, read: [main] }
]

test.each(cases)('$description', ({ context, read }) => {
  expect(planScopes({ repository: 'acme/app', ...context }, 'branch')).toStrictEqual({ write: read[0], read })
})

test.each(cases)('shared: $description', ({ context }) => {
  expect(planScopes({ repository: 'acme/app', ...context }, 'shared')).toStrictEqual({ write: main, read: [main] })
})
