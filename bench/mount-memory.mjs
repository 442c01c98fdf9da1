// @ts-check
// The highest resident memory of this action while it restores and saves a cache mount of some gigabytes. The cache service has a name as GitHub's storage
// has: @actions/cache moves files of any other in a different way.
//
//     node bench/mount-memory.mjs GIGABYTES, on the test bed; needs five times that on the disk
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { baseImageRef } from '../testbed/base-images.mjs'
import { freshMachine } from '../testbed/builder.mjs'
import { removeJobs, runJob } from '../testbed/runner.mjs'
import { serveCache } from '../testbed/cache-service.mjs'
import { theTestBed } from '../testbed/where.mjs'

const storage = 'bench.blob.core.windows.net'
const gigabytes = Number(process.argv[2] ?? '3')
const scratch = await mkdtemp(join(tmpdir(), 'bench-memory-'))
const workspace = join(scratch, 'app')
const usage = join(scratch, 'usage.json')
const service = await serveCache({ directory: join(scratch, 'cache') })
const preload = `data:text/javascript,${encodeURIComponent(`
  import dns from 'node:dns'
  import { writeFileSync } from 'node:fs'
  const { lookup } = dns
  dns.lookup = (name, ...rest) => lookup(name === '${storage}' ? '127.0.0.1' : name, ...rest)
  if (/(main|post)\\.js$/.test(process.argv[1] ?? ''))
    process.once('exit', () => writeFileSync(process.env.BENCH_USAGE + process.argv[1].split('/').pop(), JSON.stringify(process.resourceUsage())))
`)}`
// Half of it is random, half of it a hole.
const dockerfile = `FROM ${baseImageRef('busybox')}
COPY wanted .
RUN --mount=type=cache,target=/kept if [ -e /kept/random ]; then ls -l /kept; echo more >>/kept/more; else \\
  head -c ${Math.round(gigabytes * 5e8)} /dev/urandom >/kept/random; truncate -s ${Math.round(gigabytes * 5e8)} /kept/sparse; fi
`
const inputs = {
  'cache-backends': 'registry',
  'cache-image': `${theTestBed().registry}/bench/memory-${randomUUID()}`,
  'cache-mounts-max-size': `${Math.ceil(gigabytes) + 1}g`,
  outputs: 'type=cacheonly'
}
try {
  await mkdir(workspace)
  await writeFile(join(workspace, 'Dockerfile'), dockerfile)
  for (const job of ['saves', 'restores and saves']) {
    await writeFile(join(workspace, 'wanted'), job)
    await freshMachine()
    const env = { NODE_OPTIONS: `--import=${preload}`, BENCH_USAGE: usage }
    const action = resolve(import.meta.dirname, '..')
    const { main } = await runJob({
      action,
      workspace,
      inputs,
      env,
      cacheUrl: service.url.replace('127.0.0.1', storage),
      timeoutSeconds: 1800
    })
    if (main.exitCode !== 0) throw new Error(`a job failed:\n${main.log}`)
    const memory = async (/** @type {string} */ program) =>
      ((JSON.parse(await readFile(`${usage}${program}`, 'utf8')).maxRSS * 1024) / 1e6).toFixed(0)
    const line = /^Cache mount .*$/m.exec(main.log)?.[0]
    console.log(
      `${job}: main ${await memory('main.js')} MB, post ${await memory('post.js')} MB at most, ${main.seconds.toFixed(0)} s. ${line}`
    )
  }
} finally {
  await service.stop()
  await rm(scratch, { recursive: true, force: true })
  await removeJobs()
}
