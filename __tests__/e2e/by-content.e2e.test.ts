import { newProject } from './project'
import { stagesRun, stepsRun } from './steps'

// What tool and lib come to does not depend on their arguments, as a compiler's output does not on a comment.
const dockerfile = (last = 'echo "ran final"') => `FROM busybox AS tool
ARG NOTE=none
RUN echo "$NOTE" > /dev/null && echo tool > /tool
FROM busybox AS lib
COPY lib.txt .
COPY --from=tool /tool .
ARG LIB=none
RUN echo "$LIB" > /dev/null && cat lib.txt tool > /lib
FROM busybox AS final
COPY --from=tool /tool .
COPY --from=lib /lib .
COPY code .
RUN ${last}
`

describe.each(['registry', 'gha', 'local'])('%s', backend => {
  const inputs = (note: string, lib = 'one') => ({
    'cache-backends': backend,
    outputs: 'type=cacheonly',
    'build-args': `NOTE=${note}\nLIB=${lib}`
  })

  it('what hit by content, and was loaded, hits by content again', async () => {
    const project = await newProject({ Dockerfile: dockerfile(), 'lib.txt': '1', code: '1' })
    await project.job(inputs('one'))
    await project.write('code', '2')
    expect(stepsRun(await project.job(inputs('two'))).toSorted()).toEqual(['final 4/5', 'final 5/5', 'tool 2/2'])
    expect(stepsRun(await project.job(inputs('two', 'two')))).toEqual(['lib 4/4'])
    expect((await project.job(inputs('two', 'two'))).outputs).toMatchObject({ 'cache-hit': 'true', 'exported-stages': '' })
    await project.remove()
  })

  it('what hit by content after a failed build, and was not loaded, is in the ref that is written then', async () => {
    const project = await newProject({ Dockerfile: dockerfile(), 'lib.txt': '1', code: '1' })
    await project.job(inputs('one'))
    await project.write('Dockerfile', dockerfile('exit 1'))
    const failed = await project.job(inputs('two'))
    expect([failed.main.exitCode, failed.outputs['exported-stages']]).toEqual([1, 'tool'])
    await project.write('Dockerfile', dockerfile('echo mended'))
    expect(stepsRun(await project.job(inputs('two')))).toEqual(['final 5/5'])
    expect((await project.job(inputs('two'))).outputs).toMatchObject({ 'cache-hit': 'true', 'exported-stages': '' })
    // The layers of lib are needed where its reader has to run.
    await project.write('Dockerfile', dockerfile('echo mended').replace('COPY --from=lib /lib .', 'COPY --from=lib /lib lib'))
    expect(stagesRun(await project.job(inputs('two')))).toEqual(['final'])
    await project.remove()
  })
})
