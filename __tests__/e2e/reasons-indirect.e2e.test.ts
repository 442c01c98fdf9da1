// Causes that stand elsewhere than in the stage that runs: stages without steps, variables hidden by others, a repository that is added.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pushBaseImage } from '../../testbed/base-images.mjs'
import { serveGit } from '../../testbed/git-server.mjs'
import { deleteAllTags } from '../../testbed/registry.mjs'
import { newProject } from './project'
import type { Inputs, Project } from './project'

const dockerfile = (tool: string, repository: string) => `ARG SYSTEM=busybox
FROM ${tool} AS tool
FROM $SYSTEM AS os
ENV LEVEL=1

FROM os AS builder
COPY --from=tool /etc/tool /etc/tool
ARG MODE=fast
ENV MODE="set $MODE"
ENV OTHER=1
RUN date +%N > /one && date +%N > /two

FROM os AS lib
ADD ${repository} /lib
RUN cat /lib/a.txt

FROM os AS app
COPY --from=builder /etc/tool /etc/tool
COPY --from=builder /one /one
COPY --from=lib /lib /lib
`

interface Step {
  readonly what: string
  readonly edit?: () => Promise<unknown>
  readonly inputs?: Inputs
  readonly reasons: Readonly<Record<string, object>>
}

let project: Project
let git: Awaited<ReturnType<typeof serveGit>>
const tool = (content: string) => pushBaseImage({ name: `e2e/base-${project.id}-tool:1`, files: { 'etc/tool': content } })
const line = async (old: string, now: string) => {
  const text = await readFile(join(project.directory, 'Dockerfile'), 'utf8')
  await project.write('Dockerfile', text.replace(old, now))
}
const rebuilt = { app: { code: 'parent-rebuilt', inputs: ['builder'], line: 19 } }

const steps: readonly Step[] = [
  { what: 'nothing', reasons: {} },
  {
    what: 'a build argument behind an ENV of its name',
    inputs: { 'build-args': 'MODE=slow' },
    reasons: { builder: { code: 'build-arg-changed', inputs: ['MODE'] }, ...rebuilt }
  },
  {
    what: 'its default, in place of that',
    edit: () => line('MODE=fast', 'MODE=quick'),
    reasons: { builder: { code: 'build-arg-changed', inputs: ['MODE'] }, ...rebuilt }
  },
  {
    what: 'its default alone',
    edit: () => line('MODE=quick', 'MODE=calm'),
    reasons: { builder: { code: 'instruction-changed', line: 8 }, ...rebuilt }
  },
  {
    what: 'the order of variables',
    edit: () => line('ENV MODE="set $MODE"\nENV OTHER=1', 'ENV OTHER=1\nENV MODE="set $MODE"'),
    reasons: { builder: { code: 'instruction-changed', line: 9 }, ...rebuilt }
  },
  {
    what: 'the image of a stage without steps, which is copied from',
    edit: () => tool('two'),
    reasons: {
      builder: { code: 'base-image-changed', line: 2, message: expect.stringContaining('-tool:1 moved from') },
      // What its first COPY makes the builder stage has just made.
      ...rebuilt
    }
  },
  {
    what: 'the repository that is added',
    edit: () => git.commit('acme/lib', { 'a.txt': 'two' }),
    reasons: { lib: { code: 'unknown' }, app: { code: 'parent-rebuilt', inputs: ['lib'], line: 20 } }
  },
  {
    what: 'a variable of a stage without steps',
    edit: () => line('LEVEL=1', 'LEVEL=2'),
    reasons: {
      builder: { code: 'instruction-changed', line: 4 },
      lib: { code: 'instruction-changed', line: 4 },
      app: rebuilt.app
    }
  }
]

beforeAll(async () => {
  git = await serveGit()
  await git.commit('acme/lib', { 'a.txt': 'one' })
  project = await newProject({})
  const { ref } = await tool('one')
  await project.write('Dockerfile', dockerfile(ref, `${git.url}/acme/lib.git#main`))
  expect((await project.job({ 'cache-backends': 'registry' })).main.exitCode).toBe(0)
})
afterAll(async () => {
  await git.stop()
  await deleteAllTags(`e2e/base-${project.id}-tool`)
  await project.remove()
})

it.each(steps)('$what', async ({ edit, inputs, reasons }) => {
  await edit?.()
  const job = await project.job({ 'cache-backends': 'registry', ...inputs })
  expect(job.main.exitCode).toBe(0)
  const found = Object.fromEntries(job.stages.flatMap(({ name, reason }) => (reason ? [[name, reason]] : [])))
  expect(found).toEqual(
    Object.fromEntries(Object.entries(reasons).map(([stage, reason]) => [stage, expect.objectContaining(reason)]))
  )
  expect(job.outputs['cache-hit']).toBe(String(Object.keys(reasons).length === 0))
})
