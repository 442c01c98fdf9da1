import type { Project } from './project'
import { newProject } from './project'
import { stepsRun } from './steps'
import { troublesOf } from './trouble'

const dockerfile = `FROM busybox AS app
COPY list .
RUN echo install && cp list installed
COPY code .
RUN echo make && ! grep broken code && cp code made
FROM busybox AS final
RUN echo setup > setup
COPY --from=app installed .
COPY --from=app made .
COPY last .
RUN echo done && ! grep broken last
`

let project: Project
afterEach(() => project.remove())

describe.each(['registry', 'gha', 'local'])('in %s', backend => {
  const inputs = { 'cache-backends': backend, outputs: 'type=cacheonly' }

  it('what a stage got done before its step failed is there for the next job', async () => {
    project = await newProject({ Dockerfile: dockerfile, list: '1', code: 'broken', last: '1' })
    const failed = await project.job(inputs)
    expect([failed.main.exitCode, failed.outputs['exported-stages'], troublesOf(failed)]).toEqual([1, '', []])
    expect(failed.main.shown).toMatch(/Cache of the first 3 of 4 steps of app → .*: saved/)
    expect(failed.summary).toMatch(/^💾 Saved for the next build: the first 3 of 4 steps of `app`/m)
    await project.write('code', 'whole')
    const mended = await project.job(inputs)
    expect([mended.main.exitCode, troublesOf(mended)]).toEqual([0, []])
    expect(stepsRun(mended).filter(step => step.startsWith('app'))).toEqual(['app 4/5', 'app 5/5'])
    expect(stepsRun(mended)).not.toContain('final 2/5')
    expect((await project.job(inputs)).outputs).toMatchObject({ 'cache-hit': 'true', 'exported-stages': '' })
  })

  it('a ref of a whole build is still there, so what is taken back hits', async () => {
    project = await newProject({ Dockerfile: dockerfile, list: '1', code: 'whole', last: '1' })
    await project.job(inputs)
    await project.write('list', '2')
    await project.write('code', 'broken')
    expect((await project.job(inputs)).main.exitCode).toBe(1)
    await project.write('code', 'broken, too')
    const again = await project.job(inputs)
    expect([again.main.exitCode, stepsRun(again).filter(step => step.startsWith('app'))]).toEqual([1, ['app 4/5', 'app 5/5']])
    expect(again.stages.find(({ name }) => name === 'app')?.reason).toMatchObject({
      code: 'file-changed',
      message: 'code changed'
    })
    await project.write('list', '1')
    await project.write('code', 'whole')
    expect(stepsRun(await project.job(inputs))).toEqual([])
    await project.write('list', '2')
    const mended = await project.job(inputs)
    expect(stepsRun(mended).filter(step => step.startsWith('app'))).toEqual(['app 4/5', 'app 5/5'])
    expect(mended.stages.find(({ name }) => name === 'app')?.reason).toMatchObject({
      code: 'file-changed',
      message: 'list changed'
    })
  })

  it('several failures in a row that changed the same stage', async () => {
    project = await newProject({ Dockerfile: dockerfile, list: '1', code: '1', last: '1' })
    await project.job(inputs)
    await project.write('last', 'broken')
    for (const code of ['2', '3', '4']) {
      await project.write('code', code)
      const failed = await project.job(inputs)
      expect([failed.main.exitCode, failed.outputs['exported-stages'], troublesOf(failed)]).toEqual([1, 'app', []])
      expect(stepsRun(failed)).toEqual(['app 4/5', 'app 5/5', 'final 4/6', 'final 5/6', 'final 6/6'])
      expect(failed.stages.find(({ name }) => name === 'app')?.reason).toMatchObject({ message: 'code changed' })
    }
    await project.write('last', 'whole')
    expect(stepsRun(await project.job(inputs))).toEqual(['final 5/6', 'final 6/6'])
  })
})
