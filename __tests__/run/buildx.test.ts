import { installBuildx } from '../../src/run/buildx'
import { watchCancellation } from '../../src/run/cancellation'
import { newTestHost } from '../helpers/host'
import type { TestHost } from '../helpers/host'

let host: TestHost
afterEach(() => host.remove())

const repository = 'https://me:hush@git.test/buildx.git#main'

test('the password of a repository is not in the log', async () => {
  host = await newTestHost({
    docker: `const [, out] = /dest=(.*)/.exec(process.argv.find(argument => argument.startsWith('--output='))); require('fs').writeFileSync(out + '/buildx', '')`
  })
  await installBuildx(host, watchCancellation(host), { version: repository, keep: undefined })
  expect(host.said).toEqual([expect.stringContaining('info: buildx https://***@git.test/buildx.git#main installed in ')])
})

test('nor in what git says of it', async () => {
  host = await newTestHost({
    docker: `console.error("fatal: Authentication failed for 'https://me:hush@git.test/'"); process.exit(1)`
  })
  await expect(installBuildx(host, watchCancellation(host), { version: repository, keep: undefined })).rejects.toThrow(
    "buildx-version: https://***@git.test/buildx.git#main cannot be had: fatal: Authentication failed for 'https://***@git.test/'"
  )
})
