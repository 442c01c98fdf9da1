// The cases of docker/build-push-action's own CI (its .github/workflows/ci.yml, one job each) that need nothing from foreign networks: the same inputs and
// the same checks, Dockerfiles of the same kind on base images made here. Where one differs on purpose, the case says so.
import { pushBaseImage } from '../../testbed/base-images.mjs'
import { docker } from '../../testbed/builder.mjs'
import { fetchManifest } from '../../testbed/registry.mjs'
import { startRelay } from '../../testbed/relay.mjs'
import { newProject } from './project'
import type { Inputs, Job, Project, RunOptions } from './project'

export const platforms = 'linux/amd64,linux/arm64'
export const test = { context: './test', file: './test/Dockerfile', tags: '', 'cache-backends': 'auto' }

/** Gives every test of the file a project with their Dockerfiles. */
export function prepareCases() {
  let project: Project
  let relay: Awaited<ReturnType<typeof startRelay>>
  let many: string
  beforeAll(async () => {
    relay = await startRelay()
  })
  beforeEach(async () => {
    project = await newProject({})
    many = (await pushBaseImage({ name: `e2e/many-${project.id}:1`, platforms: platforms.split(',') })).ref
    for (const [path, text] of Object.entries(files(many))) await project.write(path, text)
  })
  afterEach(() => project.remove())
  afterAll(() => relay.stop())

  const tag = (version = 'latest') => `${project.image}:${version}`
  const manifestOf = async (version = 'latest') => (await fetchManifest(project.repository, version))?.manifest
  return {
    project: () => project,
    /** A base image of both platforms. */
    many: () => many,
    tag,
    both: () => `${tag()}\n${tag('1.0.0')}`,
    /** As with a builder of docker/setup-buildx-action: one that is not docker's own. */
    container: () => ({ driver: 'remote', endpoint: relay.endpoint }),
    async succeeds(inputs: Inputs, options?: RunOptions): Promise<Job> {
      const job = await project.job({ ...test, ...inputs }, options)
      if (job.main.exitCode !== 0) throw new Error(job.main.shown)
      return job
    },
    manifestOf,
    async pushed(job: Job, version = '1.0.0') {
      expect(job.outputs['digest']).toMatch(/^sha256:/)
      expect((await fetchManifest(project.repository, version))?.digest).toBe(job.outputs['digest'])
    }
  }
}

export const hasImage = async (name: string) => expect(JSON.parse(await docker(['image', 'inspect', name]))).toHaveLength(1)

/** By path, on this base. */
export const files = (base: string) => ({
  'test/Dockerfile': 'FROM busybox\nRUN echo "Hello world!"\n',
  'test/addhost.Dockerfile': 'FROM busybox\nRUN cat /etc/hosts\n',
  'test/cgroup.Dockerfile': 'FROM busybox\nRUN cat /proc/self/cgroup\n',
  'test/lint.Dockerfile':
    'frOM busybox as base\ncOpy lint.Dockerfile .\n\nfrom scratch\nMAINTAINER moby@example.com\nCOPy --from=base \\\n  /lint.Dockerfile \\\n  /\n\nCMD [ "echo", "Hello, Norway!" ]\nCMD [ "echo", "Hello, Sweden!" ]\nENTRYPOINT my-program start\n',
  'test/multi.Dockerfile': `FROM --platform=$BUILDPLATFORM ${base} AS build\nARG TARGETPLATFORM\nARG BUILDPLATFORM\nRUN echo "I am running on $BUILDPLATFORM, building for $TARGETPLATFORM" > /log\n\nFROM ${base}\nCOPY --from=build /log /log\n`,
  'test/named-context-base.Dockerfile': 'FROM busybox\nRUN echo "Hello debian!"\n',
  'test/named-context.Dockerfile': 'FROM alpine\nRUN cat /etc/*release\n',
  'test/nocachefilter.Dockerfile':
    'FROM busybox AS base\nRUN echo "Hello world!" > /hello\n\nFROM busybox AS build\nCOPY --from=base /hello /hello\nRUN uname -a\n\nFROM build\n',
  'test/proxy.Dockerfile':
    'FROM busybox\nARG HTTP_PROXY\nARG HTTPS_PROXY\nRUN env | grep HTTP_PROXY=\nRUN env | grep HTTPS_PROXY=\n',
  'test/secret.Dockerfile': 'FROM busybox\nRUN --mount=type=secret,id=MYSECRET echo "MYSECRET=$(cat /run/secrets/MYSECRET)"\n',
  'test/shmsize.Dockerfile': 'FROM busybox\nRUN mount | grep /dev/shm\n',
  'test/ulimit.Dockerfile': 'FROM busybox\nRUN ulimit -a\n',
  'test/secret.txt': 'bar',
  'test/go/Dockerfile':
    'FROM busybox AS base\nWORKDIR /src\n\nFROM base AS build\nRUN --mount=type=bind,target=/src --mount=type=cache,target=/root/.cache/go-build cp main.go /usr/bin/app\n\nFROM scratch AS binary\nCOPY --from=build /usr/bin/app /bin/app\n\nFROM busybox AS image\nCOPY --from=build /usr/bin/app /bin/app\nEXPOSE 8080\nENTRYPOINT ["/bin/app"]\n',
  'test/go/main.go': 'package main\n'
})
