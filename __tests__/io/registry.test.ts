import { newRegistry } from '../../src/io/registry'
import type { Credentials } from '../../src/io/registry-token'
import { registryWith, sha256, started, stopwatch, user } from '../helpers/registry-client'
import { send } from '../helpers/registry-server'
import type { Answer, Asked, TestServer } from '../helpers/registry-server'

const basic = `Basic ${Buffer.from('me:pass:word').toString('base64')}`
const plain: Answer = (_, response) => send(response, 200, '{"x":"ä"}')

/** A registry that wants a token of its own token server. */
async function withTokens(
  token: Answer,
  realmPath = '/token',
  accepted = 'Bearer t1'
): Promise<{ registry: TestServer; tokens: TestServer }> {
  const tokens = await started(token)
  const challenge = `Bearer realm="http://${tokens.host}${realmPath}",service="reg",scope="repository:acme/app:pull"`
  const registry = await started(({ authorization }, response) =>
    authorization === accepted ? send(response, 200, 'manifest') : send(response, 401, 'no', { 'www-authenticate': challenge })
  )
  return { registry, tokens }
}

test('a manifest by its tag', async () => {
  const server = await started(plain)
  const manifest = await registryWith().manifest(`${server.host}/acme/app:cache-base`, 5)
  expect(manifest).toEqual({ text: '{"x":"ä"}', digest: sha256('{"x":"ä"}') })
  expect(server.asked).toMatchObject([{ method: 'GET', url: '/v2/acme/app/manifests/cache-base', authorization: undefined }])
  expect(server.asked[0]?.accept).toContain('application/vnd.oci.image.manifest.v1+json')
})

test('a manifest by its digest; the digest of odd bytes is that of the bytes', async () => {
  const bytes = Buffer.from([0xef, 0xbb, 0xbf, 0x7b, 0xff, 0x7d])
  const server = await started((_, response) => send(response, 200, bytes))
  const { digest } = (await registryWith().manifest(`${server.host}/acme/app@${sha256(bytes)}`, 5)) ?? {}
  expect(digest).toBe(sha256(bytes))
  expect(server.asked[0]?.url).toBe(`/v2/acme/app/manifests/${sha256(bytes)}`)
})

test('a manifest that was read is known by its digest', async () => {
  const server = await started(plain)
  const registry = registryWith()
  const read = await registry.manifest(`${server.host}/acme/app:cache-base`, 5)
  expect(await registry.manifest(`${server.host}/acme/app@${sha256('{"x":"ä"}')}`, 5)).toEqual(read)
  expect(server.asked).toHaveLength(1)
  await registry.manifest(`${server.host}/acme/other@${sha256('{"x":"ä"}')}`, 5)
  await registry.manifest(`${server.host}/acme/app:cache-base`, 5)
  expect(server.asked).toHaveLength(3)
})

test('what a tag stands for, without reading it', async () => {
  const digest = sha256('content')
  const answers: Answer = ({ url }, response) =>
    url.endsWith('/gone')
      ? send(response, 404, '')
      : send(response, 200, '', url.endsWith('/t') ? { 'docker-content-digest': digest } : {})
  const server = await started(answers)
  const digests = ['t', 'gone', 'untold'].map(tag => registryWith().digest(`${server.host}/acme/app:${tag}`, 5))
  expect(await Promise.all(digests)).toEqual([digest, undefined, undefined])
  expect(new Set(server.asked.map(({ method }) => method))).toEqual(new Set(['HEAD']))
  const broken = await started((_, response) => send(response, 500, ''))
  await expect(registryWith().digest(`${broken.host}/acme/app:t`, 5)).rejects.toThrow(/answered 500/)
})

const statuses: readonly { status: number; headers?: Record<string, string>; expected: undefined | RegExp }[] = [
  { status: 404, expected: undefined },
  { status: 401, expected: /^127.0.0.1:\d+ answered 401 Unauthorized for acme\/app\/manifests\/t$/ },
  { status: 403, expected: /answered 403 Forbidden/ },
  { status: 429, headers: { 'retry-after': '1' }, expected: /answered 429/ },
  { status: 500, expected: /answered 500 Internal Server Error/ },
  { status: 503, expected: /answered 503/ }
]

test.each(statuses)('answer $status', async ({ status, headers, expected }) => {
  const server = await started((_, response) => send(response, status, 'text', headers))
  const asked = registryWith(user).manifest(`${server.host}/acme/app:t`, 5)
  await (expected ? expect(asked).rejects.toThrow(expected) : expect(asked).resolves.toBeUndefined())
  // One attempt: the build does not wait for a registry to recover.
  expect(server.asked).toHaveLength(1)
})

const tokenCases: readonly {
  description: string
  login?: Credentials
  answer: unknown
  realm?: string
  asks: Partial<Asked>
}[] = [
  {
    description: 'without a login',
    answer: { token: 't1' },
    asks: { method: 'GET', url: '/token?service=reg&scope=repository%3Aacme%2Fapp%3Apull', authorization: undefined }
  },
  { description: 'with a password', login: user, answer: { token: 't1' }, asks: { method: 'GET', authorization: basic } },
  { description: 'under its other name', answer: { access_token: 't1' }, asks: { method: 'GET' } },
  { description: 'where one name is empty', answer: { token: '', access_token: 't1' }, asks: { method: 'GET' } },
  {
    description: 'of a realm with a query',
    answer: { token: 't1' },
    realm: '/auth?x=1',
    asks: { url: '/auth?x=1&service=reg&scope=repository%3Aacme%2Fapp%3Apull' }
  },
  {
    description: 'with an identity token',
    login: { identityToken: 'id/1' },
    answer: { access_token: 't1' },
    asks: {
      method: 'POST',
      url: '/token',
      authorization: undefined,
      body: 'grant_type=refresh_token&client_id=stage-cache-build&refresh_token=id%2F1&service=reg&scope=repository%3Aacme%2Fapp%3Apull'
    }
  }
]

test.each(tokenCases)('a token $description', async ({ login, answer, realm, asks }) => {
  const { registry, tokens } = await withTokens((_, response) => send(response, 200, JSON.stringify(answer)), realm)
  await expect(registryWith(login).manifest(`${registry.host}/acme/app:t`, 5)).resolves.toMatchObject({ text: 'manifest' })
  expect(tokens.asked).toMatchObject([asks])
})

const badTokens: readonly { description: string; answer: Answer; says: RegExp }[] = [
  {
    description: 'refused',
    answer: (_, response) => send(response, 401, 'no'),
    says: /^127.0.0.1:\d+ answered 401 Unauthorized to the request for a token$/
  },
  {
    description: 'of no use',
    answer: (_, response) => send(response, 200, '{"token":"other"}'),
    says: /answered 401 Unauthorized for/
  },
  { description: 'missing', answer: (_, response) => send(response, 200, '{}'), says: /answered 401 Unauthorized for/ },
  { description: 'null', answer: (_, response) => send(response, 200, 'null'), says: /answered 401 Unauthorized for/ },
  { description: 'in no JSON', answer: (_, response) => send(response, 200, '<html>'), says: /JSON/ }
]

test.each(badTokens)('a token that is $description', async ({ answer, says }) => {
  const { registry } = await withTokens(answer)
  await expect(registryWith(user).manifest(`${registry.host}/acme/app:t`, 5)).rejects.toThrow(says)
})

test('one token serves all refs of a repository, asked for at the same time or later', async () => {
  const { registry, tokens } = await withTokens((_, response) => setTimeout(() => send(response, 200, '{"token":"t1"}'), 50))
  let logins = 0
  const read = newRegistry(() => Promise.resolve(void logins++), stopwatch)
  await Promise.all(Array.from({ length: 30 }, (_, index) => read.manifest(`${registry.host}/acme/app:t${index}`, 5)))
  await read.manifest(`${registry.host}/acme/app:later`, 5)
  expect([tokens.asked.length, logins]).toEqual([1, 1])
})

test('a token that ran out is replaced, one that could not be had is asked for again', async () => {
  let valid = 0
  const tokens = await started((_, response) =>
    valid++ === 0 ? send(response, 500) : send(response, 200, JSON.stringify({ token: `${valid}` }))
  )
  const registry = await started(({ authorization }, response) =>
    authorization === `Bearer ${valid}`
      ? send(response, 200, 'm')
      : send(response, 401, '', { 'www-authenticate': `Bearer realm="http://${tokens.host}/"` })
  )
  const read = registryWith()
  const manifest = () => read.manifest(`${registry.host}/a/b:t`, 5)
  await expect(manifest()).rejects.toThrow(/answered 500/)
  await expect(manifest()).resolves.toMatchObject({ text: 'm' })
  valid = 9
  await expect(manifest()).resolves.toMatchObject({ text: 'm' })
})

test('a registry that wants a password', async () => {
  const server = await started(({ authorization }, response) =>
    authorization === basic ? send(response, 200, 'm') : send(response, 401, '', { 'www-authenticate': 'Basic realm="registry"' })
  )
  await expect(registryWith(user).manifest(`${server.host}/a/b:t`, 5)).resolves.toMatchObject({ text: 'm' })
  await expect(registryWith().manifest(`${server.host}/a/b:t`, 5)).rejects.toThrow(/answered 401/)
})

const hangs: readonly { description: string; answer: Answer }[] = [
  { description: 'never answers', answer: () => undefined },
  { description: 'stops in the middle', answer: (_, response) => void response.writeHead(200).write('{"x":') },
  {
    description: 'asks for a token that never comes',
    answer: ({ url }, response) =>
      url.startsWith('/token')
        ? undefined
        : send(response, 401, '', { 'www-authenticate': `Bearer realm="http://${response.req.headers.host}/token"` })
  }
]

test.each(hangs)('a registry that $description', async ({ answer }) => {
  const server = await started(answer)
  const before = performance.now()
  await expect(registryWith().manifest(`${server.host}/a/b:t`, 0.4)).rejects.toThrow('no answer within 0.4 s')
  expect(performance.now() - before).toBeLessThan(10_000)
})

test('a registry that is not there', async () => {
  const server = await started(plain)
  await server.stop()
  await expect(registryWith().manifest(`${server.host}/a/b:t`, 5)).rejects.toThrow(/ECONNREFUSED/)
})

test('a connection that breaks', async () => {
  const server = await started((_, response) => void response.destroy())
  await expect(registryWith().manifest(`${server.host}/a/b:t`, 5)).rejects.toThrow(/other side closed|ECONNRESET|socket hang up/)
})

const mebibyte = 1 << 20
const sizes: readonly { description: string; answer: Answer; fits: boolean }[] = [
  { description: '1 MiB', answer: (_, response) => send(response, 200, Buffer.alloc(mebibyte, 'x')), fits: true },
  { description: 'a byte more', answer: (_, response) => send(response, 200, Buffer.alloc(mebibyte + 1, 'x')), fits: false },
  {
    description: 'more, of a length not told before',
    answer: (_, response) => {
      response.writeHead(200)
      const more = () => {
        while (response.write(Buffer.alloc(65536, 'x')));
        response.once('drain', more)
      }
      more()
    },
    fits: false
  }
]

test.each(sizes)('$description', async ({ answer, fits }) => {
  const server = await started(answer)
  const asked = registryWith().manifest(`${server.host}/a/b:t`, 5)
  await (fits
    ? expect(asked).resolves.toMatchObject({ text: 'x'.repeat(mebibyte) })
    : expect(asked).rejects.toThrow('a/b/manifests/t has more than 1048576 bytes'))
})

test('a redirect is followed, and the other host is told no login', async () => {
  const store = await started((_, response) => send(response, 200, 'blob'))
  const digest = sha256('blob')
  const server = await started(({ authorization }, response) =>
    authorization === basic
      ? send(response, 307, '', { location: `http://localhost:${store.host.split(':')[1]}/there` })
      : send(response, 401, '', { 'www-authenticate': 'Basic realm="registry"' })
  )
  await expect(registryWith(user).blob(`${server.host}/a/b`, digest, 5)).resolves.toBe('blob')
  expect(store.asked).toMatchObject([{ url: '/there', authorization: undefined }])
})

test('redirects without end', async () => {
  const server = await started(({ url }, response) => send(response, 302, '', { location: url }))
  await expect(registryWith().manifest(`${server.host}/a/b:t`, 5)).rejects.toThrow(/redirect/)
})

test('a blob that is missing, or of other content', async () => {
  const server = await started(({ url }, response) => (url.endsWith('0') ? send(response, 404) : send(response, 200, 'other')))
  await expect(registryWith().blob(`${server.host}/a/b`, 'sha256:0', 5)).rejects.toThrow(/has no blob sha256:0/)
  await expect(registryWith().blob(`${server.host}/a/b`, 'sha256:1', 5)).rejects.toThrow(/has other content for blob sha256:1/)
})

test('waiting for a registry is counted as waiting', async () => {
  const server = await started((_, response) => void setTimeout(() => send(response, 404), 150))
  const before = stopwatch.waited()
  await registryWith().manifest(`${server.host}/a/b:t`, 5)
  expect(stopwatch.waited() - before).toBeGreaterThanOrEqual(140)
})
