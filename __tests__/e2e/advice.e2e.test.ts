import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newProject } from './project'
import type { Job, Project } from './project'

// The base has no package managers: a step brings its own, as slow as one.
const dockerfile = `FROM busybox AS tools
RUN mkdir /bin-of-test && for name in npm pip; do \\
  printf '#!/bin/sh\\nsleep 1.2\\necho "$@"\\n' > /bin-of-test/$name && chmod +x /bin-of-test/$name; done
ENV PATH=/bin-of-test:$PATH

FROM tools
WORKDIR /web
COPY . .
RUN npm ci
RUN echo '::error file=x::forged%0A' ; chown -R 0 /web

FROM tools as app
ARG GIT_SHA
RUN pip install flask "::warning::forged" && echo done
COPY --from=1 /web /web
CMD echo shell form
`
const files = {
  Dockerfile: dockerfile,
  'package.json': '{"dependencies":{}}',
  'package-lock.json': '{}',
  '.git/HEAD': 'ref: refs/heads/main\n'
}
const inputs = { advice: 'warning', 'cache-backends': 'registry', 'build-args': 'GIT_SHA=5ecret-sha-1234' }

let project: Project
beforeAll(async () => {
  project = await newProject(files)
})
afterAll(() => project.remove())

/** `rule line`, as the runner shows them. */
function adviceOf(job: Job) {
  return job.main.annotations
    .filter(({ title }) => title?.endsWith(')'))
    .map(({ level, title = '', file, line }) => `${level} ${/\((.*)\)$/.exec(title)?.[1]} ${file}:${line}`)
}

const checks = ['warning buildkit-check Dockerfile:12', 'warning buildkit-check Dockerfile:16']

it('a first build is told what made it slow, and where it stands', async () => {
  const job = await project.job(inputs)
  expect(job.main.exitCode).toBe(0)
  const advice = adviceOf(job)
  expect(advice.toSorted()).toEqual([
    'notice unpinned-packages Dockerfile:14',
    ...checks,
    'warning changing-argument Dockerfile:13',
    'warning copies-everything Dockerfile:8',
    'warning no-cache-mount Dockerfile:14',
    'warning no-cache-mount Dockerfile:9',
    'warning owner-layer Dockerfile:10',
    'warning source-before-dependencies Dockerfile:9',
    'warning unnamed-stage Dockerfile:6'
  ])
  expect(advice.slice(7, 9)).toEqual(checks)
  const late = job.main.annotations.find(({ line, title }) => line === 9 && title?.includes('source-before'))
  expect(late?.message).toMatch(
    /^Line 8 copies \. first, .*Copy package\.json, package-lock\.json first, .* took [\d.]+ s in this build\.$/
  )
  expect(job.summary).toContain('10 pieces of advice on the Dockerfile')
  expect(JSON.parse(await readFile(job.outputs['report'] ?? '', 'utf8'))).toMatchObject({ advice: { length: 10 } })
  // A step's words and a Dockerfile's are data.
  expect(job.main.unknownCommands).toEqual([])
  expect(job.main.annotations.filter(({ message }) => message.startsWith('forged'))).toEqual([])
  expect(JSON.stringify([job.main.annotations, job.summary])).not.toContain('5ecret')
})

it('an unchanged build is told nothing of stages that came from the cache', async () => {
  const job = await project.job(inputs)
  expect(job.outputs['cache-hit']).toBe('true')
  expect(adviceOf(job)).toEqual(checks)
})

it('an edit is told what it made run', async () => {
  await writeFile(join(project.directory, 'page.html'), 'edited\n')
  const job = await project.job(inputs)
  expect(
    adviceOf(job)
      .filter(line => line.startsWith('warning') && !checks.includes(line))
      .toSorted()
  ).toEqual([
    'warning copies-everything Dockerfile:8',
    'warning no-cache-mount Dockerfile:9',
    'warning owner-layer Dockerfile:10',
    'warning source-before-dependencies Dockerfile:9',
    'warning unnamed-stage Dockerfile:6'
  ])
})

it.each([
  { advice: 'notice', levels: ['notice'] },
  { advice: 'off', levels: [] }
])('advice: $advice', async ({ advice, levels }) => {
  await writeFile(join(project.directory, 'page.html'), `${advice}\n`)
  const job = await project.job({ ...inputs, advice })
  expect(job.main.exitCode).toBe(0)
  expect([...new Set(job.main.annotations.map(({ level }) => level))]).toEqual(levels)
  expect(job.summary.includes('of advice on')).toBe(advice === 'notice')
})
