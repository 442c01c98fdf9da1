// @ts-check
// One job of the known workaround: actions/cache around a directory for each mount, reproducible-containers/buildkit-cache-dance, which copies
// these into the builder before the build and out of it afterwards, and docker/build-push-action's command between. What runs is taken
// from buildkit-cache-dance v3 (src/inject-cache.ts, src/extract-cache.ts), with `skip-extraction` as its README sets it.
//
//     node mounts-by-hand.mjs REPOSITORY BASE_IMAGE BUILDER, in the project's directory
import { spawnSync } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { kinds } from './package-mirror.mjs'

const [, , repository = '', baseImage = '', builder = ''] = process.argv
const mounts = { apt: '/var/cache/apt', pip: '/root/.cache/pip', npm: '/root/.npm' }
const project = process.cwd()
const temporary = await mkdtemp(join(tmpdir(), 'by-hand-'))
process.env['RUNNER_TEMP'] = temporary
process.env['GITHUB_WORKSPACE'] = '/'
const { restoreCache, saveCache } = await import('@actions/cache')
// The path is part of what an entry is found by, so it is the same in every job.
const cacheDirectory = join(dirname(project), 'mounts')

try {
  await mkdir(cacheDirectory, { recursive: true })
  const lists = await Promise.all(Object.values(kinds).map(({ list }) => readFile(join(project, list))))
  const key = `mounts-${createHash('sha256').update(Buffer.concat(lists)).digest('hex')}`
  const found = await restoreCache([cacheDirectory], key, ['mounts-'])
  for (const [id, target] of Object.entries(mounts)) await inject(id, target)
  docker(
    'buildx',
    'build',
    `--builder=${builder}`,
    `--build-arg=BASE_IMAGE=${baseImage}`,
    '--network=host',
    '--push',
    `--tag=${repository}:latest`,
    `--cache-from=type=registry,ref=${repository}:cache`,
    `--cache-to=type=registry,ref=${repository}:cache,mode=max`,
    '--allow=network.host',
    project
  )
  if (found !== key) {
    for (const [id, target] of Object.entries(mounts)) await extract(id, target)
    if ((await saveCache([cacheDirectory], key)) === -1) throw new Error('the mounts were not saved')
  }
} finally {
  await rm(temporary, { recursive: true, force: true })
  await rm(cacheDirectory, { recursive: true, force: true })
}

/** @param {string} id @param {string} target */
async function inject(id, target) {
  const source = join(cacheDirectory, id)
  await mkdir(source, { recursive: true })
  const file = join(temporary, 'Dancefile.inject')
  await writeFile(join(source, 'buildstamp'), randomUUID())
  await writeFile(
    file,
    `FROM ${baseImage}
COPY buildstamp buildstamp
RUN --mount=type=cache,id=${id},target=${target} --mount=type=bind,source=.,target=/var/dance-cache cp -p -R /var/dance-cache/. ${target} || true
`
  )
  docker('buildx', 'build', `--builder=${builder}`, '--file', file, '--tag=dance:inject', source)
  await rm(source, { recursive: true })
}

/** @param {string} id @param {string} target */
async function extract(id, target) {
  const scratch = await mkdtemp(join(temporary, 'extract-'))
  const file = join(temporary, 'Dancefile.extract')
  await writeFile(join(scratch, 'buildstamp'), randomUUID())
  await writeFile(
    file,
    `FROM ${baseImage}
COPY buildstamp buildstamp
RUN --mount=type=cache,id=${id},target=${target} mkdir -p /var/dance-cache/ && cp -p -R ${target}/. /var/dance-cache/ || true
`
  )
  docker('buildx', 'build', `--builder=${builder}`, '--file', file, '--tag=dance:extract', '--load', scratch)
  const container = `cache-container-${randomUUID()}`
  docker('create', '--name', container, 'dance:extract', 'true')
  run('sh', '-c', `docker cp -L ${container}:/var/dance-cache - | tar -H posix -x -C ${scratch}`)
  docker('rm', '--force', container)
  await rename(join(scratch, 'dance-cache'), join(cacheDirectory, id)).catch(async () => {
    await cp(join(scratch, 'dance-cache'), join(cacheDirectory, id), { recursive: true })
  })
  await rm(scratch, { recursive: true })
}

/** @param {readonly string[]} args */
function docker(...args) {
  run('docker', ...args)
}

/** @param {string} program @param {readonly string[]} args */
function run(program, ...args) {
  const { status } = spawnSync(program, args, { stdio: 'inherit' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}`)
}
