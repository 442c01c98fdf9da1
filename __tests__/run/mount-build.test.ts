import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { watchCancellation } from '../../src/run/cancellation'
import { runMountBuild } from '../../src/run/mount-build'
import { newTestHost } from '../helpers/host'
import type { TestHost } from '../helpers/host'
import { inputsWith } from '../inputs/fixture'

let host: TestHost
afterEach(() => host.remove())

/** A buildx that writes a part of an archive, and fails while it has an image that is called by what is wrong. */
const docker = `const fs = require('fs')
  const argv = process.argv
  const output = /dest=([^,"\\s]*)/.exec(argv.join(' '))[1]
  fs.mkdirSync(output + '/mount-0', { recursive: true })
  fs.writeFileSync(output + '/part.tar', 'part')
  const file = argv.join(' ').match(/--file[= ](\\S+)/)[1]
  const trouble = fs.readFileSync(file, 'utf8')
  if (trouble !== 'well') { console.error('ERROR: ' + trouble); process.exit(1) }`

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
  expect(await build(['no shell'])).toEqual({ outcome: { failure: 'ERROR: no shell' }, archives: 0 })
})

test('the next image is tried, and what that wrote stays', async () => {
  expect(await build(['no shell', 'well'])).toEqual({ outcome: { directories: [] }, archives: 1 })
})

test('on a full disk no other is', async () => {
  const failure = 'ERROR: no space left on device'
  expect(await build(['no space left on device', 'well'])).toEqual({ outcome: { failure }, archives: 0 })
})
