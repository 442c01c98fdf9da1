// @ts-check
// What a level of gzip costs and saves: seconds and bytes of a cache export whose layers are only to be compressed, as ratios to BuildKit's default.
// testbed/with node bench/compression.mjs [directories to copy]
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { buildx, freshMachine } from '../testbed/builder.mjs'

const levels = ['', '1', '4']
const given = process.argv.slice(2)
const directories = given.length > 0 ? given : [resolve(import.meta.dirname, '../node_modules')]
const scratch = await mkdtemp(join(tmpdir(), 'compression-'))
try {
  await writeFile(join(scratch, 'Dockerfile'), 'FROM scratch\nCOPY --from=files . /\n')
  for (const directory of directories) {
    /** @type {{ seconds: number, bytes: number } | undefined} */
    let standard
    for (const level of levels) {
      const measured = await exported(directory, level)
      standard ??= measured
      const [time, size] = [measured.seconds / standard.seconds, measured.bytes / standard.bytes]
      const mb = (measured.bytes / 1e6).toFixed(1)
      console.log(
        `${directory}, ${level === '' ? 'default' : `level ${level}`}: ${measured.seconds.toFixed(1)} s (${time.toFixed(2)}), ${mb} MB (${size.toFixed(2)})`
      )
    }
  }
} finally {
  await rm(scratch, { recursive: true, force: true })
}

/** @param {string} directory @param {string} level of gzip, or empty for BuildKit's default */
async function exported(directory, level) {
  await freshMachine()
  const to = join(scratch, 'cache')
  await rm(to, { recursive: true, force: true })
  const build = ['build', '--output=type=cacheonly', `--build-context=files=${directory}`, scratch]
  await buildx(build, { timeoutSeconds: 600 })
  const compression = level === '' ? '' : `,compression=gzip,compression-level=${level}`
  const started = performance.now()
  await buildx([...build, `--cache-to=type=local,mode=max,dest=${to}${compression}`], { timeoutSeconds: 600 })
  const seconds = (performance.now() - started) / 1000
  const blobs = join(to, 'blobs/sha256')
  const sizes = await Promise.all((await readdir(blobs)).map(async name => (await stat(join(blobs, name))).size))
  return { seconds, bytes: sizes.reduce((sum, size) => sum + size, 0) }
}
