import type { CacheMount } from '../../src/dockerfile/cache-mount'
import { mountBase, planMounts, toolImages, type MountFacts } from '../../src/plan/cache-mounts'
import { mountBuildArgv } from '../../src/plan/mount-argv'
import { fillDockerfile, packDockerfile } from '../../src/plan/mount-builds'
import { stagesOf } from '../fingerprint/builds'

const mount = (more: Partial<CacheMount> = {}): CacheMount => ({
  id: '/a',
  shown: '/a',
  from: '',
  source: '/',
  known: true,
  ...more
})
const facts: MountFacts = {
  used: [],
  environmentOf: () => undefined,
  baseOf: () => undefined,
  namespace: '',
  scopes: [{ kind: 'pull', number: 7 }, { kind: 'default' }],
  platforms: ['linux/amd64'],
  version: ''
}
const uses = [{ stage: 0, line: 2, platform: 'linux/amd64' }]
const plan = (mounts: readonly CacheMount[], more: Partial<MountFacts> = {}) =>
  planMounts({ ...facts, used: mounts.map(one => ({ mount: one, uses })), ...more })
const namesOf = (mounts: readonly CacheMount[], more?: Partial<MountFacts>) => plan(mounts, more).kept.map(({ names }) => names)

it('one entry for what BuildKit takes for one mount', () => {
  const { kept } = plan([mount(), mount({ shown: '/a/' }), mount({ id: 'b' })])
  expect(kept.map(({ uses: all }) => all.length)).toEqual([2, 1])
  expect(kept[0]?.names).toEqual([
    expect.stringMatching(/^stage-cache-build-mount-m[0-9a-f]{32}_PR_7$/),
    expect.stringMatching(/^stage-cache-build-mount-m[0-9a-f]{32}$/)
  ])
})

it('a name of its own for each that BuildKit tells apart, and for each platform and version', () => {
  const owner = { uid: 0, gid: 0, mode: 0o755 }
  const names = [
    ...namesOf([mount(), mount({ id: 'b' }), mount({ owner }), mount({ owner: { ...owner, uid: 5 } })]),
    ...namesOf([mount()], { namespace: 'x' }),
    ...namesOf([mount()], { platforms: ['linux/arm64'] }),
    ...namesOf([mount()], { version: '2' })
  ].map(([first]) => first)
  expect(new Set(names).size).toBe(7)
})

it('what only BuildKit knows is kept where it can be asked, and else not', () => {
  const environment = { image: 'golang', globals: [], stages: [[]], given: {} }
  const unknown = mount({ shown: '$GOPATH/a', known: false })
  expect(plan([unknown, mount({ from: 'deps' })])).toMatchObject({ kept: [], left: [{}, {}] })
  const { kept } = plan([unknown], { environmentOf: () => environment })
  expect(kept[0]?.environment).toBe(environment)
  const other = { ...environment, given: { KIND: 'x' } }
  expect(plan([unknown], { environmentOf: () => other }).kept[0]?.names).not.toEqual(kept[0]?.names)
})

it('keeps a mount that starts from an image or a stage, and of no other the name or the content is known', () => {
  const { dockerfile } = stagesOf({
    dockerfile: 'FROM busybox AS seed\nRUN a\nFROM seed AS twice\nFROM seed AS twice\nCOPY --from=seed / /\n'
  })
  const base = (more: Partial<CacheMount>) => mountBase(mount(more), dockerfile.stages, ['context'])
  expect(base({ from: 'Seed', source: '/a' })).toEqual({ stage: 0 })
  expect(base({ from: 'alpine:3.20' })).toEqual({})
  expect(base({ from: 'context' })).toBeUndefined()
  expect(base({ from: 'twice' })).toBeUndefined()
  expect(base({ from: 'seed', source: '/with space' })).toBeUndefined()
  expect(base({ from: 'seed', source: '/$A' })).toBeUndefined()
  expect(base({ from: 'seed', owner: { uid: 1, gid: 1, mode: 0o755 } })).toBeUndefined()
  expect(plan([mount({ from: 'seed' })], { baseOf: () => ({ stage: 0 }) }).kept[0]?.base).toEqual({ stage: 0 })
})

it('looks for tools in the images of the stages that mount, bare ones last', () => {
  const { dockerfile } = stagesOf({
    dockerfile: `FROM gcr.io/distroless/static AS bare
RUN a
FROM python:3.12 AS base
FROM base AS app
RUN b
FROM scratch AS empty
RUN c
FROM node:20
COPY --from=bare / /
COPY --from=app / /
COPY --from=empty / /
`
  })
  const mounts = [0, 2, 3].map(stage => ({ uses: [{ stage, line: 1, platform: '' }] }))
  expect(toolImages(dockerfile.stages, mounts, 'busybox')).toEqual(['python:3.12', 'gcr.io/distroless/static', 'busybox'])
  expect(toolImages(dockerfile.stages, mounts, '')).not.toContain('')
})

describe('the Dockerfile', () => {
  const odd = mount({ id: 'a"b,c $(x)\nRUN evil', owner: { uid: 5, gid: 6, mode: 0o1777 } })
  const environment = { image: 'golang', globals: ['ARG A=1'], stages: [['ENV B=$A'], ['ARG A']], given: { A: '2' } }
  const asked = { mount: mount({ shown: '$B/with "quotes", comma', known: false }), environment }
  const build = { image: 'busybox', jobId: 'job' }
  const mounts = [{ mount: odd }, asked]
  const filled = mounts.map(one => ({ ...one, digest: 'a' }))

  it('has no text of an id in it, and leaves one that is not known to BuildKit', () => {
    const text = fillDockerfile(build, filled)
    expect(text).not.toContain('evil')
    expect(text.split('\n').filter(line => !line.startsWith('RUN'))).toEqual([
      'ARG A=1',
      'FROM --platform=$BUILDPLATFORM busybox AS stage-cache-build-tools',
      'USER 0',
      'FROM stage-cache-build-tools AS stage-cache-build-mount0',
      'ARG STAGE_CACHE_MOUNT_0',
      'FROM --platform=$BUILDPLATFORM golang AS environment1-0',
      'ENV B=$A',
      'FROM environment1-0 AS stage-cache-build-mount1',
      'ARG A',
      'USER 0',
      'FROM scratch',
      'COPY --from=stage-cache-build-mount0 /.stage-cache-build/out /0',
      'COPY --from=stage-cache-build-mount1 /.stage-cache-build/out /1',
      ''
    ])
    expect(text).toContain('id=$STAGE_CACHE_MOUNT_0,target=/.stage-cache-build/mount,sharing=locked,uid=5,gid=6,mode=01777')
    expect(text).toContain(String.raw`,\"id=$B/with\ \"\"quotes\"\",\ comma\",target=`)
  })

  it('mounts what a mount starts from as the step does, from the contexts that are there', () => {
    const seeded = { mount: mount({ from: 'seed', source: '/a/b' }), base: { stage: 0 } }
    const text = fillDockerfile(build, [{ ...seeded, digest: 'aa-bb' }])
    expect(text).toContain('target=/.stage-cache-build/mount,sharing=locked,from=seed,source=/a/b ')
    expect(text).toContain('--mount=type=bind,from=seed,source=/a/b,target=/.stage-cache-build/base ')
    expect(text).toContain('--mount=type=bind,from=stage-cache-build-archives,source=0.tar,target=')
    expect(text).toMatch(/"job-0","bb"\]$/m)
    expect(packDockerfile(build, [{ ...seeded, digest: '' }], 10)).toMatch(/"job-0","based"\]$/m)
  })

  it('has no two steps that BuildKit could take for one', () => {
    const same = [
      { mount: mount(), digest: '' },
      { mount: mount(), digest: '' }
    ]
    const steps = packDockerfile({ image: 'busybox', jobId: 'job' }, same, 10)
      .split('\n')
      .filter(line => line.startsWith('RUN'))
    expect(steps.map(step => /"(job-\d)",""\]$/.exec(step)?.[1])).toEqual(['job-0', 'job-1'])
  })

  it('is built with ids in the environment, and the arguments that are read', () => {
    const { argv, env } = mountBuildArgv(mounts, {
      builder: 'b',
      platform: '',
      file: 'f',
      context: 'c',
      output: 'o',
      buildArgs: { BUILDKIT_CACHE_MOUNT_NS: 'ns', BUILDKIT_SYNTAX: 'x', SECRET: 'y', A: '2' }
    })
    expect(argv.filter((_, at) => argv[at - 1] === '--build-arg')).toEqual([
      'BUILDKIT_CACHE_MOUNT_NS=ns',
      'A=2',
      'STAGE_CACHE_MOUNT_0'
    ])
    expect(env).toEqual({ STAGE_CACHE_MOUNT_0: odd.id, BUILDX_METADATA_PROVENANCE: 'disabled' })
    expect(argv.join(' ')).not.toMatch(/--cache-(from|to)/)
  })
})
