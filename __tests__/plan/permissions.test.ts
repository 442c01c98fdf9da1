import { isRefusal, mayWriteActionsCache } from '../../src/plan/permissions'
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
