import { cacheName, parseImageReference } from '../../src/plan/image-reference'

const hex = (length: number) => 'a1'.repeat(length / 2)
const sha256 = `sha256:${hex(64)}`

const good: readonly [text: string, host: string, path: string, tag?: string | undefined, digest?: string][] = [
  ['alpine', 'docker.io', 'library/alpine'],
  ['alpine:3.20', 'docker.io', 'library/alpine', '3.20'],
  ['acme/app', 'docker.io', 'acme/app'],
  ['docker.io/alpine', 'docker.io', 'library/alpine'],
  ['docker.io/acme/app:1', 'docker.io', 'acme/app', '1'],
  ['index.docker.io/alpine', 'docker.io', 'library/alpine'],
  ['ghcr.io/acme/app:v1', 'ghcr.io', 'acme/app', 'v1'],
  ['GHCR.io/acme/app', 'GHCR.io', 'acme/app'],
  ['ghcr.io/app', 'ghcr.io', 'app'],
  ['localhost/app', 'localhost', 'app'],
  ['localhost:5000/app:1', 'localhost:5000', 'app', '1'],
  ['registry:5000/a/b/c', 'registry:5000', 'a/b/c'],
  ['127.0.0.1:5000/app', '127.0.0.1:5000', 'app'],
  ['[::1]:5000/app:1', '[::1]:5000', 'app', '1'],
  ['[2001:db8::1]/app', '[2001:db8::1]', 'app'],
  ['test.com:5000', 'docker.io', 'library/test.com', '5000'],
  ['192.168.0.1', 'docker.io', 'library/192.168.0.1'],
  ['test_com/app', 'docker.io', 'test_com/app'],
  ['a__b/c---d.e_f', 'docker.io', 'a__b/c---d.e_f'],
  ['xn--n3h.com/app', 'xn--n3h.com', 'app'],
  ['app:Upper_Tag.1-x', 'docker.io', 'library/app', 'Upper_Tag.1-x'],
  [`app:${'t'.repeat(128)}`, 'docker.io', 'library/app', 't'.repeat(128)],
  [`app@${sha256}`, 'docker.io', 'library/app', undefined, sha256],
  [`ghcr.io/acme/app:1@${sha256}`, 'ghcr.io', 'acme/app', '1', sha256],
  [`app@sha512:${hex(128)}`, 'docker.io', 'library/app', undefined, `sha512:${hex(128)}`],
  [`ghcr.io/${'a/'.repeat(127)}a`, 'ghcr.io', `${'a/'.repeat(127)}a`],
  [`docker.io/${hex(64)}`, 'docker.io', `library/${hex(64)}`]
]

const goodCases = good.map(([text, host, path, tag, digest]) => ({
  text,
  expected: {
    host,
    path,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
    repository: `${host}/${path}`
  }
}))

test.each(goodCases)('$text', ({ text, expected }) => {
  expect(parseImageReference(text)).toStrictEqual(expected)
})

const bad: readonly [text: string, problem: string][] = [
  ['', 'is empty'],
  [' alpine', 'white space'],
  ['alpine\n', 'white space'],
  ['https://ghcr.io/acme/app', 'starts with https://: leave that out'],
  ['oci://ghcr.io/acme/app', 'starts with oci://'],
  [hex(64), '64 hexadecimal digits'],
  ['Alpine', 'write alpine'],
  ['Acme/app', 'has capitals in its repository name: write acme/app'],
  ['ghcr.io/Acme/App:V1', 'write ghcr.io/acme/app'],
  ['localhost:5000/Acme/app', 'write localhost:5000/acme/app'],
  ['-app', 'for a repository'],
  ['acme/-app', 'for a repository'],
  ['acme/app-', 'for a repository'],
  ['acme//app', 'for a repository'],
  ['ghcr.io/', 'for a repository'],
  ['/app', 'for a repository'],
  ['a..b', 'for a repository'],
  ['a___b', 'for a repository'],
  ['aa/b$$^/cc', 'for a repository'],
  ['ghcr.io/acme/ünï', 'for a repository'],
  [':tag', 'for a repository'],
  [`@${sha256}`, 'for a repository'],
  ['[::1]:5000', 'for a repository'],
  [`ghcr.io/${'a/'.repeat(128)}a`, 'repository name of 257 characters: at most 255'],
  ['-ghcr.io/app', 'for a registry'],
  ['ghcr.io:port/app', 'for a registry'],
  ['fc00::1:5000/app', 'for a registry'],
  ['[fe80::1%eth0]:5000/app', 'for a registry'],
  ['app:', 'no tag after its colon'],
  ['app:-x', 'for a tag'],
  ['app:.x', 'for a tag'],
  ['app:a+b', 'for a tag'],
  [`app:${'t'.repeat(129)}`, 'tag of 129 characters: at most 128'],
  ['app@sha256:abc', 'write 64 lower-case hexadecimal digits after sha256:'],
  [`app@sha512:${hex(64)}`, 'write 128 lower-case hexadecimal digits after sha512:'],
  [`app@md5:${hex(32)}`, 'write 64 lower-case hexadecimal digits after sha256:'],
  [`app@sha256:${hex(64).toUpperCase()}`, 'for a digest'],
  [`app@${sha256}@${sha256}`, 'for a digest']
]

test.each(bad)('%j is refused', (text, problem) => {
  const result = parseImageReference(text)
  expect(typeof result).toBe('string')
  expect(result).toContain(problem)
  expect(result).not.toMatch(/[\r\n]/)
})

test('a hostile text is refused in linear time', () => {
  const started = performance.now()
  for (const text of ['a-'.repeat(50_000), `${'a.'.repeat(50_000)}/x`, `app:${'_'.repeat(100_000)}!`]) parseImageReference(text)
  expect(performance.now() - started).toBeLessThan(30_000)
})

const names: readonly [name: string, explicit: string, firstTag: string | undefined, dockerfile: string, expected: string][] = [
  ['cache-name comes first', 'mine', 'ghcr.io/acme/app:1', 'services/api/Dockerfile', 'mine'],
  ['then the first tag', '', 'ghcr.io/acme/app:1', 'services/api/Dockerfile', 'acme/app'],
  ['of Docker Hub', '', 'acme/app', 'Dockerfile', 'acme/app'],
  ['of one word', '', 'app:latest', 'Dockerfile', 'app'],
  ['of an official image', '', 'docker.io/library/alpine', 'Dockerfile', 'alpine'],
  ['of a library elsewhere', '', 'ghcr.io/library/app', 'Dockerfile', 'library/app'],
  ['a tag that is none does not count', '', 'ghcr.io/Acme/app', 'api/Dockerfile', 'api'],
  ['Dockerfile', '', undefined, 'Dockerfile', ''],
  ['./Dockerfile', '', undefined, './Dockerfile', ''],
  ['no path', '', undefined, '', ''],
  ['a folder', '', undefined, 'services/api/Dockerfile', 'services/api'],
  ['a folder, written oddly', '', undefined, './services//web/../api/Dockerfile', 'services/api'],
  ['an ending', '', undefined, 'docker/api.Dockerfile', 'docker/api'],
  ['an ending at the root', '', undefined, 'api.Dockerfile', 'api'],
  ['a suffix', '', undefined, 'Dockerfile.dev', 'Dockerfile.dev'],
  ['a suffix in a folder', '', undefined, 'docker/Dockerfile.dev', 'docker/Dockerfile.dev'],
  ['an ending without a stem', '', undefined, 'docker/.Dockerfile', 'docker/.Dockerfile'],
  ['a file at the root of the machine', '', undefined, '/Dockerfile', '/Dockerfile'],
  ['outside the checkout', '', undefined, '../Dockerfile', '..'],
  ['another name', '', undefined, 'Containerfile', 'Containerfile'],
  ['a name that only ends alike', '', undefined, 'MyDockerfile', 'MyDockerfile']
]

test.each(names)('cache name: %s', (_name, explicit, firstTag, dockerfile, expected) => {
  expect(cacheName({ cacheName: explicit, ...(firstTag === undefined ? {} : { firstTag }), dockerfile })).toBe(expected)
})
