import { isRefusal, mayWriteActionsCache, planWrites, refusalOf, savesBuildx } from '../../src/plan/permissions'
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

const asked = { cacheBinary: true, cacheExport: 'eager', cacheWrite: 'auto' } as const
test.each<[string, Parameters<typeof savesBuildx>[0], number, boolean]>([
  ['asked for', asked, WRITE, true],
  ['not asked for', { ...asked, cacheBinary: false }, WRITE, false],
  ['nothing is written', { ...asked, cacheWrite: 'false' }, WRITE, false],
  ['nothing is exported', { ...asked, cacheExport: 'off' }, WRITE, false],
  ['the token only reads', asked, READ, false],
  ['it does, and everything is tried', { ...asked, cacheWrite: 'true' }, READ, true]
])('buildx is saved: %s', (_, inputs, permission, expected) => {
  expect(savesBuildx(inputs, { token: token(permission), mode: undefined })).toBe(expected)
})

test.each(cases)('$description', ({ token: given, mode, expected }) => {
  expect(mayWriteActionsCache(given, mode)).toBe(expected)
})

const baseImage =
  'ERROR: failed to build: failed to solve: private/base:1: failed to resolve source metadata for docker.io/private/base:1: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed'

test.each([
  // The registry's own words.
  ['registry', 'failed to fetch oauth token: unexpected status from POST request to https://r/token: 401 Unauthorized', true],
  ['registry', 'unexpected status from POST request to https://ghcr.io/v2/a/b/blobs/uploads/: 403 Forbidden', true],
  [
    'registry',
    'push access denied, repository does not exist or may require authorization: server message: insufficient_scope',
    true
  ],
  ['registry', 'denied: permission_denied: write_package', true],
  ['registry', 'failed to push ghcr.io/acme/app:cache-app: denied: requested access to the resource is denied', true],
  ['registry', 'unexpected status from PUT request: 500 Internal Server Error', false],
  ['registry', 'dial tcp 127.0.0.1:5000: connect: connection refused', false],
  ['registry', 'dial tcp 10.0.0.1:403: connect: connection refused', false],
  ['registry', 'failed to do request: context deadline exceeded', false],
  ['registry', 'blob sha256:4010000000000403 not found', false],
  ['registry', '429 Too Many Requests - Server message: denied: toomanyrequests', false],
  ['registry', '', false],
  // Names are nobody's words.
  ['registry', 'failed to push ghcr.io/acme/access-denied:cache-forbidden: connection reset by peer', false],
  ['registry', 'failed to do request: Head "https://ghcr.io/v2/forbidden/manifests/denied": EOF', false],
  ['registry', 'failed to do request: Put https://ghcr.io/v2/forbidden/blobs/401?x=denied: EOF', false],
  ['registry', "invalid reference 'denied': not found", false],
  ['registry', 'dial tcp: lookup forbidden.example.com: no such host', false],
  ['registry', 'process "/bin/sh -c echo \\"denied\\" 403" did not complete successfully: exit code: 1', false],
  ['registry', '[denied 2/3] RUN make: not found', false],
  // Neither is what was written.
  ['registry', baseImage, false],
  ['gha', baseImage, false],
  ['registry', 'failed to copy: httpReadSeeker: failed open: unexpected status from GET request: 403 Forbidden', false],
  ['registry', 'error writing layer blob: open /var/lib/buildkit/x: permission denied', false],
  // BuildKit drops what GitHub's cache says of a token that only reads.
  ['gha', 'ERROR: failed to build: failed to solve: error writing layer blob: failed to reserve cache', true],
  ['gha', 'error: cache write denied: token has no writable scopes', true],
  ['gha', 'error writing layer blob: failed to reserve cache: 403 Forbidden', true],
  ['gha', 'error writing layer blob: failed to reserve cache: context deadline exceeded', false],
  ['gha', 'failed to reserve cache: Post "https://x/twirp": net/http: request canceled (Client.Timeout exceeded)', false],
  ['gha', 'failed to reserve cache: unexpected status 503 Service Unavailable', false],
  ['gha', 'failed to reserve cache: 429 Too Many Requests', false],
  ['gha', 'failed to reserve cache: connection reset by peer', false],
  ['registry', 'failed to reserve cache', false],
  // A directory refuses nobody.
  ['local', 'failed to create /cache/ingest: mkdir /cache/ingest: permission denied', false],
  ['local', '403 Forbidden', false]
] as const)('%s, "%s": refused %s', (backend, message, expected) => expect(isRefusal(backend, message)).toBe(expected))

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
  ['gha', false, 'error writing layer blob: failed to reserve cache', 'read-only-token'],
  ['gha', undefined, 'error writing layer blob: failed to reserve cache', 'not-permitted'],
  ['gha', true, 'error writing layer blob: failed to reserve cache', 'not-permitted'],
  ['registry', undefined, 'unexpected status from POST request to https://ghcr.io/v2/a: 401 Unauthorized', 'not-logged-in'],
  ['registry', false, 'unexpected status from POST request to https://ghcr.io/v2/a: 403 Forbidden', 'not-permitted'],
  ['registry', true, 'push to ghcr.io/acme/unauthorized:401: denied: permission_denied: write_package', 'not-permitted'],
  ['registry', undefined, 'push access denied, repository does not exist or may require authorization', 'not-permitted']
] as const)('%s (may write GitHub’s cache: %s) refused, "%s": %s', (backend, mayWrite, message, expected) =>
  expect(refusalOf(backend, message, mayWrite)).toBe(expected)
)
