import { InputError } from '../../src/errors'
import type { Inputs } from '../../src/inputs'
import { inputsWith, parseInputs, problemsOf, reading } from './fixture'

test('defaults', () => {
  expect(inputsWith()).toEqual({
    addHosts: [],
    advice: 'warning',
    allow: [],
    annotations: [],
    attests: [],
    buildArgs: [],
    buildContexts: [],
    builder: '',
    buildkitdConfig: '',
    call: '',
    buildkitdConfigInline: '',
    buildkitdFlags: '',
    buildxVersion: '',
    append: '',
    keepState: false,
    fallback: true,
    cacheBackends: 'auto',
    cacheCompression: 'auto',
    cacheDir: '/tmp/.buildx-cache',
    cacheExport: 'eager',
    cacheFrom: [],
    cacheImage: '',
    cacheMode: 'auto',
    cacheName: '',
    cachePrefix: 'cache-',
    cacheRefreshDays: 3,
    cacheScope: 'branch',
    cacheStages: { only: [], leftOut: [] },
    cacheTo: [],
    cacheVersion: '',
    cacheWrite: 'auto',
    cgroupParent: '',
    cleanup: true,
    context: '.',
    driver: 'auto',
    driverOpts: [],
    endpoint: '',
    file: '',
    labels: [],
    load: false,
    maxImageGrowth: 20,
    metricsFile: '',
    name: '',
    minHitRate: undefined,
    network: '',
    noCache: false,
    noCacheFilters: [],
    onLowHitRate: 'warn',
    outputs: [],
    platforms: [],
    provenance: '',
    pull: false,
    push: false,
    rebuildCache: false,
    rebuildStages: [],
    sbom: '',
    secretEnvs: [],
    secretFiles: [],
    secrets: [],
    shmSize: '',
    ssh: [],
    explain: true,
    summary: true,
    tags: [],
    target: '',
    ulimit: [],
    cacheMounts: 'auto',
    cacheMountsMaxSize: 1024 ** 3,
    cacheMountsImage: 'busybox:1.37.0@sha256:9db7b59979c38555a39def84a31fb98b5296952f9e3afd4f6f11f05b07adfab0'
  } satisfies Inputs)
})

const values: { description: string; given: Record<string, string>; expected: Partial<Inputs> }[] = [
  { description: 'booleans of YAML', given: { push: 'True', load: 'TRUE', tags: 'a' }, expected: { push: true, load: true } },
  ...['true', 'True', 'FALSE', 'auto', ''].map(value => ({
    description: `cache-write: ${value}`,
    given: { 'cache-write': value },
    expected: { cacheWrite: (value.toLowerCase() || 'auto') as Inputs['cacheWrite'] }
  })),
  { description: 'days', given: { 'cache-refresh-days': ' 14 ' }, expected: { cacheRefreshDays: 14 } },
  { description: 'white space', given: { target: ' runtime\n', pull: ' true ' }, expected: { target: 'runtime', pull: true } },
  {
    description: 'tags',
    given: { tags: 'acme/app:1, acme/app:2\nghcr.io/acme/app' },
    expected: { tags: ['acme/app:1', 'acme/app:2', 'ghcr.io/acme/app'] }
  },
  {
    description: 'platforms, each once, as BuildKit shows them',
    given: { platforms: 'amd64,linux/arm64/v8\nlinux/x86_64, arm' },
    expected: { platforms: ['linux/amd64', 'linux/arm64', 'linux/arm/v7'] }
  },
  {
    description: 'build arguments keep commas',
    given: { 'build-args': 'A=1,2\nB\n"C=x ""y"""' },
    expected: { buildArgs: ['A=1,2', 'B', 'C=x "y"'] }
  },
  {
    description: 'outputs keep quotes',
    given: { outputs: 'type=image,"name=a,b"' },
    expected: { outputs: ['type=image,"name=a,b"'] }
  },
  { description: 'provenance as a boolean', given: { provenance: 'false' }, expected: { provenance: 'false' } },
  { description: 'provenance as attributes', given: { provenance: 'mode=max' }, expected: { provenance: 'mode=max' } },
  {
    description: 'secrets of one and of several lines, to the last character',
    given: { secrets: 'TOKEN=a,b=c\n"KEY=first\nsecond\n\n"\nEND=x ' },
    expected: {
      secrets: [
        { id: 'TOKEN', value: 'a,b=c' },
        { id: 'KEY', value: 'first\nsecond\n\n' },
        { id: 'END', value: 'x ' }
      ]
    }
  },
  {
    description: 'secrets from variables and files',
    given: { 'secret-envs': 'A=VAR_A,B=VAR_B', 'secret-files': 'C=./c,1.txt' },
    expected: {
      secretEnvs: [
        { id: 'A', env: 'VAR_A' },
        { id: 'B', env: 'VAR_B' }
      ],
      secretFiles: [{ id: 'C', path: './c,1.txt' }]
    }
  },
  {
    description: 'stages to cache',
    given: { 'cache-stages': 'Base, !Tests' },
    expected: { cacheStages: { only: ['base'], leftOut: ['tests'] } }
  },
  {
    description: 'stages to rebuild',
    given: { 'rebuild-stages': 'Base\nbuilder' },
    expected: { rebuildStages: ['base', 'builder'] }
  },
  {
    description: 'backends, each once',
    given: { 'cache-backends': 'gha, local,gha' },
    expected: { cacheBackends: ['gha', 'local'] }
  },
  {
    description: 'an empty text where auto is a value',
    given: { 'cache-backends': '', 'cache-mode': '', driver: '' },
    expected: { cacheBackends: 'auto', cacheMode: 'auto', driver: 'auto' }
  },
  { description: 'compression', given: { 'cache-compression': 'gzip' }, expected: { cacheCompression: { type: 'gzip' } } },
  {
    description: 'compression with a level',
    given: { 'cache-compression': 'zstd:22' },
    expected: { cacheCompression: { type: 'zstd', level: 22 } }
  },
  { description: 'no limit for the image', given: { 'max-image-growth': 'off' }, expected: { maxImageGrowth: undefined } },
  { description: 'a high limit', given: { 'max-image-growth': '250' }, expected: { maxImageGrowth: 250 } },
  {
    description: 'directories that only look like the kernel’s',
    given: { 'cache-dir': '/process' },
    expected: { cacheDir: '/process' }
  },
  { description: 'an empty cache prefix', given: { 'cache-prefix': '' }, expected: { cachePrefix: '' } },
  {
    description: 'a repository with a port',
    given: { 'cache-image': 'localhost:5000/a' },
    expected: { cacheImage: 'localhost:5000/a' }
  },
  {
    description: 'driver options keep commas and quotes',
    given: { 'driver-opts': '"env.no_proxy=a,b"' },
    expected: { driverOpts: ['"env.no_proxy=a,b"'] }
  },
  {
    description: 'a hit rate',
    given: { 'min-hit-rate': '82.5', 'on-low-hit-rate': 'fail' },
    expected: { minHitRate: 82.5, onLowHitRate: 'fail' }
  },
  { description: 'no hit rate', given: { 'min-hit-rate': ' ' }, expected: { minHitRate: undefined } },
  { description: 'a hit rate of nothing', given: { 'min-hit-rate': '0' }, expected: { minHitRate: 0 } },
  { description: 'metrics', given: { 'metrics-file': ' out/build.prom ' }, expected: { metricsFile: 'out/build.prom' } },
  { description: 'a context that starts with a dash', given: { context: '-app' }, expected: { context: '-app' } }
]

test.each(values)('$description', ({ given, expected }) => {
  expect(inputsWith(given)).toMatchObject(expected)
})

const wrong: { description: string; given: Record<string, string>; problem: string }[] = [
  { description: 'no boolean', given: { push: 'ture' }, problem: 'push: "ture" is not a boolean: write true' },
  {
    description: 'a word for a boolean',
    given: { 'rebuild-cache': 'yes' },
    problem: 'rebuild-cache: "yes" is not a boolean: write true'
  },
  {
    description: 'backend',
    given: { 'cache-backends': 'regstry' },
    problem: 'cache-backends: "regstry" is not known: write auto, registry, gha or local (did you mean "registry"?)'
  },
  {
    description: 'auto and another',
    given: { 'cache-backends': 'auto,gha' },
    problem: 'cache-backends: "auto, gha" has auto beside others'
  },
  {
    description: 'mode',
    given: { 'cache-mode': 'maximum' },
    problem: 'cache-mode: "maximum" is not known: write auto, min or max'
  },
  {
    description: 'scope',
    given: { 'cache-scope': 'Branch' },
    problem: 'cache-scope: "Branch" is not known: write branch or shared (did you mean "branch"?)'
  },
  {
    description: 'export',
    given: { 'cache-export': 'never' },
    problem: 'cache-export: "never" is not known: write eager, after or off'
  },
  { description: 'driver', given: { driver: 'docker-contaner' }, problem: '(did you mean "docker-container"?)' },
  {
    description: 'compression',
    given: { 'cache-compression': 'zst' },
    problem: 'cache-compression: "zst" is not known: write auto, zstd, gzip'
  },
  {
    description: 'compression level',
    given: { 'cache-compression': 'gzip:10' },
    problem: '"gzip:10" has a level out of range: gzip takes 0 to 9'
  },
  {
    description: 'a level of nothing',
    given: { 'cache-compression': 'uncompressed:1' },
    problem: 'has a level: write uncompressed alone'
  },
  { description: 'prefix', given: { 'cache-prefix': 'cache/' }, problem: 'cache-prefix: "cache/" has "/" in it' },
  ...['/proc', '/proc/self/x', '/tmp/../sys//fs'].map(directory => ({
    description: `a directory of the kernel, ${directory}`,
    given: { 'cache-dir': directory },
    problem: `cache-dir: "${directory}" belongs to the kernel`
  })),
  { description: 'the whole file system', given: { 'cache-dir': '/tmp/..' }, problem: 'is the whole file system' },
  { description: 'growth', given: { 'max-image-growth': '20%' }, problem: 'max-image-growth: "20%" is not a percentage' },
  {
    description: 'a stage wanted and not',
    given: { 'cache-stages': 'a,!A' },
    problem: 'cache-stages: "a" is asked for and left out'
  },
  { description: 'no stage left out', given: { 'cache-stages': '!' }, problem: 'cache-stages: "!" has no name behind it' },
  {
    description: 'a repository in capitals',
    given: { 'cache-image': 'ghcr.io/Acme/app' },
    problem: 'cache-image: "ghcr.io/Acme/app" has '
  },
  {
    description: 'a repository with a tag',
    given: { 'cache-image': 'ghcr.io/acme/app:cache' },
    problem: 'has a tag: write ghcr.io/acme/app, the action adds'
  },
  {
    description: 'a tag no registry takes',
    given: { tags: 'ok:1,ghcr.io/acme/My App' },
    problem: 'tags: "ghcr.io/acme/My App" has '
  },
  { description: 'a flag for a tag', given: { tags: '--push' }, problem: 'tags: "--push" has ' },
  {
    description: 'platform',
    given: { platforms: 'linux/amd46' },
    problem: 'platforms: "linux/amd46" has an unknown architecture: did you mean linux/amd64?'
  },
  {
    description: 'no context, outside GitHub',
    given: { context: '' },
    problem: 'context: "" means the job\'s repository, which is not known outside GitHub: write a directory'
  },
  {
    description: 'default context, outside GitHub',
    given: { context: '{{defaultContext}}:docker' },
    problem: 'context: "{{defaultContext}}:docker" means the job\'s repository'
  },
  {
    description: 'a template of a named context',
    given: { 'build-contexts': 'a={{secrets}}' },
    problem: 'build-contexts: entry 1 has a template that is not known (secrets): only {{defaultContext}} is'
  },
  { description: 'context from standard input', given: { context: '-' }, problem: 'context: "-" is standard input' },
  { description: 'Dockerfile from standard input', given: { file: '-' }, problem: 'file: "-" is standard input' },
  {
    description: 'network',
    given: { network: 'hosts' },
    problem: 'network: "hosts" is no network of BuildKit: write default, none or host (did you mean "host"?)'
  },
  { description: 'size', given: { 'shm-size': 'big' }, problem: 'shm-size: "big" is not a size' },
  { description: 'limit', given: { ulimit: 'nofile' }, problem: 'ulimit: "nofile" is not name=soft:hard' },
  { description: 'name of a limit', given: { ulimit: 'nofiles=1' }, problem: '(did you mean "nofile"?)' },
  { description: 'limits upside down', given: { ulimit: 'nofile=2:1' }, problem: 'soft limit above the hard one' },
  { description: 'host', given: { 'add-hosts': 'db' }, problem: 'add-hosts: "db" is not host:ip' },
  { description: 'annotation', given: { annotations: 'title' }, problem: 'annotations: "title" is not key=value' },
  { description: 'an open quote', given: { labels: '"a=b' }, problem: 'labels: a double quote is opened and not closed' },
  {
    description: 'both ways to rebuild',
    given: { 'no-cache': 'true', 'no-cache-filters': 'a' },
    problem: 'no-cache-filters: no-cache: true rebuilds every stage already'
  },
  {
    description: 'to save and not to save',
    given: { 'cache-write': 'True', 'cache-export': 'off' },
    problem: 'cache-write: cache-write: true asks to save what cache-export: off does not'
  },
  {
    description: 'no known way to write',
    given: { 'cache-write': 'autoo' },
    problem: 'cache-write: "autoo" is not known: write auto, true or false (did you mean "auto"?)'
  },
  { description: 'half a day', given: { 'cache-refresh-days': '0.5' }, problem: '"0.5" is no number of days' },
  { description: 'push to nowhere', given: { push: 'true' }, problem: 'tags: push: true needs the name to push to' },
  {
    description: 'a builder and how to make one',
    given: { builder: 'mine', 'driver-opts': 'network=host' },
    problem: 'driver-opts: builder "mine" is used as it is'
  },
  {
    description: 'a builder and a driver',
    given: { builder: 'mine', driver: 'docker' },
    problem: 'driver: builder "mine" is used as it is'
  },
  {
    description: 'two configurations',
    given: { 'buildkitd-config': 'a', 'buildkitd-config-inline': 'b' },
    problem: 'buildkitd-config-inline: buildkitd-config names a file already'
  },
  {
    description: 'flags for the engine',
    given: { driver: 'docker', 'buildkitd-flags': '--debug' },
    problem: 'buildkitd-flags: driver: docker is the engine itself'
  },
  {
    description: 'a name for the engine',
    given: { driver: 'docker', name: 'team' },
    problem: 'name: driver: docker is the engine itself'
  },
  {
    description: 'a name for a builder that is there',
    given: { builder: 'mine', name: 'team' },
    problem: 'name: builder "mine" is used as it is'
  },
  ...['-x', 'a b', '1st', 'default', 'a/b'].map(value => ({
    description: `a builder called ${value}`,
    given: { name: value },
    problem: `name: "${value}" is no name for a builder`
  })),
  ...['101', '-1', '80 %', '1e1', 'high', 'NaN'].map(value => ({
    description: `a hit rate of ${value}`,
    given: { 'min-hit-rate': value },
    problem: `min-hit-rate: "${value}" is not a percentage: write a number from 0 to 100, such as 80`
  })),
  {
    description: 'what to do about a hit rate',
    given: { 'min-hit-rate': '80', 'on-low-hit-rate': 'error' },
    problem: 'on-low-hit-rate: "error" is not known: write warn or fail'
  },
  {
    description: 'failing below no hit rate',
    given: { 'on-low-hit-rate': 'fail' },
    problem: 'min-hit-rate: on-low-hit-rate: fail needs the rate to fail below'
  },
  { description: 'a directory for metrics', given: { 'metrics-file': 'out/' }, problem: 'metrics-file: "out/" is a directory' },
  { description: 'this directory for metrics', given: { 'metrics-file': '.' }, problem: 'metrics-file: "." is a directory' },
  { description: 'a remote builder nowhere', given: { driver: 'remote' }, problem: 'endpoint: driver: remote needs the address' }
]

test.each(wrong)('refuses: $description', ({ given, problem }) => {
  expect(problemsOf(given)).toEqual([expect.stringContaining(problem)])
})

describe('what may be secret is not in a problem', () => {
  test.each([
    {
      description: 'no id',
      given: { secrets: 'A=1\nhush' },
      problem: 'secrets: entry 2 is not id=value. A secret of several lines stands in double quotes'
    },
    { description: 'no value', given: { secrets: 'hush=' }, problem: 'secrets: entry 1 is not id=value' },
    { description: 'the end of a base64 line', given: { secrets: 'hush==' }, problem: 'secrets: entry 1 is not id=value' },
    {
      description: 'white space in the id',
      given: { secrets: 'hush hush=1' },
      problem: 'secrets: entry 1 has white space in its id'
    },
    {
      description: 'a build argument',
      given: { 'build-args': 'A=1\n=hush' },
      problem: 'build-args: entry 2 has no name before its ='
    },
    { description: 'a label', given: { labels: '=hush' }, problem: 'labels: entry 1 has no name before its =' },
    { description: 'an open quote', given: { secrets: '"A=hush' }, problem: 'secrets: a double quote is opened' },
    {
      description: 'too long',
      given: { secrets: `A=hush${'x'.repeat(128_000)}` },
      problem: 'secrets: entry 1 is longer than 128000 bytes: use secret-files'
    },
    { description: 'variable', given: { 'secret-envs': 'A=B,hush' }, problem: 'secret-envs: entry 2 is not id=VARIABLE' },
    { description: 'file', given: { 'secret-files': 'hush' }, problem: 'secret-files: entry 1 is not id=path' },
    {
      description: 'a password in a URL',
      given: { 'build-contexts': 'https://me:hush@example.com/a.git' },
      problem: 'build-contexts: entry 1 is not name=path'
    }
  ])('$description', ({ given, problem }) => {
    const problems = problemsOf(given as unknown as Record<string, string>)
    expect(problems).toEqual([expect.stringContaining(problem)])
    expect(problems.join()).not.toContain('hush')
  })
})

test('all problems at once, in one error', () => {
  const read = reading({
    push: 'maybe',
    'cache-backends': 'disk,tape',
    context: '',
    platforms: 'arm/v7',
    secrets: 'x',
    'no-cache': 'true',
    'no-cache-filters': 'a'
  })
  let thrown: unknown
  try {
    parseInputs(read)
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(InputError)
  const { problems, message } = thrown as InputError
  expect(problems.map(problem => problem.split(':')[0]).sort()).toEqual(
    ['cache-backends', 'cache-backends', 'context', 'no-cache-filters', 'platforms', 'push', 'secrets'].sort()
  )
  for (const problem of problems) expect(message).toContain(problem)
})

test('what comes of a bad value is not reported as a second problem', () => {
  expect(problemsOf({ push: 'true', tags: '"open' })).toHaveLength(1)
  expect(problemsOf({ driver: 'remote', endpoint: '', 'buildkitd-flags': '', cleanup: 'x' })).toHaveLength(2)
})

test('a problem is one line, and not longer than a person reads', () => {
  const [problem = ''] = problemsOf({ network: `${'x'.repeat(5000)}\n::error::forged` })
  expect(problem).not.toContain('\n')
  expect(problem.length).toBeLessThan(400)
})
