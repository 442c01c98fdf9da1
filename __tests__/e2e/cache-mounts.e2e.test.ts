// Directories of RUN --mount=type=cache, kept from one job to the next on an emptied builder.
import { pushBaseImage } from '../../testbed/base-images.mjs'
import { pullRequest } from '../../testbed/events.mjs'
import { builds } from './docker-calls'
import { newProject } from './project'
import type { Job, Project } from './project'
import { outputOfSteps } from './steps'
import { fetched, inputs, install, mountEntries, mountKeys, newMountProject } from './mount-project'
import { troublesOf } from './trouble'

let project: Project
afterEach(() => project.remove())

/** Fills an empty mount with one of everything, and tells what it found in it before. */
const everything = `FROM busybox AS app
COPY wanted .
RUN --mount=type=cache,target=/kept,uid=1000,gid=1001,mode=0750 <<'EOT'
cd /kept
echo "root $(stat -c '%u:%g %a' .)"
find . | sed 's/^/found /' | sort
if [ -e plain ]; then
  stat -c '%n %u:%g %a' plain dir empty 'with space'
  echo "link $(readlink link) $(stat -c %u:%g link)"
  echo "same $([ plain -ef hard ] && echo yes)"
  echo "line $(cat "$(printf 'new\\nline')")"
else
  echo plain >plain; chmod 640 plain; chown 12:34 plain
  mkdir dir; chmod 1777 dir
  ln -s ../nowhere link; chown -h 7:8 link
  mkdir empty; chown 1000:1001 empty
  ln plain hard
  echo space >'with space'; chmod 4755 'with space'
  echo found it >"$(printf 'new\\nline')"
  mkdir -p .hidden/deep
fi
EOT
`

it('a job on an empty builder finds all that the one before left, as it was', async () => {
  project = await newProject({ Dockerfile: everything, wanted: '1' })
  const first = await project.job(inputs)
  expect([first.main.exitCode, troublesOf(first)]).toEqual([0, []])
  expect(outputOfSteps(first)).toContain('root 1000:1001 750')
  expect(await mountEntries(project)).toHaveLength(1)

  await project.cacheService.resetCounts()
  const unchanged = await project.job(inputs)
  expect([unchanged.outputs['cache-hit'], builds(unchanged.calls).length]).toEqual(['true', 1])
  expect((await mountKeys(project)).length).toBe(0)

  await project.write('wanted', '2')
  const second = await project.job(inputs)
  expect((await mountKeys(project)).length).toBeGreaterThan(0)
  expect([second.main.exitCode, troublesOf(second)]).toEqual([0, []])
  expect(outputOfSteps(second)).toEqual(
    expect.arrayContaining([
      'root 1000:1001 750',
      'found ./.hidden/deep',
      'plain 12:34 640',
      'dir 0:0 1777',
      'with space 0:0 4755',
      'empty 1000:1001 755',
      'link ../nowhere 7:8',
      'same yes',
      'line found it'
    ])
  )
  expect(second.main.log).toMatch(/^Cache mount \/kept: restored, .* from .*, then unchanged$/m)
  expect(await mountEntries(project)).toHaveLength(1)
  expect([second.post?.exitCode, second.leftProcesses]).toEqual([0, []])
}, 180_000)

describe.each([
  'target=/kept',
  'id=packages,dst=/kept,sharing=locked',
  'id=packages,destination=/kept,sharing=private',
  'target=/kept/,uid=0',
  'target=/kept,gid=5',
  'target=/kept,mode=1777,sharing=locked',
  `'"id=with, comma; and $(more)",target=/kept'`,
  'id=größe,target=/kept'
])('%s', mount => {
  it('only what is new is fetched', async () => {
    project = await newMountProject(mount)
    const first = await project.job(inputs)
    expect([first.main.exitCode, fetched(first), troublesOf(first)]).toEqual([0, ['fetched one', 'fetched two'], []])
    await project.write('wanted', 'one two three')
    const second = await project.job(inputs)
    expect([second.main.exitCode, fetched(second), troublesOf(second)]).toEqual([0, ['fetched three'], []])
    await project.write('wanted', 'one three four')
    expect(fetched(await project.job(inputs))).toEqual(['fetched four'])
    expect(await mountEntries(project)).toHaveLength(3)
  }, 120_000)
})

it('ids made of build arguments, in a namespace', async () => {
  project = await newMountProject('id=$KIND-$TARGETARCH,target=/kept', 'ARG KIND=pip\nARG TARGETARCH\n')
  const job = async (kind: string, namespace: string) => {
    await project.edit('wanted')
    return project.job({ ...inputs, 'build-args': `KIND=${kind}\nBUILDKIT_CACHE_MOUNT_NS=${namespace}` })
  }
  expect(fetched(await job('npm', 'a'))).toContain('fetched one')
  expect(fetched(await job('npm', 'a'))).not.toContain('fetched one')
  expect(fetched(await job('npm', 'b'))).toContain('fetched one')
  expect(fetched(await job('gem', 'a'))).toContain('fetched one')
  const again = await job('npm', 'b')
  expect(fetched(again)).not.toContain('fetched one')
  expect(again.main.log).toContain('Cache mount $KIND-$TARGETARCH: restored')
}, 120_000)

it('ids and targets with variables that the base image sets', async () => {
  project = await newProject({ Dockerfile: '', wanted: '1' })
  const base = await pushBaseImage({ name: `e2e/base-${project.id}:env`, env: { GOPATH: '/kept/go', VERSION: '1.2' } })
  const dockerfile = (names: string) => `ARG FLAVOUR=plain
FROM ${base.ref} AS parent
ENV MORE=$GOPATH/more
FROM parent AS app
ARG FLAVOUR
${install('id=$VERSION-$FLAVOUR,target=/kept', names)}RUN --mount=type=cache,target=\${MORE} [ -e /kept/go/more/$FLAVOUR ] || echo fetched more; touch /kept/go/more/$FLAVOUR
`
  await project.write('Dockerfile', dockerfile('one'))
  const first = await project.job(inputs)
  expect([fetched(first), troublesOf(first)]).toEqual([['fetched one', 'fetched more'], []])
  await project.write('Dockerfile', dockerfile('one two'))
  const second = await project.job(inputs)
  expect([fetched(second), troublesOf(second)]).toEqual([['fetched two'], []])
  expect(fetched(await project.job({ ...inputs, 'build-args': 'FLAVOUR=rich' }))).toEqual([
    'fetched one',
    'fetched two',
    'fetched more'
  ])
}, 120_000)

it.each(['uid=0,', 'sharing=locked,'])(
  'a mount that starts from a stage (%s), while that comes from the cache',
  async more => {
    const dockerfile = (seed: string) => `FROM busybox AS seed
RUN mkdir -p /seed/deep && echo ${seed} >/seed/deep/first && touch /seed/later-gone
FROM busybox AS app
COPY wanted .
RUN --mount=type=cache,id=seeded,target=/kept,${more}from=seed,source=/seed ls -A /kept | sed 's/^/begins with /'; cat /kept/deep/first; rm -f /kept/later-gone
${install(`id=seeded,target=/kept,${more}from=seed,source=/seed`)}`
    project = await newProject({ Dockerfile: dockerfile('1'), wanted: 'one two' })
    const first = await project.job(inputs)
    expect([first.main.exitCode, fetched(first), troublesOf(first)]).toEqual([0, ['fetched one', 'fetched two'], []])
    expect(outputOfSteps(first)).toContain('begins with later-gone')
    expect(first.main.log).toMatch(/^Cache mount seeded: nothing saved, then saved, /m)

    await project.write('wanted', 'one two three')
    const second = await project.job(inputs)
    expect([second.main.exitCode, fetched(second), troublesOf(second)]).toEqual([0, ['fetched three'], []])
    expect(second.outputs['rebuilt-stages']).toBe('app')
    expect(outputOfSteps(second)).toEqual(expect.arrayContaining(['begins with deep', 'begins with one', 'begins with two']))
    expect(outputOfSteps(second)).not.toContain('begins with later-gone')

    await project.write('Dockerfile', dockerfile('2'))
    const changed = await project.job(inputs)
    expect([changed.main.exitCode, fetched(changed).length, troublesOf(changed)]).toEqual([0, 3, []])
    expect(changed.main.log).toMatch(/^Cache mount seeded: new: what it starts from is rebuilt, then saved, /m)
    await project.write('wanted', 'one two three four')
    expect(fetched(await project.job(inputs))).toEqual(['fetched four'])
  },
  120_000
)

it('a mount that starts from an image', async () => {
  project = await newProject({ Dockerfile: '', wanted: '1' })
  const seed = `e2e/seed-${project.id}:latest`
  const push = async (text: string) => (await pushBaseImage({ name: seed, files: { 'seed/zero': text } })).ref
  await project.write(
    'Dockerfile',
    `FROM busybox\nCOPY wanted .\n${install(`target=/kept,from=${await push('0')},source=/seed`, 'zero one')}`
  )
  const first = await project.job(inputs)
  expect([first.main.exitCode, fetched(first), troublesOf(first)]).toEqual([0, ['fetched one'], []])
  await project.write('wanted', '2')
  const second = await project.job(inputs)
  expect([second.main.exitCode, fetched(second), troublesOf(second)]).toEqual([0, [], []])
  await push('another')
  await project.write('wanted', '3')
  expect(fetched(await project.job(inputs))).toEqual(['fetched one'])
}, 120_000)

it.each([{ 'rebuild-stages': 'app' }, { 'rebuild-cache': 'true' }, { 'no-cache': 'true' }, { 'no-cache-filters': 'app' }])(
  '%j begins with an empty mount, as BuildKit has it, and saves that',
  async without => {
    project = await newMountProject('target=/kept')
    await project.job(inputs)
    await project.write('wanted', 'three')
    const job = await project.job({ ...inputs, ...without })
    expect([job.main.exitCode, fetched(job), troublesOf(job)]).toEqual([0, ['fetched three'], []])
    expect(job.main.log).toMatch(/^Cache mount \/kept: emptied, as asked, then saved, /m)
    await project.write('wanted', 'one two three')
    expect(fetched(await project.job(inputs))).toEqual(['fetched one', 'fetched two'])
  },
  60_000
)

it('two Dockerfiles that share an id share what is saved', async () => {
  project = await newProject({
    'api/Dockerfile': `FROM busybox\n${install('id=shared,target=/kept', 'one two')}`,
    'bot/Dockerfile': `FROM busybox\n${install('id=shared,target=/kept', 'two three')}`
  })
  const build = (file: string) => project.job({ ...inputs, file, tags: '' })
  expect(fetched(await build('api/Dockerfile'))).toEqual(['fetched one', 'fetched two'])
  expect(fetched(await build('bot/Dockerfile'))).toEqual(['fetched three'])
}, 120_000)

it('what a failing build fetched is kept', async () => {
  project = await newMountProject('target=/kept')
  await project.write('Dockerfile', `FROM busybox AS app\n${install('target=/kept', 'one')}RUN false\n`)
  const failed = await project.job(inputs)
  expect([failed.main.exitCode, fetched(failed)]).toEqual([1, ['fetched one']])
  await project.write('Dockerfile', `FROM busybox AS app\n${install('target=/kept', 'one two')}`)
  expect(fetched(await project.job(inputs))).toEqual(['fetched two'])
}, 120_000)

it('what a cancelled job fetched is kept by its post step, but not what a step was just fetching', async () => {
  const dockerfile = (then: string) => `FROM busybox AS app
COPY wanted .
${install('id=done,target=/kept')}RUN --mount=type=cache,id=begun,target=/kept echo half >/kept/half; echo "app begins"; ${then}
`
  project = await newProject({ Dockerfile: dockerfile('sleep 100'), wanted: 'one two' })
  const prepared = await project.prepare(inputs)
  const main = prepared.startMain()
  await main.waitForLine(/app begins$/)
  await main.cancelLikeRunner()
  const cancelled = await prepared.finish()
  expect([cancelled.main.signal, cancelled.post?.exitCode, cancelled.leftProcesses]).toEqual([null, 0, []])
  expect(cancelled.summary).toContain('💾 Cache mounts saved after the job was cancelled: `done`')
  expect(await mountEntries(project)).toHaveLength(1)

  await project.write('Dockerfile', dockerfile('true'))
  await project.write('wanted', 'one two three')
  expect(fetched(await project.job(inputs))).toEqual(['fetched three'])
}, 120_000)

it('a pull request starts from the default branch and keeps its own', async () => {
  project = await newMountProject('target=/kept')
  await project.job(inputs)
  await project.write('wanted', 'one two three')
  const pull = { event: pullRequest() }
  expect(fetched(await project.job(inputs, pull))).toEqual(['fetched three'])
  await project.write('wanted', 'one two three four')
  expect(fetched(await project.job(inputs, pull))).toEqual(['fetched four'])
  expect(fetched(await project.job(inputs))).toEqual(['fetched three', 'fetched four'])
}, 120_000)

it('a mount of some size is saved as the difference from what was saved whole; without that, it begins anew', async () => {
  const large = (names: string) =>
    `FROM busybox AS app\nRUN --mount=type=cache,target=/kept for name in ${names}; do [ -e /kept/$name ] || { echo "fetched $name"; head -c 2000000 /dev/urandom >/kept/$name; chmod 640 /kept/$name; }; done; rm -f /kept/gone; ls -l /kept/ | md5sum; stat -c 'found %n %u:%g %a' /kept/*; cat /kept/* | md5sum\n`
  project = await newProject({ Dockerfile: large('gone one two three four five') })
  expect(fetched(await project.job(inputs))).toHaveLength(6)
  await project.write('Dockerfile', large('two three four five six'))
  const second = await project.job(inputs)
  expect([fetched(second), troublesOf(second)]).toEqual([['fetched six'], []])
  expect(second.main.log).toMatch(/^Cache mount \/kept: restored, 10 MB from .*, then saved, 2(\.\d)? MB$/m)
  // Of the third job, too, the difference is from what was saved whole.
  await project.write('Dockerfile', large('three four five six').replace('/kept/gone', '/kept/one'))
  const third = await project.job(inputs)
  expect([fetched(third), troublesOf(third)]).toEqual([[], []])
  expect((await mountEntries(project)).map(({ key, bytes }) => [key.endsWith('.difference'), bytes > 9e6])).toEqual([
    [false, true],
    [true, false],
    [true, false]
  ])
  await project.write('Dockerfile', `${large('three four five six')}RUN true\n`)
  const fourth = await project.job(inputs)
  expect([fetched(fourth), troublesOf(fourth)]).toEqual([[], []])
  const seen = (job: Job) => outputOfSteps(job).filter(line => /^found|-$/.test(line))
  expect(seen(fourth)).toEqual(expect.arrayContaining(['found /kept/six 0:0 640']))
  expect(seen(fourth).filter(line => line.startsWith('found'))).toEqual(seen(third).filter(line => line.startsWith('found')))
  expect(seen(fourth).at(-1)).toBe(seen(third).at(-1))

  const [whole] = await mountEntries(project)
  expect(await project.cacheService.evict(whole?.key ?? 'none')).toHaveLength(1)
  await project.write('Dockerfile', large('three four'))
  const lost = await project.job(inputs)
  expect([lost.main.exitCode, fetched(lost)]).toEqual([0, ['fetched three', 'fetched four']])
  expect(troublesOf(lost)).toHaveLength(1)
  await project.write('Dockerfile', large('three four five'))
  expect(fetched(await project.job(inputs))).toEqual(['fetched five'])
}, 180_000)
