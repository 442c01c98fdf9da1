import { hasRemoteDockerfile, isRemote, remoteDockerfileName } from '../../src/plan/remote-context'

test.each([
  ['https://github.com/acme/app.git#main', true],
  ['git@github.com:acme/app.git', true],
  ['ssh://git@host/app.git', true],
  ['github.com/acme/app', true],
  ['https://example.com/src.tar.gz', true],
  ['.', false],
  ['/abs/https', false],
  ['-app', false]
])('%s is remote: %s', (context, expected) => {
  expect(isRemote(context)).toBe(expected)
})

test.each([
  ['https://github.com/acme/app.git', '', true],
  ['https://github.com/acme/app.git', 'docker/Dockerfile', true],
  // buildx takes a path from the root as a file of its own machine.
  ['https://github.com/acme/app.git', '/tmp/Dockerfile', false],
  ['.', 'https://example.com/Dockerfile', true],
  ['.', 'docker/Dockerfile', false]
])('the Dockerfile of %s, file %j, is remote: %s', (context, file, expected) => {
  expect(hasRemoteDockerfile({ context, file })).toBe(expected)
})

test.each([
  ['https://github.com/acme/app.git#abc:docker', '', 'docker/Dockerfile'],
  ['https://github.com/acme/app.git#abc', 'a/../b/Containerfile', 'b/Containerfile'],
  ['https://github.com/acme/app.git?ref=abc&subdir=docker%2Fweb', '', 'docker/web/Dockerfile'],
  ['https://github.com/acme/app.git?subdir=/docker#abc', '', 'docker/Dockerfile'],
  ['https://github.com/acme/app.git#abc?subdir=x', '', 'Dockerfile'],
  ['https://github.com/other/lib.git#v1:src', 'Dockerfile', 'https://github.com/other/lib.git/src/Dockerfile'],
  ['https://me:hush@example.com/lib.git', '', 'https://example.com/lib.git/Dockerfile'],
  ['.', 'https://example.com/web.Dockerfile?token=hush', 'https://example.com/web.Dockerfile']
])('%s with file %j is called %s', (context, file, expected) => {
  expect(remoteDockerfileName({ context, file }, 'https://github.com/acme/app.git#abc')).toBe(expected)
})
