import { registryWith, sha256, started, user } from '../helpers/registry-client'
import { send } from '../helpers/registry-server'

const blob = { digest: sha256('text'), text: 'text' }
const manifest = { mediaType: 'application/vnd.oci.image.manifest.v1+json', text: '{"x":"ä"}' }

test('writes a blob, to the place the registry names, and a manifest', async () => {
  const server = await started(({ method }, response) =>
    method === 'POST'
      ? send(response, 202, '', { location: '/v2/acme/app/blobs/uploads/1?state=s' })
      : send(response, 201, '', {})
  )
  await registryWith().pushBlob(`${server.host}/acme/app`, blob, 5)
  const digest = await registryWith().pushManifest(`${server.host}/acme/app:cache-all`, manifest, 5)
  expect(digest).toBe(sha256(manifest.text))
  expect(server.asked.map(({ method, url, body }) => [method, url, body])).toEqual([
    ['POST', '/v2/acme/app/blobs/uploads/', ''],
    ['PUT', `/v2/acme/app/blobs/uploads/1?state=s&digest=${encodeURIComponent(blob.digest)}`, 'text'],
    ['PUT', '/v2/acme/app/manifests/cache-all', manifest.text]
  ])
})

test('a token to read with is not used to write', async () => {
  const tokens = await started(({ url }, response) =>
    send(response, 200, JSON.stringify({ token: new URL(url, 'http://a').searchParams.get('scope') }))
  )
  const registry = await started(({ method, authorization }, response) => {
    const scope = `repository:acme/app:${method === 'GET' ? 'pull' : 'pull,push'}`
    if (authorization === `Bearer ${scope}`) send(response, 201, 'manifest')
    else
      send(response, 401, 'no', {
        'www-authenticate': `Bearer realm="http://${tokens.host}/token",service="reg",scope="${scope}"`
      })
  })
  const one = registryWith(user)
  await one.manifest(`${registry.host}/acme/app:cache-all`, 5)
  await one.pushManifest(`${registry.host}/acme/app:cache-all`, manifest, 5)
  expect(tokens.asked).toHaveLength(2)
  expect(registry.asked.at(-1)?.body).toBe(manifest.text)
})

test('a write that is refused says so, without the place of the upload', async () => {
  const server = await started((_, response) => send(response, 403, 'no'))
  await expect(registryWith().pushBlob(`${server.host}/acme/app`, blob, 5)).rejects.toThrow(/403 Forbidden for POST/)
  await expect(registryWith().pushManifest(`${server.host}/acme/app:t`, manifest, 5)).rejects.toThrow(/403/)
})
