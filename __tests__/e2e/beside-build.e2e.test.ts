// What runs beside the main build from BuildKit 0.32 on. The test bed's is older and may run steps again when builds run side by side,
// so here a docker that claims to be newer shows that all of it happens, and not that it is exact: soak/ does that on a newer one.
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProxy } from '../../testbed/proxy.mjs'
import { theTestBed } from '../../testbed/where.mjs'
import { builds, valuesOf } from './docker-calls'
import type { Job, Project } from './project'
import { newProject } from './project'
import { troublesOf } from './trouble'

const dockerfile = (builder: string) => `FROM busybox AS base
RUN echo "ran base"
FROM base AS deps
RUN head -c 2000000 /dev/urandom > /deps
FROM base AS builder
COPY code .
RUN ${builder}
FROM base AS runtime
COPY --from=deps /deps .
COPY --from=builder /built .
`
const build = 'sleep 4 && cp code /built'
const inputs = { 'cache-backends': 'registry', outputs: 'type=cacheonly', network: 'host' }

let project: Project
let directory: string
let path: string
beforeAll(async () => {
  directory = join(tmpdir(), `newer-docker-${process.pid}`)
  await mkdir(directory, { recursive: true })
  const version = `sed -E 's/^(BuildKit( version)?: *).*/\\1v0.32.0/'`
  await writeFile(
    join(directory, 'docker'),
    `#!/bin/sh\nPATH=\${PATH#*${directory}:}\n[ "$1 $2" = "buildx inspect" ] || exec docker "$@"\ndocker "$@" | ${version}\n`
  )
  await chmod(join(directory, 'docker'), 0o755)
  path = `${directory}:${theTestBed().env['PATH'] ?? process.env['PATH'] ?? ''}`
})
afterAll(() => rm(directory, { recursive: true, force: true }))
beforeEach(async () => {
  project = await newProject({ Dockerfile: dockerfile(build), code: '1' })
})
afterEach(() => project.remove())

const run = (more: Readonly<Record<string, string>> = {}) => project.job({ ...inputs, ...more }, { env: { PATH: path } })
/** A step that ends once this stage is in the registry: never, if that is not saved while the step runs. */
const untilSaved = (stage: string) =>
  `until wget -q -O - http://${theTestBed().registry}/v2/${project.repository}/tags/list | grep -q '"cache-${stage}"'; do sleep 0.1; done`
const unexpected = (job: Job) => troublesOf(job).filter(trouble => !trouble.includes('steps ran while saving'))

it('a stage is saved while the next one is built', async () => {
  await project.write('Dockerfile', dockerfile(`${untilSaved('base')} && cp code /built`))
  const job = await run()
  expect([job.main.exitCode, job.outputs['exported-stages'], unexpected(job)]).toEqual([0, 'base,deps,builder,runtime', []])
  expect([job.post?.exitCode, job.leftProcesses]).toEqual([0, []])
})

it('what a later stage stands on is fetched meanwhile, by a build of the Dockerfile cut off before the step that waits', async () => {
  await run()
  await project.write('code', '2')
  const job = await run()
  expect([job.main.exitCode, unexpected(job)]).toEqual([0, []])
  expect(job.main.log).toContain('Fetching what runtime stands on while other stages are built')
  const cut = builds(job.calls).filter(call => valuesOf(call, '--file').length > 0)
  expect(cut).toHaveLength(1)
  expect(valuesOf(cut[0] ?? [], '--cache-from')).toHaveLength(1)
  expect(valuesOf(cut[0] ?? [], '--cache-to')).toEqual([])
  expect([job.post?.exitCode, job.leftProcesses]).toEqual([0, []])
})

it('a stage that a later step copies from is fetched whole, before that step comes', async () => {
  await run()
  await project.write('Dockerfile', dockerfile(build).replace('RUN head', 'RUN sleep 4 && head'))
  const job = await run()
  expect([job.main.exitCode, unexpected(job)]).toEqual([0, []])
  expect(job.main.log).toContain('Fetching builder while other stages are built')
  expect(job.outputs['rebuilt-stages']).toBe('deps,runtime')
})

it('what the target has made is compressed while it waits, by a build that saves nothing', async () => {
  const image = { push: 'true', tags: `${theTestBed().registry}/${project.repository}:ahead`, outputs: '' }
  const job = await run(image)
  expect([job.main.exitCode, unexpected(job)]).toEqual([0, []])
  expect(job.main.log).toContain('Compressing the layers that runtime has got so far while other stages are built')
  const cut = builds(job.calls).filter(call => valuesOf(call, '--output').includes('type=oci,dest=/dev/null'))
  expect([cut.length, cut.flatMap(call => valuesOf(call, '--cache-to'))]).toEqual([1, []])
})

it("the target is saved once the image's layers are pushed, while its manifest is, and uploads none of them again", async () => {
  const proxy = await startProxy(theTestBed().registry, { faults: [{ on: 'write', path: '/manifests/latest$', delayMs: 6000 }] })
  const job = await run({ push: 'true', tags: `${proxy.host}/${project.repository}:latest`, outputs: '' })
  await proxy.stop()
  expect([job.main.exitCode, job.outputs['exported-stages'], unexpected(job)]).toEqual([0, 'base,deps,builder,runtime', []])
  const lines = job.main.log.split('\n')
  const lineOf = (text: RegExp) => lines.findIndex(line => text.test(line))
  expect(lineOf(/Cache of runtime .* saved in/)).toBeGreaterThan(lineOf(/pushing layers .*done/))
  expect(lineOf(/pushing manifest for .*done/)).toBeGreaterThan(lineOf(/Cache of runtime .* saved in/))
  // The layers of deps, and of what runtime copies from it.
  expect(proxy.traffic.counts.bytesIn).toBeLessThan(4_500_000)
})

it('nothing is fetched where nothing runs', async () => {
  await run()
  const job = await run()
  expect([job.outputs['cache-hit'], builds(job.calls).length]).toEqual(['true', 1])
})

it('a build that fails has saved what was finished', async () => {
  await project.write('Dockerfile', dockerfile(`${untilSaved('base')} && false`))
  const job = await run()
  expect([job.main.exitCode, job.outputs['exported-stages']]).toEqual([1, 'base,deps'])
})
