import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { docker } from '../../testbed/builder.mjs'
import { listTags } from '../../testbed/registry.mjs'
import { newProject } from './project'
import type { Inputs } from './project'
import { stepsRun } from './steps'

interface Shape {
  readonly description: string
  readonly files: Readonly<Record<string, string>>
  readonly inputs?: Inputs
  readonly tags: readonly string[]
  /** Steps of the first job, counted over all stages. */
  readonly steps: number
}

const shapes: readonly Shape[] = [
  {
    description: 'one stage without a name',
    files: { Dockerfile: 'FROM busybox\nRUN echo 1\n' },
    tags: ['cache-stage-0'],
    steps: 1
  },
  {
    description: 'one stage with a name',
    files: { Dockerfile: 'FROM busybox AS App\nRUN echo 1\n' },
    tags: ['cache-app'],
    steps: 1
  },
  {
    description: 'a last stage without a name behind a named one, and one nobody needs',
    files: {
      Dockerfile:
        'FROM busybox AS a\nRUN echo 1 > /a\nFROM busybox AS unused\nRUN exit 1\nFROM busybox\nCOPY --from=a /a /\nRUN cat /a\n'
    },
    tags: ['cache-a', 'cache-stage-2'],
    steps: 3
  },
  {
    description: 'a target in the middle',
    files: { Dockerfile: 'FROM busybox AS a\nRUN echo 1\nFROM a AS b\nRUN echo 2\nFROM b AS c\nRUN exit 1\n' },
    inputs: { target: 'B' },
    tags: ['cache-a', 'cache-b'],
    steps: 2
  },
  {
    description: 'a target that is a FROM alone',
    files: { Dockerfile: 'FROM busybox AS a\nRUN echo 1\nFROM a AS b\nENV X=1\n' },
    tags: ['cache-a'],
    steps: 1
  },
  {
    description: 'ONBUILD of a parent, heredocs, COPY --link, WORKDIR, a cache mount and a bind mount',
    files: {
      'one.txt': '1\n',
      Dockerfile: [
        'FROM busybox AS a',
        'ONBUILD RUN echo onbuild > /onbuild',
        'FROM a AS b',
        'WORKDIR /work',
        'COPY --link one.txt .',
        'COPY <<EOF two.txt',
        'FROM nothing',
        'EOF',
        'RUN <<EOF',
        'cat one.txt two.txt',
        'EOF',
        'FROM busybox AS c',
        'RUN --mount=type=cache,target=/cache --mount=type=bind,from=b,source=/work,target=/in cat /in/one.txt > /c',
        ''
      ].join('\n')
    },
    tags: ['cache-b', 'cache-c'],
    steps: 6
  },
  {
    description: 'an image that is only copied from, CRLF, and a build argument in FROM',
    files: { Dockerfile: 'ARG BASE=busybox\r\nFROM ${BASE} AS a\r\nCOPY --from=busybox /etc/passwd /p\r\nRUN cat /p\r\n' },
    tags: ['cache-a'],
    steps: 2
  },
  {
    description: 'another file, a named context, two platforms',
    files: {
      'docker/app.Dockerfile': 'FROM scratch AS a\nCOPY --from=more x /\nFROM scratch AS b\nCOPY --from=a /x /y\nWORKDIR /w\n',
      'more/x': 'x\n'
    },
    inputs: {
      file: 'docker/app.Dockerfile',
      'build-contexts': 'more=./more',
      platforms: 'linux/amd64,linux/arm64',
      driver: 'docker'
    },
    tags: ['cache-a_ON_linux-amd64.linux-arm64', 'cache-b_ON_linux-amd64.linux-arm64'],
    steps: 6
  }
]

it.each(shapes)('$description: cached by stage, and nothing runs twice', async ({ files, inputs = {}, tags, steps }) => {
  const project = await newProject(files)
  const given = { 'cache-backends': 'registry', outputs: 'type=cacheonly', ...inputs }
  const cold = await project.job(given)
  expect([cold.main.exitCode, cold.main.annotations]).toEqual([0, []])
  expect(cold.stages.reduce((sum, stage) => sum + stage.steps, 0)).toBe(steps)
  expect(await listTags(project.repository)).toEqual([...tags].sort())
  const warm = await project.job(given)
  expect([warm.outputs['cache-hit'], stepsRun(warm)]).toEqual(['true', []])
  await project.remove()
})

it('a stage without a name that is only copied from is in the ref of what needs it', async () => {
  const project = await newProject({ Dockerfile: 'FROM busybox\nRUN echo 1 > /a\nFROM busybox AS b\nCOPY --from=0 /a /\n' })
  const cold = await project.job({ 'cache-backends': 'registry', outputs: 'type=cacheonly' })
  expect([cold.main.exitCode, await listTags(project.repository)]).toEqual([0, ['cache-b']])
  expect(stepsRun(await project.job({ 'cache-backends': 'registry', outputs: 'type=cacheonly' }))).toEqual([])
  await project.remove()
})

it('outputs, load and push go where they are asked to', async () => {
  const project = await newProject({
    Dockerfile: 'FROM busybox AS a\nRUN echo 1 > /one\nFROM scratch AS b\nCOPY --from=a /one /\n'
  })
  const files = await project.job({ outputs: 'type=local,dest=out' })
  expect([files.main.exitCode, await readFile(join(project.directory, 'out/one'), 'utf8')]).toEqual([0, '1\n'])
  const loaded = await project.job({ load: 'true', labels: 'a=b c' })
  expect(await docker(['image', 'inspect', '--format', '{{ .Config.Labels.a }}', `${project.image}:latest`])).toBe('b c\n')
  expect(loaded.outputs['imageid']).toMatch(/^sha256:/)
  const pushed = await project.job({ push: 'true' })
  expect(await listTags(project.repository)).toEqual(['cache-a', 'cache-b', 'latest'])
  expect(pushed.outputs['digest']).toMatch(/^sha256:/)
  await project.remove()
})
