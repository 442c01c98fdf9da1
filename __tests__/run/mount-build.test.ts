import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { watchCancellation } from '../../src/run/cancellation'
import { runMountBuild } from '../../src/run/mount-build'
import { newTestHost } from '../helpers/host'
import type { TestHost } from '../helpers/host'
import { inputsWith } from '../inputs/fixture'

let host: TestHost
afterEach(() => host.remove())

/** A buildx that writes a part of an archive, and says that the disk is full while it has the first image. */
const docker = `const fs = require('fs')
  const argv = process.argv
  const output = /dest=([^,"\\s]*)/.exec(argv.join(' '))[1]
  fs.mkdirSync(output + '/mount-0', { recursive: true })
  fs.writeFileSync(output + '/part.tar', 'part')
  const file = argv.join(' ').match(/--file[= ](\\S+)/)[1]
  if (fs.readFileSync(file, 'utf8') === 'first') { console.error('ERROR: no space left on device'); process.exit(1) }`

async function build(images: readonly string[]) {
  host = await newTestHost({ docker })
  const context = await host.files.makeTemporary('empty-')
  const outcome = await runMountBuild(host, watchCancellation(host), {
    builder: 'b',
    preparation: { inputs: inputsWith({}), buildArgs: {}, file: { path: 'Dockerfile', text: '' } },
    importRef: undefined,
    mounts: [],
    images,
    dockerfile: image => image,
    context,
    deadline: Date.now() + 60_000
  })
  const written = await readdir(join(host.folder, 'temp'), { recursive: true })
  return { outcome, archives: written.filter(path => path.endsWith('part.tar')).length }
}

test('what a build wrote that failed is gone', async () => {
  expect(await build(['first'])).toEqual({ outcome: { failure: 'ERROR: no space left on device' }, archives: 0 })
})

test('the next image is tried, and what that wrote stays', async () => {
  expect(await build(['first', 'second'])).toEqual({ outcome: { directories: [] }, archives: 1 })
})
