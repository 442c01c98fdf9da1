import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findCredentials } from '../../src/io/docker-credentials'
import type { Credentials } from '../../src/io/registry-token'
import { writeProgram } from '../helpers/host'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'credentials-'))
  // Says whom it was asked for; knows only some.
  await writeProgram(
    join(folder, 'bin'),
    'docker-credential-good',
    `let host = ''
     process.stdin.on('data', text => (host += text)).on('end', () => {
       if (process.argv[2] !== 'get' || host === 'unknown.io') { console.log('credentials not found in native keychain'); process.exit(1) }
       console.log(JSON.stringify({ ServerURL: host, Username: host === 'token.io' ? '<token>' : 'helper', Secret: 'for ' + host }))
     })`
  )
  await writeProgram(join(folder, 'bin'), 'docker-credential-odd', 'console.log("no JSON")')
  await writeProgram(join(folder, 'bin'), 'docker-credential-deaf', 'process.stdin.destroy(); console.log("{}")')
  await writeProgram(join(folder, 'bin'), 'docker-credential-stuck', 'setTimeout(() => {}, 60000)')
})
afterAll(() => rm(folder, { recursive: true }))

const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') })
const login = (username: string, password: string): Credentials => ({ username, password })

const cases: readonly { description: string; host?: string; config: unknown; expected: Credentials | undefined }[] = [
  { description: 'a login in the file', config: { auths: { 'ghcr.io': auth('me:secret') } }, expected: login('me', 'secret') },
  { description: 'a password with colons', config: { auths: { 'ghcr.io': auth('me:a:b:') } }, expected: login('me', 'a:b:') },
  { description: 'of another host', config: { auths: { 'ghcr.io.evil': auth('me:x'), io: auth('me:y') } }, expected: undefined },
  {
    description: 'kept under an address',
    config: { auths: { 'https://ghcr.io/v2/': auth('me:x') } },
    expected: login('me', 'x')
  },
  {
    description: 'with a port',
    host: 'localhost:5000',
    config: { auths: { 'http://localhost:5000': auth('me:x'), localhost: auth('you:y') } },
    expected: login('me', 'x')
  },
  {
    description: 'the exact name goes first',
    config: { auths: { 'https://ghcr.io': auth('a:1'), 'ghcr.io': auth('b:2') } },
    expected: login('b', '2')
  },
  {
    description: 'Docker Hub',
    host: 'docker.io',
    config: { auths: { 'https://index.docker.io/v1/': auth('me:hub') } },
    expected: login('me', 'hub')
  },
  {
    description: 'Docker Hub by its name',
    host: 'docker.io',
    config: { auths: { 'docker.io': auth('me:hub') } },
    expected: login('me', 'hub')
  },
  {
    description: 'an identity token',
    config: { auths: { 'ghcr.io': { ...auth('00000000:'), identitytoken: 'id' } } },
    expected: { identityToken: 'id' }
  },
  {
    description: 'a helper for all',
    config: { credsStore: 'good', auths: { 'ghcr.io': {} } },
    expected: login('helper', 'for ghcr.io')
  },
  {
    description: 'a helper for the host',
    config: { credsStore: 'odd', credHelpers: { 'ghcr.io': 'good' } },
    expected: login('helper', 'for ghcr.io')
  },
  { description: 'a helper for another host', config: { credHelpers: { 'gcr.io': 'good' } }, expected: undefined },
  {
    description: 'a helper and Docker Hub',
    host: 'docker.io',
    config: { credsStore: 'good' },
    expected: login('helper', 'for https://index.docker.io/v1/')
  },
  {
    description: 'a helper with an identity token',
    host: 'token.io',
    config: { credsStore: 'good' },
    expected: { identityToken: 'for token.io' }
  },
  { description: 'a helper that knows nothing', host: 'unknown.io', config: { credsStore: 'good' }, expected: undefined },
  {
    description: 'a helper that knows nothing, and the file does',
    host: 'unknown.io',
    config: { credsStore: 'good', auths: { 'unknown.io': auth('me:x') } },
    expected: login('me', 'x')
  },
  { description: 'a helper that is not there', config: { credsStore: 'missing' }, expected: undefined },
  { description: 'a helper that says something else', config: { credsStore: 'odd' }, expected: undefined },
  { description: 'a helper that does not read', config: { credsStore: 'deaf' }, expected: undefined },
  { description: 'no password', config: { auths: { 'ghcr.io': auth('me') } }, expected: undefined },
  { description: 'an empty entry', config: { auths: { 'ghcr.io': {} } }, expected: undefined },
  { description: 'an empty file', config: {}, expected: undefined },
  { description: 'null', config: null, expected: undefined }
]

test.each(cases)('$description', async ({ host = 'ghcr.io', config, expected }) => {
  const directory = await mkdtemp(join(folder, 'config-'))
  await writeFile(join(directory, 'config.json'), JSON.stringify(config))
  const environment = { DOCKER_CONFIG: directory, PATH: join(folder, 'bin') }
  expect(await findCredentials(host, environment)).toEqual(expected)
})

test('the configuration is in the home directory, unless said otherwise', async () => {
  await mkdir(join(folder, 'home/.docker'), { recursive: true })
  await writeFile(join(folder, 'home/.docker/config.json'), JSON.stringify({ auths: { 'ghcr.io': auth('me:home') } }))
  expect(await findCredentials('ghcr.io', { HOME: join(folder, 'home') })).toEqual(login('me', 'home'))
  expect(await findCredentials('ghcr.io', { HOME: join(folder, 'home'), DOCKER_CONFIG: '' })).toEqual(login('me', 'home'))
  expect(await findCredentials('ghcr.io', { HOME: join(folder, 'home'), DOCKER_CONFIG: join(folder, 'none') })).toBeUndefined()
})

test('a broken configuration is none', async () => {
  await writeFile(join(folder, 'config.json'), '{')
  expect(await findCredentials('ghcr.io', { DOCKER_CONFIG: folder })).toBeUndefined()
})

test('a helper that hangs is not waited for', async () => {
  const directory = await mkdtemp(join(folder, 'config-'))
  await writeFile(join(directory, 'config.json'), JSON.stringify({ credsStore: 'stuck' }))
  const started = performance.now()
  expect(await findCredentials('ghcr.io', { DOCKER_CONFIG: directory, PATH: join(folder, 'bin') })).toBeUndefined()
  expect(performance.now() - started).toBeLessThan(20_000)
})
