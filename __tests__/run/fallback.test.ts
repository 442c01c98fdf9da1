import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BuildFailed } from '../../src/errors'
import { watchCancellation } from '../../src/run/cancellation'
import { buildWithoutBuildx } from '../../src/run/fallback'
import { newTestHost } from '../helpers/host'
import type { TestHost } from '../helpers/host'
import { inputsWith } from '../inputs/fixture'

let host: TestHost
beforeEach(async () => {
  host = await newTestHost({
    docker: `const fs = require('fs'); const argv = process.argv.slice(2)
      fs.appendFileSync(process.env.HOME + '/calls', argv[0] + '\\n')
      fs.writeFileSync(argv[argv.indexOf('--iidfile') + 1], 'sha256:1')`
  })
  await mkdir(join(host.folder, 'src'))
})
afterEach(() => host.remove())

const built = async (files: Readonly<Record<string, string>>, given: Readonly<Record<string, string>> = {}) => {
  const context = join(host.folder, 'src')
  for (const [name, text] of Object.entries(files)) await writeFile(join(context, name), text)
  await buildWithoutBuildx(host, watchCancellation(host), inputsWith({ context, ...given }))
}
const calls = () => readFile(join(host.folder, 'calls'), 'utf8').catch(() => '')

test('the ignore file of the context is read by docker too', async () => {
  await built({ Dockerfile: 'FROM busybox\n', '.dockerignore': 'x\n' })
  expect(await calls()).toBe('build\n')
})

test.each([
  [
    'an ignore file of the Dockerfile',
    { Dockerfile: 'FROM busybox\n', 'Dockerfile.dockerignore': '' },
    /what \S+\/src\/Dockerfile\.dockerignore asks/
  ],
  [
    'one of a Dockerfile in small letters',
    { dockerfile: 'FROM a\n', 'dockerfile.dockerignore': '' },
    /src\/dockerfile\.dockerignore asks/
  ],
  [
    'arguments that BuildKit fills in',
    { Dockerfile: 'FROM a\nARG TARGETOS TARGETARCH\n' },
    /what ARG TARGETOS, ARG TARGETARCH ask for/
  ]
])('%s: nothing is built', async (_, files, said) => {
  const failed = built(files as Record<string, string>)
  await expect(failed).rejects.toThrow(said)
  await expect(failed).rejects.toBeInstanceOf(BuildFailed)
  expect(await calls()).toBe('')
})
