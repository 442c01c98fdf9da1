// Blobs that went missing behind a ref that still lists them: BuildKit believes the ref and fails when it comes to need one.
import { deleteBlob, fetchManifest } from '../../testbed/registry.mjs'
import { newProject } from './project'
import type { Project } from './project'
import { stagesRun, stepsRun } from './steps'
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
