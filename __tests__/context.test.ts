import fc from 'fast-check'
import { parseRunContext, type RunContext } from '../src/context'

const sha = '6dcb09b5b57875f334f61aebed695e2e4193db5e'
const repository = { full_name: 'acme/app', default_branch: 'main' }
const ofFork = { full_name: 'stranger/app' }
const pull = { number: 12, base: { ref: 'release/1.x' }, head: { ref: 'feature/login' } }
const queueRef = `refs/heads/gh-readonly-queue/release/1.x/pr-12-${sha}`

interface Case {
  readonly description: string
  readonly env: Record<string, string>
  readonly payload: unknown
  readonly expected: Omit<RunContext, 'event' | 'repository'>
}

const cases: readonly Case[] = [
  {
    description: 'push of the default branch',
    env: { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/heads/main', GITHUB_REF_NAME: 'main', GITHUB_REF_TYPE: 'branch' },
    payload: { ref: 'refs/heads/main', base_ref: null, repository },
    expected: { branch: 'main', defaultBranch: 'main' }
  },
  {
    description: 'push of a new branch',
    env: { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/heads/feature/login' },
    payload: { base_ref: 'refs/heads/develop', repository },
    expected: { branch: 'feature/login', baseBranch: 'develop', defaultBranch: 'main' }
  },
  {
    description: 'push of a tag',
    env: { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/tags/v1/rc', GITHUB_REF_NAME: 'v1/rc', GITHUB_REF_TYPE: 'tag' },
    payload: { base_ref: 'refs/heads/release/1.x', repository },
    expected: { tag: 'v1/rc', baseBranch: 'release/1.x', defaultBranch: 'main' }
  },
  {
    description: 'push of a tag made from a tag',
    env: { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/tags/v1' },
    payload: { base_ref: 'refs/tags/v0', repository },
    expected: { tag: 'v1', defaultBranch: 'main' }
  },
  {
    description: 'push of a merge queue branch',
    env: { GITHUB_EVENT_NAME: 'push', GITHUB_REF: queueRef },
    payload: { ref: queueRef, repository },
    expected: { pullRequest: 12, baseBranch: 'release/1.x', defaultBranch: 'main' }
  },
  {
    description: 'pull_request',
    env: {
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_REF: 'refs/pull/12/merge',
      GITHUB_REF_NAME: '12/merge',
      GITHUB_BASE_REF: 'release/1.x',
      GITHUB_HEAD_REF: 'feature/login'
    },
    payload: { number: 12, pull_request: pull, repository },
    expected: { pullRequest: 12, baseBranch: 'release/1.x', defaultBranch: 'main' }
  },
  ...[
    { from: 'the repository itself', repo: { full_name: 'Acme/App' }, untrusted: {}, target: {} },
    { from: 'a fork', repo: ofFork, untrusted: { untrusted: 'fork' as const }, target: { untrusted: 'with-rights' as const } },
    {
      from: 'a deleted fork',
      repo: null,
      untrusted: { untrusted: 'fork' as const },
      target: { untrusted: 'with-rights' as const }
    }
  ].flatMap(({ from, repo, untrusted, target }): Case[] =>
    (['pull_request', 'pull_request_target', 'pull_request_review'] as const).map(event => ({
      description: `${event} from ${from}`,
      env: { GITHUB_EVENT_NAME: event, GITHUB_REF: 'refs/heads/main' },
      payload: { pull_request: { ...pull, head: { ref: 'main', repo } }, repository },
      expected: {
        pullRequest: 12,
        baseBranch: 'release/1.x',
        defaultBranch: 'main',
        ...(event === 'pull_request_target' ? target : untrusted)
      }
    }))
  ),
  {
    description: 'pull_request without a payload',
    env: { GITHUB_EVENT_NAME: 'pull_request', GITHUB_REF: 'refs/pull/12/merge', GITHUB_BASE_REF: 'release/1.x' },
    payload: undefined,
    expected: { pullRequest: 12, baseBranch: 'release/1.x' }
  },
  {
    description: 'pull_request_target, whose ref is the base branch',
    env: { GITHUB_EVENT_NAME: 'pull_request_target', GITHUB_REF: 'refs/heads/release/1.x', GITHUB_BASE_REF: 'release/1.x' },
    payload: { number: 12, pull_request: pull, repository },
    expected: { pullRequest: 12, baseBranch: 'release/1.x', defaultBranch: 'main' }
  },
  {
    description: 'pull_request_review',
    env: { GITHUB_EVENT_NAME: 'pull_request_review', GITHUB_REF: 'refs/pull/12/merge' },
    payload: { pull_request: pull, repository },
    expected: { pullRequest: 12, baseBranch: 'release/1.x', defaultBranch: 'main' }
  },
  {
    description: 'merge_group',
    env: { GITHUB_EVENT_NAME: 'merge_group', GITHUB_REF: queueRef },
    payload: { merge_group: { head_ref: queueRef, base_ref: 'refs/heads/release/1.x' }, repository },
    expected: { pullRequest: 12, baseBranch: 'release/1.x', defaultBranch: 'main' }
  },
  {
    description: 'merge_group without a payload',
    env: { GITHUB_EVENT_NAME: 'merge_group', GITHUB_REF: queueRef },
    payload: undefined,
    expected: { pullRequest: 12, baseBranch: 'release/1.x' }
  },
  {
    description: 'a branch that only looks like a merge queue',
    env: { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/heads/my/gh-readonly-queue/main/pr-12-abc' },
    payload: { repository },
    expected: { branch: 'my/gh-readonly-queue/main/pr-12-abc', defaultBranch: 'main' }
  },
  {
    description: 'schedule, whose payload need not name the default branch it runs on',
    env: { GITHUB_EVENT_NAME: 'schedule', GITHUB_REF: 'refs/heads/trunk' },
    payload: { schedule: '0 4 * * *' },
    expected: { branch: 'trunk', defaultBranch: 'trunk' }
  },
  {
    description: 'workflow_dispatch on a branch',
    env: { GITHUB_EVENT_NAME: 'workflow_dispatch', GITHUB_REF: 'refs/heads/develop' },
    payload: { inputs: {}, ref: 'refs/heads/develop', repository },
    expected: { branch: 'develop', defaultBranch: 'main' }
  },
  {
    description: 'workflow_dispatch on a tag',
    env: { GITHUB_EVENT_NAME: 'workflow_dispatch', GITHUB_REF: 'refs/tags/v1' },
    payload: { repository },
    expected: { tag: 'v1', defaultBranch: 'main' }
  },
  {
    description: 'release from a branch',
    env: { GITHUB_EVENT_NAME: 'release', GITHUB_REF: 'refs/tags/v1' },
    payload: { release: { tag_name: 'v1', target_commitish: 'release/1.x' }, repository },
    expected: { tag: 'v1', baseBranch: 'release/1.x', defaultBranch: 'main' }
  },
  {
    description: 'release from a commit, without a ref',
    env: { GITHUB_EVENT_NAME: 'release', GITHUB_REF: '' },
    payload: { release: { tag_name: 'v1', target_commitish: sha }, repository },
    expected: { tag: 'v1', defaultBranch: 'main' }
  },
  {
    description: 'issue_comment on an issue',
    env: { GITHUB_EVENT_NAME: 'issue_comment', GITHUB_REF: 'refs/heads/main' },
    payload: { issue: { number: 7 }, repository },
    expected: { branch: 'main', defaultBranch: 'main' }
  },
  {
    description: 'issue_comment on a pull request',
    env: { GITHUB_EVENT_NAME: 'issue_comment', GITHUB_REF: 'refs/heads/main' },
    payload: { issue: { number: 12, pull_request: { url: 'https://api.github.com/…' } } },
    expected: { pullRequest: 12, defaultBranch: 'main', untrusted: 'with-rights' }
  },
  {
    description: 'workflow_run after a push',
    env: { GITHUB_EVENT_NAME: 'workflow_run', GITHUB_REF: 'refs/heads/main' },
    payload: { workflow_run: { event: 'push', head_branch: 'develop', pull_requests: [{ number: 12 }] }, repository },
    expected: { branch: 'main', defaultBranch: 'main' }
  },
  {
    description: 'workflow_run after a pull request',
    env: { GITHUB_EVENT_NAME: 'workflow_run', GITHUB_REF: 'refs/heads/main' },
    payload: {
      workflow_run: {
        event: 'pull_request',
        head_repository: { full_name: 'acme/app' },
        pull_requests: [{ number: 12, base: { ref: 'develop' } }]
      },
      repository
    },
    expected: { pullRequest: 12, baseBranch: 'develop', defaultBranch: 'main' }
  },
  {
    description: 'workflow_run after the pull request of a fork, which GitHub does not name',
    env: { GITHUB_EVENT_NAME: 'workflow_run', GITHUB_REF: 'refs/heads/main' },
    payload: {
      workflow_run: { event: 'pull_request', head_branch: 'main', head_repository: ofFork, pull_requests: [] },
      repository
    },
    expected: { branch: 'stranger:main', defaultBranch: 'main', untrusted: 'with-rights' }
  },
  {
    description: 'workflow_run after a pull request that is closed by now',
    env: { GITHUB_EVENT_NAME: 'workflow_run', GITHUB_REF: 'refs/heads/main' },
    payload: {
      workflow_run: {
        event: 'pull_request',
        head_branch: 'feature',
        head_repository: { full_name: 'acme/app' },
        pull_requests: []
      },
      repository
    },
    expected: { branch: 'feature', defaultBranch: 'main' }
  },
  {
    description: 'workflow_run after a pull request of which nothing is told',
    env: { GITHUB_EVENT_NAME: 'workflow_run', GITHUB_REF: 'refs/heads/main' },
    payload: { workflow_run: { event: 'pull_request' }, repository },
    expected: { branch: 'main', defaultBranch: 'main', untrusted: 'with-rights' }
  },
  {
    description: 'a runner that sets no GITHUB_REF',
    env: { GITHUB_EVENT_NAME: 'push', GITHUB_REF_TYPE: 'branch', GITHUB_REF_NAME: 'develop' },
    payload: { repository },
    expected: { branch: 'develop', defaultBranch: 'main' }
  },
  {
    description: 'the same for a tag',
    env: { GITHUB_EVENT_NAME: 'push', GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: 'v1' },
    payload: { repository },
    expected: { tag: 'v1', defaultBranch: 'main' }
  },
  {
    description: 'deployment of a commit, which has no ref',
    env: { GITHUB_EVENT_NAME: 'deployment' },
    payload: { repository },
    expected: { defaultBranch: 'main' }
  }
]

test.each(cases)('$description', ({ env, payload, expected }) => {
  const context = parseRunContext({ GITHUB_REPOSITORY: 'acme/app', ...env }, payload)
  expect(context).toStrictEqual({ event: env['GITHUB_EVENT_NAME'], repository: 'acme/app', ...expected })
})

test('outside GitHub nothing is known', () => {
  expect(parseRunContext({}, undefined)).toStrictEqual({ event: '', repository: '' })
})

test('odd payloads never throw and never set more than one of branch, tag and pull request', () => {
  const events = [...new Set(cases.map(({ env }) => env['GITHUB_EVENT_NAME'] ?? ''))]
  const odd = fc.oneof(fc.anything(), fc.constantFrom(0, -1, 1.5, '', '12', [], [null], { number: {} }, { ref: 5 }))
  const payload = fc.oneof(
    fc.anything(),
    fc.record({
      number: odd,
      pull_request: odd,
      merge_group: fc.record({ head_ref: odd, base_ref: odd }),
      release: fc.record({ tag_name: odd, target_commitish: odd }),
      issue: fc.record({ number: odd, pull_request: odd }),
      workflow_run: fc.record({ event: fc.constant('pull_request'), pull_requests: odd }),
      repository: odd,
      base_ref: odd
    })
  )
  const ref = fc.oneof(
    fc.string(),
    fc.constantFrom('refs/heads/', 'refs/tags/', 'refs/pull/0/merge', 'refs/pull/9/merge', queueRef)
  )
  fc.assert(
    fc.property(fc.constantFrom(...events), ref, payload, (GITHUB_EVENT_NAME, GITHUB_REF, eventPayload) => {
      const { branch, tag, pullRequest, baseBranch, defaultBranch } = parseRunContext(
        { GITHUB_EVENT_NAME, GITHUB_REF },
        eventPayload
      )
      expect([branch, tag, pullRequest].filter(value => value !== undefined).length).toBeLessThanOrEqual(1)
      expect(pullRequest === undefined || (Number.isSafeInteger(pullRequest) && pullRequest > 0)).toBe(true)
      for (const name of [branch, tag, baseBranch, defaultBranch]) expect(name).not.toBe('')
    })
  )
})
