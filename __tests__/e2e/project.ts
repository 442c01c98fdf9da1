// A checkout with a Dockerfile, an image name and a cache service of its own, and jobs that build it.
import { randomUUID } from 'node:crypto'
import { appendFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { pushBaseImage } from '../../testbed/base-images.mjs'
import { freshMachine } from '../../testbed/builder.mjs'
import { adminOf } from '../../testbed/cache-admin.mjs'
import { serveCache } from '../../testbed/cache-service.mjs'
import { deleteAllTags } from '../../testbed/registry.mjs'
import { prepareJob, removeJobs } from '../../testbed/runner.mjs'
import type { JobOptions, JobResult } from '../../testbed/runner.mjs'
import { theTestBed } from '../../testbed/where.mjs'
import { recordDocker } from './docker-calls'
import type { DockerCall } from './docker-calls'

const root = resolve(import.meta.dirname, '../..')
/** Another build of the action than the one in dist/ can be put to the test. */
const action = process.env['ACTION_UNDER_TEST'] ?? root

export type Inputs = Readonly<Record<string, string>>

export interface Job extends JobResult {
  /** The docker processes that main started, in order. */
  readonly calls: readonly DockerCall[]
}

export type RunOptions = Partial<Omit<JobOptions, 'action' | 'workspace' | 'inputs'>> & {
  /** Build on the builder and the local directory that the job before left. */
  readonly sameMachine?: boolean
  /** Keep the local directory alone. */
  readonly sameDirectory?: boolean
}

export type Project = Awaited<ReturnType<typeof newProject>>

export interface ProjectOptions {
  /** Of the base image, which has the platform's name in /etc/arch and this machine's programs on each: steps run without emulation. */
  readonly platforms?: readonly string[]
}

/** `files` of a path and its text; without them the web project of the fixtures. `busybox` in a Dockerfile becomes a base image of its own. */
export async function newProject(files?: Readonly<Record<string, string>>, { platforms }: ProjectOptions = {}) {
  const id = randomUUID().slice(0, 8)
  const directory = await mkdtemp(join(tmpdir(), 'project-'))
  const repository = `e2e/app-${id}`
  const cacheDir = `${directory}-cache`
  const service = await serveCache()
  // An emptied builder still remembers which keys it once found equal: a base of its own keeps one project from helping another.
  const base = await pushBaseImage({
    name: `e2e/base-${id}:1`,
    files: { 'etc/project': id },
    ...(platforms ? { platforms: [...platforms], filesOf: platform => ({ 'etc/arch': platform }) } : {})
  })
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), path.endsWith('Dockerfile') ? text.replace(/\bbusybox\b/g, base.ref) : text)
  }
  if (!files) await cp(join(root, '__tests__/fixtures/projects/web'), directory, { recursive: true })
  for (const [path, text] of Object.entries(files ?? { Dockerfile: await readFile(join(directory, 'Dockerfile'), 'utf8') })) {
    await write(path, text)
  }

  async function prepare(inputs: Inputs = {}, { sameMachine = false, sameDirectory = false, ...options }: RunOptions = {}) {
    if (!sameMachine) await freshMachine({ cacheDirs: sameDirectory ? [] : [cacheDir] })
    const docker = await recordDocker(join(`${directory}-docker`, randomUUID()))
    const job = await prepareJob({
      action,
      workspace: directory,
      cacheUrl: service.url,
      timeoutSeconds: 240,
      ...options,
      inputs: { tags: `${theTestBed().registry}/${repository}:latest`, 'cache-dir': cacheDir, advice: 'off', ...inputs },
      env: { ...options.env, NODE_OPTIONS: `${options.env?.['NODE_OPTIONS'] ?? ''} ${docker.nodeOptions}` }
    })
    return {
      ...job,
      async finish(): Promise<Job> {
        const result = await job.finish()
        return { ...result, calls: await docker.calls() }
      }
    }
  }

  return {
    id,
    directory,
    repository,
    /** Name of the image without tag. */
    image: `${theTestBed().registry}/${repository}`,
    base: base.ref,
    cacheDir,
    cacheService: adminOf(service.url),
    cacheUrl: service.url,
    write,
    edit: (path: string) => appendFile(join(directory, path), `# ${randomUUID()}\n`),
    prepare,
    /** One job, by default on a machine as empty as a new runner. */
    async job(inputs?: Inputs, options?: RunOptions): Promise<Job> {
      const job = await prepare(inputs, options)
      await job.startMain().done
      return job.finish()
    },
    async remove() {
      await service.stop()
      await deleteAllTags(repository)
      await deleteAllTags(`e2e/base-${id}`)
      const left = [directory, `${directory}-docker`, cacheDir, `${cacheDir}.entries`, `${cacheDir}.records`]
      for (const path of left) await rm(path, { recursive: true, force: true })
      await removeJobs()
    }
  }
}
