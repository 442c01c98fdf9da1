// A stage that is built anew every night, under the same keys with other content each time: nothing older of it may be served.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newProject } from './project'
import type { Job } from './project'
import { outputOfSteps, stagesRun } from './steps'

const dockerfile = (last: string) => `FROM busybox AS fetched
RUN cat /proc/sys/kernel/random/uuid > /fetched && echo "fetched $(cat /fetched)"
FROM busybox AS made
COPY --from=fetched /fetched .
RUN cp fetched /made
FROM busybox AS final
COPY --from=made /made .
COPY code .
RUN ${last}
`

describe.each(['registry', 'gha', 'local'])('%s', backend => {
  it('a night that fails leaves nothing that a later one takes for its own', async () => {
    const project = await newProject({ Dockerfile: dockerfile('true'), code: '1' })
    const night = (inputs: Readonly<Record<string, string>> = {}) =>
      project.job({ 'cache-backends': backend, 'no-cache-filters': 'fetched', outputs: 'type=local,dest=out', ...inputs })
    const fetched = (job: Job) =>
      outputOfSteps(job)
        .find(line => line.startsWith('fetched '))
        ?.slice('fetched '.length)
    const made = async () => (await readFile(join(project.directory, 'out/made'), 'utf8')).trim()

    const first = await night()
    expect([first.main.exitCode, await made()]).toEqual([0, fetched(first)])
    await project.write('Dockerfile', dockerfile('false'))
    const failed = await night()
    expect([failed.main.exitCode, failed.outputs['exported-stages']]).toEqual([1, 'fetched,made'])
    // What failed is mended, and by then the content is another again.
    await project.write('Dockerfile', dockerfile('true'))
    const mended = await night()
    expect([mended.main.exitCode, await made(), stagesRun(mended)]).toEqual([0, fetched(mended), ['fetched', 'final', 'made']])
    expect(new Set([first, failed, mended].map(fetched)).size).toBe(3)
    // By day nothing is asked for anew: what was saved last is served.
    const byDay = await night({ 'no-cache-filters': '' })
    expect([stagesRun(byDay), await made()]).toEqual([[], fetched(mended)])
    await project.remove()
  })
})
