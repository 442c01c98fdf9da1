// Blobs that went missing behind a ref that still lists them: BuildKit believes the ref and fails when it comes to need one.
import { deleteBlob, fetchManifest } from '../../testbed/registry.mjs'
import * as events from '../../testbed/events.mjs'
import { newProject } from './project'
import type { Job, Project } from './project'
import { outputOfSteps, stagesRun, stepsRun } from './steps'
import { troublesOf } from './trouble'

const stages = ['base', 'python-deps', 'node-deps', 'builder', 'runtime']

let project: Project
beforeEach(async () => {
  project = await newProject()
})
afterEach(() => project.remove())

describe('registry', () => {
  const inputs = { 'cache-backends': 'registry' }
  const layersOf = async (stage: string): Promise<readonly string[]> =>
    ((await fetchManifest(project.repository, `cache-${stage}`))?.manifest.layers ?? []).map(
      ({ digest }: { digest: string }) => digest
    )

  it.each([
    { edit: undefined, lost: 'base' },
    { edit: undefined, lost: 'runtime' },
    { edit: 'src/app.js', lost: 'node-deps' }
  ])('edit of $edit, a layer of $lost is gone: built again without the ref, and saved whole', async ({ edit, lost }) => {
    await project.job(inputs)
    const above = new Set([
      ...(lost === 'base' ? [] : await layersOf('base')),
      ...(lost === 'runtime' ? [...(await layersOf('builder')), ...(await layersOf('python-deps'))] : [])
    ])
    const own = (await layersOf(lost)).filter(layer => !above.has(layer))
    for (const layer of own) await deleteBlob(project.repository, layer)
    if (edit) await project.edit(edit)
    const job = await project.job(inputs)
    expect([job.main.exitCode, troublesOf(job)]).toEqual([0, ['Could not read the cache of `runtime` from the registry']])
    expect(job.main.annotations.map(({ level, message }) => [level, message])).toEqual([
      ['warning', expect.stringMatching(/^Could not read the cache of runtime from the registry\. /)]
    ])
    expect(job.outputs['exported-stages']).toBe(stages.join(','))
    const next = await project.job(inputs)
    expect([next.outputs['cache-hit'], stepsRun(next), troublesOf(next)]).toEqual(['true', [], []])
  })

  it('the whole ref is broken: its list of steps is gone', async () => {
    await project.job(inputs)
    const manifest = (await fetchManifest(project.repository, 'cache-runtime'))?.manifest
    await deleteBlob(project.repository, manifest.config.digest)
    const job = await project.job(inputs)
    expect([job.main.exitCode, troublesOf(job)]).toEqual([0, ['Could not read the cache of `runtime` from the registry']])
    expect(stagesRun(job)).toEqual(stages.toSorted())
    expect((await project.job(inputs)).outputs['cache-hit']).toBe('true')
  })

  it('a build that fails by itself is not tried twice', async () => {
    await project.job(inputs)
    await project.write('src/app.js', '')
    await project.write('Dockerfile', `FROM ${project.base} AS runtime\nCOPY missing .\n`)
    const job = await project.job(inputs)
    expect(job.main.exitCode).toBe(1)
    expect(job.calls.filter(([, command]) => command === 'build')).toHaveLength(1)
  })
})

describe('gha', () => {
  const inputs = { 'cache-backends': 'gha' }

  it.each([
    { gone: 'every layer', prefix: 'buildkit-blob-' },
    { gone: 'every ref', prefix: 'index-' },
    { gone: 'everything', prefix: '' }
  ])('$gone was evicted', async ({ prefix }) => {
    await project.job(inputs)
    expect((await project.cacheService.evict(prefix)).length).toBeGreaterThan(0)
    const job = await project.job(inputs)
    expect([job.main.exitCode, stagesRun(job)]).toEqual([0, stages.toSorted()])
    const next = await project.job(inputs)
    expect([next.outputs['cache-hit'], stepsRun(next), troublesOf(next)]).toEqual(['true', [], []])
  })

  describe('the index of the target alone was evicted', () => {
    // So long that the build is stopped before anything is built, however busy the machine.
    const dockerfile = `FROM busybox AS base
RUN echo ran base && sleep 3 && date +%N > /base
FROM base AS deps
COPY package.json .
RUN echo ran deps && cat /base > /deps
FROM base AS runtime
COPY --from=deps /deps /deps
RUN echo ran runtime && cat /deps > /runtime
`
    const refsOf = (job: Job) =>
      job.stages.map(({ name, refs }) => [name, ...refs.map(({ ref, imported }) => `${ref.replace(/_OF_.*/, '')} ${imported}`)])

    /** The first build is stopped in base: that may have spoken by then, and runc may tell of its end. */
    const ranToTheEnd = (job: Job) => outputOfSteps(job).filter(text => text.startsWith('ran ') && text !== 'ran base')

    it('the other stages are brought in by their own refs, and the target is saved again', async () => {
      await project.write('Dockerfile', dockerfile)
      await project.job(inputs)
      expect(await project.cacheService.evict('index-cache-runtime')).toHaveLength(1)
      const job = await project.job(inputs)
      expect([job.main.exitCode, troublesOf(job), ranToTheEnd(job)]).toEqual([0, [], ['ran runtime']])
      expect(refsOf(job)).toEqual([
        ['base', 'cache-base yes'],
        ['deps', 'cache-deps yes'],
        ['runtime', 'cache-runtime absent']
      ])
      expect(job.stages.map(({ cached, reason }) => [cached, reason?.code])).toEqual([
        [1, undefined],
        [2, undefined],
        [0, 'cache-evicted']
      ])
      expect(job.outputs['exported-stages']).toBe('runtime')
      const next = await project.job(inputs)
      expect([next.outputs['cache-hit'], stepsRun(next), troublesOf(next)]).toEqual(['true', [], []])
    })

    it('in a pull request, which goes on from the ref of the default branch', async () => {
      await project.write('Dockerfile', dockerfile)
      await project.job(inputs)
      const inPullRequest = { event: events.pullRequest() }
      await project.write('Dockerfile', `${dockerfile}RUN echo ran last\n`)
      await project.job(inputs, inPullRequest)
      const own = (await project.cacheService.entries()).filter(
        ({ key, scope }) => key.startsWith('index-cache-runtime') && scope === 'refs/pull/7/merge'
      )
      expect(await project.cacheService.evict(own[0]?.key ?? 'none')).toHaveLength(1)
      const job = await project.job(inputs, inPullRequest)
      expect([job.main.exitCode, ranToTheEnd(job)]).toEqual([0, ['ran last']])
      const next = await project.job(inputs, inPullRequest)
      expect([next.outputs['cache-hit'], stepsRun(next), troublesOf(next)]).toEqual(['true', [], []])
    })

    it('a job in which nothing changed asks for no more than the record and what BuildKit reads', async () => {
      await project.write('Dockerfile', dockerfile)
      await project.job(inputs)
      await project.cacheService.resetCounts()
      await project.job({ ...inputs, push: 'true' })
      const asked = (await project.cacheService.requests()).filter(request => request.endsWith('GetCacheEntryDownloadURL'))
      const layers = (await project.cacheService.entries()).filter(({ key }) => key.startsWith('buildkit-blob-'))
      expect(asked.length).toBeLessThanOrEqual(2 + layers.length)
    })
  })

  it('the record was evicted: what is there is read, and recorded again', async () => {
    await project.job(inputs)
    expect((await project.cacheService.evict('stage-cache-build-record')).length).toBeGreaterThan(0)
    await project.edit('src/app.js')
    const job = await project.job(inputs)
    expect([job.main.exitCode, stagesRun(job), troublesOf(job)]).toEqual([0, ['builder', 'runtime'], []])
    expect(job.stages.map(({ name, reason }) => [name, reason?.code])).toEqual([
      ['base', undefined],
      ['python-deps', undefined],
      ['node-deps', undefined],
      ['builder', 'unknown'],
      ['runtime', 'parent-rebuilt']
    ])
    expect(job.outputs['exported-stages']).toBe(stages.join(','))
    await project.edit('src/app.js')
    const next = await project.job(inputs)
    expect([stagesRun(next), next.stages.map(({ reason }) => reason?.code)[3]]).toEqual([['builder', 'runtime'], 'file-changed'])
  })

  it('layers are damaged: built again without the ref', async () => {
    await project.job(inputs)
    expect((await project.cacheService.damage('buildkit-blob-')).length).toBeGreaterThan(0)
    await project.edit('src/app.js')
    const job = await project.job(inputs)
    expect([job.main.exitCode, stagesRun(job)]).toEqual([0, stages.toSorted()])
    expect(troublesOf(job)).toContain('Could not read the cache of `runtime` from GitHub’s cache')
  })

  it('a layer was evicted, then another, and a third', async () => {
    await project.job(inputs)
    const layers = (await project.cacheService.entries()).map(({ key }) => key).filter(key => key.startsWith('buildkit-blob-'))
    for (const key of layers.slice(0, 3)) {
      await project.cacheService.evict(key)
      const job = await project.job(inputs)
      expect(job.main.exitCode).toBe(0)
      const next = await project.job(inputs)
      expect([next.outputs['cache-hit'], stepsRun(next), troublesOf(next)]).toEqual(['true', [], []])
    }
  })
})
