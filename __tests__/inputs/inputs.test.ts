import type { Inputs } from '../../src/inputs'
import { inputsWith } from './fixture'

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
    cacheBinary: true,
    nodePlatforms: [],
    use: false,
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
