import { isRefusal, mayWriteActionsCache, planWrites, refusalOf } from '../../src/plan/permissions'
import { makeJobToken, READ, WRITE } from '../../testbed/job-token.mjs'

const token = (...permissions: number[]) =>
  makeJobToken(permissions.map((permission, index) => ({ scope: `refs/heads/b${index}`, permission })))
const claims = (payload: string) => `e30.${Buffer.from(payload).toString('base64url')}.sig`

const cases: readonly { description: string; token: string | undefined; mode?: string; expected: boolean | undefined }[] = [
  { description: 'a token that may write', token: token(READ + WRITE), expected: true },
  { description: 'one of several scopes may be written', token: token(READ, READ + WRITE), expected: true },
  { description: 'a token that may only read', token: token(READ, READ), expected: false },
  { description: 'a token without scopes', token: token(), expected: false },
  { description: 'the workflow says read', token: token(READ + WRITE), mode: 'read', expected: false },
  { description: 'the workflow says none', token: token(READ + WRITE), mode: 'none', expected: false },
  { description: 'the workflow says it in its own way', token: token(READ + WRITE), mode: ' Read ', expected: false },
  { description: 'the workflow says nothing known', token: token(READ + WRITE), mode: 'reader', expected: true },
  { description: 'the workflow says write-only', token: token(WRITE), mode: 'write-only', expected: true },
  { description: 'the workflow says write, the token does not', token: token(READ), mode: 'write', expected: false },
  { description: 'no token', token: undefined, expected: undefined },
  ...[
    '',
    'x',
    'a.b.c',
    claims('null'),
    claims('{}'),
    claims('{"ac":5}'),
    claims('{"ac":"{"}'),
    claims('{"ac":"null"}'),
    claims('{"ac":"{}"}')
  ].map(text => ({
    description: `a token that says nothing: ${text}`,
    token: text,
    expected: undefined
  }))
]

test.each(cases)('$description', ({ token: given, mode, expected }) => {
  expect(mayWriteActionsCache(given, mode)).toBe(expected)
})

const messages: readonly { message: string; expected: boolean }[] = [
  { message: 'error writing layer blob: failed to reserve cache', expected: true },
  {
    message:
      'failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://r/token: 401 Unauthorized',
    expected: true
  },
  { message: 'unexpected status from POST request to https://ghcr.io/v2/a/b/blobs/uploads/: 403 Forbidden', expected: true },
  {
    message: 'push access denied, repository does not exist or may require authorization: server message: insufficient_scope',
    expected: true
  },
  { message: 'error: cache write denied: token has no writable scopes', expected: true },
  { message: 'unexpected status from PUT request: 500 Internal Server Error', expected: false },
  { message: 'dial tcp 127.0.0.1:5000: connect: connection refused', expected: false },
  { message: 'failed to do request: context deadline exceeded', expected: false },
  { message: 'blob sha256:4010000000000403 not found', expected: false },
  { message: '', expected: false }
]

test.each(messages)('refused ($expected): $message', ({ message, expected }) => {
  expect(isRefusal(message)).toBe(expected)
})

describe('what is not written', () => {
  const usual = {
    cacheWrite: 'auto' as const,
    untrusted: undefined,
    scope: { kind: 'pull' as const, number: 7 },
    token: token(WRITE),
    mode: undefined
  }
  const shared = { kind: 'default' as const }
  const all = ['registry', 'gha', 'local'].map(backend => [backend, 'strangers-code'])
  test.each([
    ['nothing stands in the way', {}, []],
    ['the token only reads', { token: token(READ) }, [['gha', 'read-only-token']]],
    ['a pull request from a fork', { untrusted: 'fork' as const }, [['registry', 'fork']]],
    [
      'the same with a token that only reads',
      { untrusted: 'fork' as const, mode: 'read' },
      [
        ['registry', 'fork'],
        ['gha', 'read-only-token']
      ]
    ],
    ['a stranger, in a scope of the pull request', { untrusted: 'with-rights' as const }, []],
    ["a stranger, in the default branch's scope", { untrusted: 'with-rights' as const, scope: shared }, all],
    ['a fork, in one scope for all', { untrusted: 'fork' as const, scope: shared }, all],
    ['the default branch', { scope: shared }, []],
    [
      'whatever there is, writing was asked for',
      { cacheWrite: 'true' as const, untrusted: 'fork' as const, scope: shared, token: token(READ), mode: 'none' },
      []
    ]
  ])('%s', (_, different, expected) => {
    expect(planWrites({ ...usual, ...different }).map(({ backend, why }) => [backend, why])).toEqual(expected)
  })
})

test.each([
  ['gha', 'error writing layer blob: failed to reserve cache', 'read-only-token'],
  ['registry', 'unexpected status from POST request to https://ghcr.io/v2/a/b/blobs/uploads/: 401 Unauthorized', 'not-logged-in'],
  ['registry', 'unexpected status from POST request to https://ghcr.io/v2/a/b/blobs/uploads/: 403 Forbidden', 'not-permitted'],
  ['registry', 'push access denied, repository does not exist or may require authorization', 'not-permitted']
] as const)('%s refused, "%s": %s', (backend, message, expected) => expect(refusalOf(backend, message)).toBe(expected))
