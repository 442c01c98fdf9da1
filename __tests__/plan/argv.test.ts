import { mainBuildArgv } from '../../src/plan/argv'
import { readsCache } from '../../src/plan/build-command'
import { aheadArgv, exportArgv, pullArgv } from '../../src/plan/side-argv'
import type { MainBuild } from '../../src/plan/argv'
import type { BuildCommand } from '../../src/plan/build-command'
import type { AheadBuild, ExportBuild } from '../../src/plan/side-argv'
import { inputsWith } from '../inputs/fixture'

const ref = { backend: 'registry', place: 'ghcr.io/acme/app', name: 'cache-runtime' } as const

function main(given: Record<string, string>, more: Partial<MainBuild> = {}): BuildCommand {
  return mainBuildArgv({ inputs: inputsWith(given), builder: 'b', metadataFile: '/m.json', iidFile: '/iid', ...more })
}

function exported(given: Record<string, string>, more: Partial<ExportBuild> = {}): BuildCommand {
  return exportArgv({ inputs: inputsWith(given), builder: 'b', target: 'deps', exportTo: ref, options: { mode: 'max' }, ...more })
}

function pulled(given: Record<string, string>): BuildCommand {
  return pullArgv({ inputs: inputsWith(given), builder: 'b', target: 'deps', importRef: ref })
}

function ahead(given: Record<string, string>, more: Partial<AheadBuild> = {}): BuildCommand {
  return aheadArgv({ inputs: inputsWith(given), builder: 'b', file: '/own/Dockerfile', importRef: ref, ...more })
}

/** Every plain-flag input at once. */
const everything: Record<string, string> = {
  'add-hosts': 'db:10.0.0.5,mail:10.0.0.6',
  allow: 'network.host',
  annotations: 'index:a=b,c',
  attests: 'type=other,x=1\ntype=sbom,generator=image',
  'build-args': 'A=1,2\nB',
  'build-contexts': 'base=docker-image://alpine:3',
  'cache-from': 'type=gha,scope=mine',
  'cache-to': 'type=inline',
  'cgroup-parent': 'group',
  'secret-envs': 'E=VAR',
  file: 'docker/Dockerfile',
  labels: 'l=1',
  'no-cache-filters': 'tests',
  outputs: 'type=image,"name=a,b"',
  platforms: 'linux/arm64,amd64',
  provenance: 'mode=max',
  sbom: 'true',
  secrets: 'S=hush\n"T=hush\nhush"',
  'secret-files': 'F=./f.txt',
  'shm-size': '2g',
  ssh: 'default',
  tags: 'acme/app:1\nacme/app:2',
  target: 'runtime',
  ulimit: 'nofile=1024:2048',
  load: 'true',
  network: 'host',
  pull: 'true',
  push: 'true'
}

const keyFlags = {
  beforeSecrets: '--add-host db:10.0.0.5 --add-host mail:10.0.0.6 --allow network.host',
  args: '--build-arg A=1,2 --build-arg B --build-context base=docker-image://alpine:3',
  file: '--cgroup-parent group --secret id=E,env=VAR --file docker/Dockerfile',
  platforms: '--platform linux/arm64,linux/amd64',
  secrets:
    '--secret id=S,env=STAGE_CACHE_SECRET_0 --secret id=T,env=STAGE_CACHE_SECRET_1 --secret id=F,src=./f.txt --shm-size 2g --ssh default'
}

const words = (text: string) => text.split(' ')

describe('main build', () => {
  test("everything, in build-push-action's order", () => {
    expect(main(everything, { importRef: ref }).argv).toEqual(
      words(
        `buildx build --progress=rawjson --iidfile /iid --metadata-file /m.json ${keyFlags.beforeSecrets} --annotation index:a=b,c ${keyFlags.args} ` +
          '--cache-from type=registry,ref=ghcr.io/acme/app:cache-runtime --cache-from type=gha,scope=mine --cache-to type=inline ' +
          `${keyFlags.file} --label l=1 --no-cache-filter tests --output type=image,"name=a,b" ${keyFlags.platforms} ` +
          `--attest type=provenance,mode=max --attest type=sbom,disabled=false --attest type=other,x=1 ${keyFlags.secrets} ` +
          '--tag acme/app:1 --tag acme/app:2 --target runtime --ulimit nofile=1024:2048 --builder b --load --network host --pull --push .'
      )
    )
  })

  test('nothing', () => {
    expect(main({}, { builder: '' })).toEqual({
      argv: words('buildx build --progress=rawjson --iidfile /iid --metadata-file /m.json .'),
      env: { BUILDX_METADATA_WARNINGS: 'true' }
    })
  })

  const flags: { description: string; given: Record<string, string>; expected: string }[] = [
    { description: 'add-hosts', given: { 'add-hosts': 'a:1.1.1.1' }, expected: '--add-host a:1.1.1.1' },
    {
      description: 'allow',
      given: { allow: 'network.host,security.insecure' },
      expected: '--allow network.host --allow security.insecure'
    },
    {
      description: 'attests off',
      given: { attests: 'type=provenance,false' },
      expected: '--attest type=provenance,disabled=true'
    },
    {
      description: 'attests of the type of an input',
      given: { sbom: 'false', attests: 'type=sbom' },
      expected: '--attest type=sbom,disabled=true'
    },
    { description: 'provenance', given: { provenance: 'true' }, expected: '--attest type=provenance,disabled=false' },
    { description: 'attributes with commas', given: { sbom: '"generator=a,b"' }, expected: '--attest type=sbom,"generator=a,b"' },
    { description: 'no-cache', given: { 'no-cache': 'true' }, expected: '--no-cache' },
    { description: 'rebuild-cache', given: { 'rebuild-cache': 'true' }, expected: '--no-cache' },
    {
      description: 'rebuild-cache is wider than filters',
      given: { 'rebuild-cache': 'true', 'rebuild-stages': 'a', 'no-cache-filters': 'b' },
      expected: '--no-cache'
    },
    { description: 'rebuild-stages', given: { 'rebuild-stages': 'A,b' }, expected: '--no-cache-filter a --no-cache-filter b' },
    {
      description: 'rebuild-stages and no-cache-filters',
      given: { 'rebuild-stages': 'a,b', 'no-cache-filters': 'A,c' },
      expected: '--no-cache-filter A --no-cache-filter c --no-cache-filter b'
    },
    { description: 'secrets by id with a comma', given: { 'secret-files': 'a,b=c' }, expected: '--secret "id=a,b",src=c' }
  ]

  test.each(flags)('$description', ({ given, expected }) => {
    expect(main(given, { builder: '' }).argv.slice(7, -1)).toEqual(words(expected))
  })

  test('the stages to rebuild may be worked out by the caller', () => {
    expect(main({ 'rebuild-stages': 'a' }, { rebuildStages: ['a', 'child'] }).argv.slice(7, -3)).toEqual(
      words('--no-cache-filter a --no-cache-filter child')
    )
  })

  test.each([
    ['type=local,dest=out', false],
    ['type=tar,dest=out.tar', false],
    ['out', false],
    ['-', false],
    ['type=image,name=a', true],
    ['type=oci,dest=out.tar', true]
  ])('an image id file beside output %j: %s', (outputs, expected) => {
    expect(main({ outputs }).argv.includes('--iidfile')).toBe(expected)
  })

  test.each([{ 'no-cache': 'true' }, { 'rebuild-cache': 'true' }])('%j reads no planned cache', given => {
    expect(readsCache(inputsWith(given as unknown as Record<string, string>))).toBe(false)
    for (const build of [main, exported])
      expect(build(given as unknown as Record<string, string>, { importRef: ref }).argv).not.toContain('--cache-from')
  })
})

describe('export of a stage', () => {
  test('takes what belongs to cache keys, rebuilds nothing and publishes nothing', () => {
    expect(exported(everything, { importRef: ref }).argv).toEqual(
      words(
        `buildx build --progress=rawjson ${keyFlags.beforeSecrets} ${keyFlags.args} ` +
          '--cache-from type=registry,ref=ghcr.io/acme/app:cache-runtime --cache-to type=registry,ref=ghcr.io/acme/app:cache-runtime,mode=max ' +
          `${keyFlags.file} --output type=cacheonly ${keyFlags.platforms} --provenance=false --sbom=false ${keyFlags.secrets} ` +
          '--target deps --ulimit nofile=1024:2048 --builder b --network host --pull .'
      )
    )
  })

  test('of a last stage without name, and with its metadata', () => {
    expect(exported({ target: 'other' }, { target: '', metadataFile: '/m.json' }).argv).toEqual(
      words(
        'buildx build --progress=rawjson --metadata-file /m.json --cache-to type=registry,ref=ghcr.io/acme/app:cache-runtime,mode=max ' +
          '--output type=cacheonly --provenance=false --sbom=false --builder b .'
      )
    )
  })

  test('has the import of the main build also when stages are rebuilt', () => {
    expect(exported({ 'rebuild-stages': 'a' }, { importRef: ref }).argv).toContain('--cache-from')
    expect(exported({ 'rebuild-stages': 'a' }).argv).not.toContain('--no-cache-filter')
  })
})

describe('pulling a stage', () => {
  test('takes what belongs to cache keys and pulls the blobs', () => {
    expect(pulled(everything).argv).toEqual(
      words(
        `buildx build --progress=rawjson ${keyFlags.beforeSecrets} ${keyFlags.args} --cache-from type=registry,ref=ghcr.io/acme/app:cache-runtime ` +
          `${keyFlags.file} --output type=oci,dest=/dev/null ${keyFlags.platforms} --provenance=false --sbom=false ${keyFlags.secrets} ` +
          '--target deps --ulimit nofile=1024:2048 --builder b --network host --pull .'
      )
    )
  })
})

describe('a build ahead of the main one', () => {
  test('takes what belongs to cache keys, and its own Dockerfile', () => {
    expect(ahead(everything).argv).toEqual(
      words(
        `buildx build --progress=rawjson ${keyFlags.beforeSecrets} ${keyFlags.args} --cache-from type=registry,ref=ghcr.io/acme/app:cache-runtime ` +
          `${keyFlags.file.replace(/--file \S+/, '--file /own/Dockerfile')} --output type=cacheonly ${keyFlags.platforms} --provenance=false --sbom=false ${keyFlags.secrets} ` +
          '--ulimit nofile=1024:2048 --builder b --network host --pull .'
      )
    )
  })

  test.each([
    [undefined, 'type=oci,dest=/dev/null'],
    [{ type: 'zstd', level: 3 } as const, 'type=oci,dest=/dev/null,compression=zstd,compression-level=3']
  ])('compresses as the image does: %j', (as, output) => {
    const { argv } = ahead({}, { importRef: undefined, compress: { as } })
    expect(argv).toEqual(expect.arrayContaining(['--output', output]))
    expect(argv).not.toContain('--cache-from')
  })
})

describe('every build', () => {
  const builds: [string, (given: Record<string, string>) => BuildCommand][] = [
    ['main', main],
    ['export', exported],
    ['pull', pulled],
    ['ahead', ahead]
  ]

  test.each(builds)('%s: values of secrets are in the environment alone', (_, build) => {
    const { argv, env } = build(everything)
    expect(env).toMatchObject({ STAGE_CACHE_SECRET_0: 'hush', STAGE_CACHE_SECRET_1: 'hush\nhush' })
    expect(argv.join(' ')).not.toContain('hush')
  })

  test.each(builds)('%s: text that starts with a dash is no flag', (name, build) => {
    const given = {
      context: '--push',
      file: '--no-cache',
      builder: '',
      target: '--load',
      'build-args': '--pull\n-A=1',
      labels: '--label',
      'cgroup-parent': '-x',
      'secret-envs': '-a=--b'
    }
    const { argv } = build(given)
    expect(argv.at(-1)).toBe('./--push')
    if (name !== 'ahead') expect(argv).toContain('--file=--no-cache')
    expect(argv).toContain('--build-arg=--pull')
    expect(argv).toContain('--cgroup-parent=-x')
    for (const flag of ['--push', '--no-cache', '--load', '--pull', '-x', '--label']) expect(argv).not.toContain(flag)
  })
})
