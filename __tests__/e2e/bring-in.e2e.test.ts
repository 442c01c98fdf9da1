import { newProject } from './project'
import type { Inputs, Project } from './project'
import { stagesRun } from './steps'

// builder holds node-deps, but begins with what every edit changes.
const dockerfile = (runtime: string) => `FROM busybox AS base
RUN echo "ran base"
FROM base AS node-deps
COPY package.json .
RUN echo "ran node-deps" && head -c 100 /dev/urandom > /node
FROM base AS builder
COPY code .
COPY --from=node-deps /node .
RUN echo "ran builder" && head -c 100 /dev/urandom > /built
FROM base AS runtime
COPY --from=builder /built .
RUN ${runtime}
`

async function killedOnceSaved(project: Project, stage: string, inputs: Inputs): Promise<void> {
  const prepared = await project.prepare(inputs)
  const main = prepared.startMain()
  await main.waitForLine(new RegExp(`^Cache of ${stage} → .*: saved`))
  process.kill(-main.pid, 'SIGKILL')
  await main.done
  await prepared.finish()
}

it.each(['registry', 'gha', 'local'])(
  '%s: of stages a failed build saved, those that still fit are brought in, also where the one that holds them does not',
  async backend => {
    const inputs = { 'cache-backends': backend, outputs: 'type=cacheonly' }
    const project = await newProject({ Dockerfile: dockerfile('true'), 'package.json': '1', code: '1' })
    await project.job(inputs)
    await project.write('package.json', '2')
    await project.write('Dockerfile', dockerfile('exit 1'))
    const failed = await project.job(inputs)
    expect([failed.main.exitCode, failed.outputs['exported-stages']]).toEqual([1, 'node-deps,builder'])

    await project.write('Dockerfile', dockerfile('echo fixed'))
    await project.write('code', '2')
    const fixed = await project.job(inputs)
    expect([fixed.main.exitCode, stagesRun(fixed)]).toEqual([0, ['builder', 'runtime']])
    const again = await project.job(inputs)
    expect([again.outputs['cache-hit'], again.outputs['exported-stages']]).toEqual(['true', ''])
    await project.remove()
  }
)

it('a stage that a saved one copies from, and a failed one reads too, is brought in by itself', async () => {
  const inputs = { 'cache-backends': 'registry', outputs: 'type=cacheonly' }
  const all = (last: string) => `FROM busybox AS a
COPY a.txt .
RUN echo "ran a" && cp a.txt /a
FROM busybox AS b
COPY --from=a /a .
RUN echo "ran b"
FROM busybox AS c
COPY --from=a /a .
COPY --from=b /a b
RUN ${last}
`
  const project = await newProject({ Dockerfile: all('true'), 'a.txt': '1' })
  await project.job(inputs)
  await project.write('a.txt', '2')
  await project.write('Dockerfile', all('sleep 2 && false'))
  expect((await project.job(inputs)).outputs['exported-stages']).toBe('a,b')
  await project.write('Dockerfile', all('echo fixed'))
  expect(stagesRun(await project.job(inputs))).toEqual(['c'])
  await project.remove()
})

it('a revert after a failed build runs nothing: the older target ref still fits', async () => {
  const inputs = { 'cache-backends': 'registry', outputs: 'type=cacheonly' }
  const project = await newProject({ Dockerfile: dockerfile('true'), 'package.json': '1', code: '1' })
  await project.job(inputs)
  await project.write('package.json', '2')
  await project.write('Dockerfile', dockerfile('exit 1'))
  await project.job(inputs)
  await project.write('package.json', '1')
  await project.write('Dockerfile', dockerfile('true'))
  const reverted = await project.job(inputs)
  expect([reverted.main.exitCode, reverted.outputs['cache-hit']]).toEqual([0, 'true'])
  await project.remove()
})

it.each(['local,registry', 'registry,gha'])('%s: what a failed build saved is there in the next job', async backends => {
  const inputs = { 'cache-backends': backends, outputs: 'type=cacheonly' }
  const chain = (last: string) =>
    ['a', 'b', 'c', 'd']
      .map(
        (name, at, all) =>
          `FROM ${all[at - 1] ?? 'busybox'} AS ${name}\nCOPY ${name}.txt /\nRUN ${name === 'd' ? last : `echo ${name}`}\n`
      )
      .join('')
  const project = await newProject({ Dockerfile: chain('true'), 'a.txt': '1', 'b.txt': '1', 'c.txt': '1', 'd.txt': '1' })
  await project.job(inputs)
  for (const name of ['a.txt', 'b.txt']) await project.edit(name)
  await project.write('Dockerfile', chain('false'))
  expect((await project.job(inputs)).outputs['exported-stages']).toBe('a,b,c')
  await project.write('Dockerfile', chain('echo fixed'))
  expect(stagesRun(await project.job(inputs))).toEqual(['d'])
  await project.remove()
})

it.each(['registry', 'gha'])(
  '%s: what was brought in for its key alone is not taken for part of the ref that was saved then',
  async backend => {
    const inputs = { 'cache-backends': backend, outputs: 'type=cacheonly' }
    const all = (last: string) => `FROM busybox AS deps
COPY a.txt .
RUN echo "ran deps" && head -c 100 /dev/urandom > /deps
FROM busybox AS tools
COPY --from=deps /deps .
RUN echo "ran tools" && head -c 100 /dev/urandom > /tools
FROM busybox AS app
COPY --from=tools /tools .
${last}
`
    const project = await newProject({ Dockerfile: all('RUN true'), 'a.txt': '1' })
    await project.job(inputs)
    await project.write('a.txt', '2')
    await project.write('Dockerfile', all('RUN sleep 8'))
    await killedOnceSaved(project, 'tools', inputs)
    await project.write('Dockerfile', all('RUN echo short'))
    expect(stagesRun(await project.job(inputs))).toEqual(['app'])
    await project.write('Dockerfile', all('COPY --from=deps /deps /again\nRUN echo another'))
    expect(stagesRun(await project.job(inputs))).toEqual(['app'])
    await project.remove()
  }
)

it.each(['registry', 'gha'])('%s: what was brought in is part of the ref that is saved then', async backend => {
  const inputs = { 'cache-backends': backend, outputs: 'type=cacheonly' }
  const all = (last: string) => `FROM busybox AS deps
COPY a.txt .
RUN echo "ran deps" && echo constant > /deps
FROM busybox AS tools
COPY --from=deps /deps .
RUN echo "ran tools" && head -c 100 /dev/urandom > /tools
FROM busybox AS app
COPY --from=tools /tools .
RUN ${last}
`
  const project = await newProject({ Dockerfile: all('sleep 8'), 'a.txt': '1' })
  await killedOnceSaved(project, 'tools', inputs)
  await project.write('Dockerfile', all('echo app'))
  expect(stagesRun(await project.job(inputs))).toEqual(['app'])
  // What tools copies stays what it is, and with deps to be run nothing can be brought in that stands on it.
  await project.write('a.txt', '2')
  expect(stagesRun(await project.job(inputs))).toEqual(['deps'])
  await project.remove()
})

it('a step that ran while its stage was to be brought in counts as one that ran, and says why', async () => {
  const inputs = { 'cache-backends': 'gha', outputs: 'type=cacheonly' }
  const named = (name: string, user: number) => `FROM busybox AS base
RUN echo "ran base"
FROM base AS ${name}
USER ${user}
WORKDIR /tmp/w
RUN echo "ran what is renamed"
FROM ${name}
RUN echo "ran the last"
`
  const project = await newProject({ Dockerfile: named('work', 1000) })
  await project.job(inputs)
  await project.write('Dockerfile', named('renamed', 1000))
  expect(stagesRun(await project.job(inputs))).toEqual([])
  // Nothing but this makes another WORKDIR of it, which is done sooner than a build can be stopped.
  await project.write('Dockerfile', named('renamed', 1001))
  const job = await project.job(inputs)
  expect(job.stages.map(({ name, cached, steps, reason }) => [name, cached, steps, reason?.code])).toEqual([
    ['base', 1, 1, undefined],
    ['renamed', 0, 2, 'instruction-changed'],
    [expect.stringContaining('stage'), 0, 1, 'parent-rebuilt']
  ])
  await project.remove()
})
