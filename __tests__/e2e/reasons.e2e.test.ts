import { chmod, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ActionsCache } from '../../src/actions-cache'
import type { Files } from '../../src/host'
import { newSavedTexts } from '../../src/io/saved-texts'
import { newPatience } from '../../src/io/patience'
import { newStopwatch } from '../../src/io/stopwatch'
import { pushBaseImage } from '../../testbed/base-images.mjs'
import { push } from '../../testbed/events.mjs'
import { makeJobToken } from '../../testbed/job-token.mjs'
import { deleteAllTags } from '../../testbed/registry.mjs'
import { newProject } from './project'
import type { Inputs, Job, Project } from './project'

const dockerfile = `ARG OS=1
FROM busybox AS base
ENV LEVEL=one
RUN echo base > /base

FROM base AS deps
COPY package.json ./
COPY lib/ /lib-copy/
RUN echo deps

FROM base AS tools
ARG VERSION=1
RUN echo "tools $VERSION" > /tools

FROM deps AS app
COPY --from=tools /tools /tools
COPY src /src
RUN --mount=type=bind,source=config.json,target=/config.json cat /config.json
RUN date +%N > /built
`
const files = {
  Dockerfile: dockerfile,
  'package.json': '{}\n',
  'lib/a.txt': 'a\n',
  'lib/b.txt': 'b\n',
  'src/main.js': 'main\n',
  'src/skipped.log': 'log\n',
  'config.json': '{}\n',
  '.dockerignore': '**/*.log\n'
}

interface Step {
  readonly what: string
  readonly edit?: (project: Project) => Promise<unknown>
  readonly inputs?: Inputs
  readonly reasons: Readonly<Record<string, object>>
}

const from = (parent: string) => ({ code: 'parent-rebuilt', inputs: [parent] })
const write = (path: string, text: string) => (project: Project) => project.write(path, text)
const line = (old: string, now: string) => (project: Project) => project.write('Dockerfile', (text = text.replace(old, now)))
let text = dockerfile

const steps: readonly Step[] = [
  { what: 'nothing', reasons: {} },
  { what: 'a file that is ignored', edit: write('src/skipped.log', 'other\n'), reasons: {} },
  {
    what: 'a file is changed',
    edit: write('package.json', '{"a":1}\n'),
    reasons: {
      deps: { code: 'file-changed', message: 'package.json changed', inputs: ['package.json'], line: 7, step: 1 },
      app: from('deps')
    }
  },
  {
    what: 'files of a directory appear, go and change',
    edit: async project => {
      await project.write('lib/b.txt', 'other\n')
      await project.write('lib/c.txt', 'c\n')
      await rm(join(project.directory, 'lib/a.txt'))
    },
    reasons: {
      deps: {
        code: 'file-changed',
        message: 'lib/b.txt changed; lib/c.txt appeared; lib/a.txt went',
        inputs: ['lib/a.txt', 'lib/b.txt', 'lib/c.txt']
      },
      app: from('deps')
    }
  },
  {
    what: 'a file can be executed now',
    edit: project => chmod(join(project.directory, 'src/main.js'), 0o755),
    reasons: { app: { code: 'file-changed', inputs: ['src/main.js'], line: 17 } }
  },
  {
    what: 'a file gets another name',
    edit: project => rename(join(project.directory, 'src/main.js'), join(project.directory, 'src/index.js')),
    reasons: { app: { code: 'file-changed', message: 'src/index.js appeared; src/main.js went' } }
  },
  {
    what: 'a file that is mounted',
    edit: write('config.json', '{"x":1}\n'),
    reasons: { app: { code: 'file-changed', inputs: ['config.json'], line: 18 } }
  },
  {
    what: 'an instruction',
    edit: line('RUN echo deps', 'RUN echo dependencies'),
    reasons: { deps: { code: 'instruction-changed', line: 9 }, app: from('deps') }
  },
  {
    what: 'a new instruction',
    edit: line('COPY src /src', 'RUN echo new\nCOPY src /src'),
    reasons: { app: { code: 'instruction-changed', line: 17 } }
  },
  {
    what: 'a variable of a stage above, behind its last step',
    edit: line('FROM base AS tools', 'FROM base AS tools\nENV TOOLS=yes'),
    reasons: { tools: { code: 'instruction-changed', line: 12 } }
  },
  {
    what: 'the default of an argument',
    edit: line('ARG VERSION=1', 'ARG VERSION=2'),
    reasons: { tools: { code: 'instruction-changed', line: 13 }, app: from('tools') }
  },
  {
    what: 'a build argument',
    inputs: { 'build-args': 'VERSION=secret-value-3' },
    reasons: {
      tools: { code: 'build-arg-changed', message: 'build argument VERSION changed', inputs: ['VERSION'] },
      app: from('tools')
    }
  },
  {
    what: 'stages are to be rebuilt',
    inputs: { 'build-args': 'VERSION=secret-value-3', 'rebuild-stages': 'tools' },
    reasons: { tools: { code: 'rebuild-requested' }, app: { code: 'rebuild-requested' } }
  },
  {
    what: 'a variable that the stages below inherit, behind the last step of the one that sets it',
    edit: line('RUN echo base > /base', 'RUN echo base > /base\nENV MORE=1'),
    inputs: { 'build-args': 'VERSION=secret-value-3' },
    reasons: {
      deps: { code: 'instruction-changed', line: 5 },
      tools: { code: 'instruction-changed', line: 5 },
      app: from('deps')
    }
  },
  {
    what: 'the base image',
    edit: project => pushBaseImage({ name: `e2e/base-${project.id}:1`, files: { 'etc/project': 'moved' } }),
    inputs: { 'build-args': 'VERSION=secret-value-3' },
    reasons: {
      base: {
        code: 'base-image-changed',
        line: 2,
        message: expect.stringMatching(/^image \S+:1 moved from sha256:\w+ to sha256:\w+$/)
      },
      deps: from('base'),
      tools: from('base'),
      app: from('deps')
    }
  },
  {
    what: 'the cache is gone',
    edit: project => deleteAllTags(project.repository),
    inputs: { 'build-args': 'VERSION=secret-value-3' },
    reasons: Object.fromEntries(['base', 'deps', 'tools', 'app'].map(stage => [stage, { code: 'cache-evicted' }]))
  }
]

describe('registry', () => {
  let project: Project
  const inputs = { 'cache-backends': 'registry' }
  beforeAll(async () => {
    project = await newProject(files)
    const cold = await project.job(inputs)
    expect(cold.main.exitCode).toBe(0)
    expect(reasonsOf(cold)).toMatchObject({ base: { code: 'first-build' }, app: { code: 'first-build' } })
    expect(cold.outputs['time-saved']).toBe('0')
  })
  afterAll(() => project.remove())

  it.each(steps)('$what', async ({ edit, inputs: more, reasons }) => {
    await edit?.(project)
    const job = await project.job({ ...inputs, ...more })
    expect(job.main.exitCode).toBe(0)
    const found = reasonsOf(job)
    expect(Object.keys(found).toSorted()).toEqual(Object.keys(reasons).toSorted())
    expect(found).toMatchObject(reasons)
    if (job.outputs['cache-hit'] === 'true') expect(Number(job.outputs['time-saved'])).toBeGreaterThan(0)
  })

  it('no value of a build argument is in the record', async () => {
    const [record = '', ...others] = await recordsOf(project)
    expect(others).toEqual([])
    const text = await textOf(project, record)
    expect(text).toContain('VERSION')
    expect(text).not.toContain('secret-value')
  })
})

describe.each(['gha', 'local'])('%s', backend => {
  const inputs = { 'cache-backends': backend, outputs: 'type=cacheonly' }
  let project: Project
  beforeAll(async () => {
    text = dockerfile
    project = await newProject(files)
    expect((await project.job(inputs)).main.exitCode).toBe(0)
  })
  afterAll(() => project.remove())

  it('a build that failed is no base to compare with, what it saved is', async () => {
    await project.write('package.json', '{"a":1}\n')
    await line('RUN date +%N > /built', 'RUN false')(project)
    const failed = await project.job(inputs)
    expect(failed.main.exitCode).toBe(1)
    expect(reasonsOf(failed)).toMatchObject({ deps: { code: 'file-changed', inputs: ['package.json'] }, app: from('deps') })

    await line('RUN false', 'RUN date +%s > /built')(project)
    const fixed = await project.job(inputs)
    expect(fixed.main.exitCode).toBe(0)
    // It was never saved whole with the new stage it is FROM, but what stands on that up to the line that was mended was.
    expect(reasonsOf(fixed)).toMatchObject({ app: { code: 'instruction-changed', message: 'line 19 of the Dockerfile changed' } })
    expect(fixed.stages.find(({ name }) => name === 'app')).toMatchObject({ status: 'partial', cached: 3 })
    expect(fixed.main.log).toContain('app: will rebuild: deps changed since this stage was saved')
    expect(fixed.main.log).toMatch(/^base, tools: expected: hit$|deps.*: expected: hit$/m)
  })

  it('the cache is gone', async () => {
    const before = Object.keys(reasonsOf(await project.job(inputs)))
    expect(before).toEqual([])
    const entries = await project.cacheService.entries()
    for (const { key } of entries) if (!key.includes('-record-')) await project.cacheService.evict(key)
    const job = await project.job(inputs)
    expect(job.main.exitCode).toBe(0)
    expect(reasonsOf(job)).toMatchObject({ base: { code: 'cache-evicted' } })
    expect(Object.values(reasonsOf(job)).map(({ code }) => code)).not.toContain('first-build')
    // What ran before the build was stopped and planned anew is saved, too.
    expect(reasonsOf(await project.job(inputs))).toEqual({})
  })
})

it('input explain turns it all off', async () => {
  const project = await newProject(files)
  const inputs = { 'cache-backends': 'registry', explain: 'false' }
  await project.job(inputs)
  await project.write('package.json', '{"a":1}\n')
  const job = await project.job(inputs)
  expect(reasonsOf(job)).toMatchObject({ deps: { code: 'unknown' }, app: from('deps') })
  expect(job.outputs['time-saved']).toBe('')
  expect(await recordsOf(project)).toEqual([])
  await project.remove()
})

/** Names of the records that the cache service has. */
async function recordsOf({ cacheService, id }: Project): Promise<readonly string[]> {
  const names = (await cacheService.entries()).map(({ key }) => key.split('#')[0] ?? '')
  return [...new Set(names)].filter(name => name.startsWith('stage-cache-build-record-') && name.includes(id))
}

/** The newest text under a name. */
async function textOf({ cacheUrl }: Project, name: string): Promise<string | undefined> {
  const environment = {
    ACTIONS_RUNTIME_TOKEN: makeJobToken(push().scopes),
    ACTIONS_RESULTS_URL: cacheUrl,
    ACTIONS_CACHE_SERVICE_V2: 'True'
  }
  const now = () => performance.now()
  const unused = {} as ActionsCache & Files
  const texts = newSavedTexts(environment, newStopwatch(now), newPatience(now), unused, unused)
  return (await texts.newest(name, 15))?.text
}

/** Of the stages that were not a hit. */
function reasonsOf(job: Job): Readonly<Record<string, { readonly code: string }>> {
  return Object.fromEntries(job.stages.flatMap(({ name, reason }) => (reason ? [[name, reason]] : [])))
}
