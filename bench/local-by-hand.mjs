// @ts-check
// One job of the known way with a local cache: actions/cache around the whole directory, and docker/build-push-action's command between, as
// docs.docker.com (Cache management with GitHub Actions, local cache) had it, with the directory replaced by the new one.
//
//     node local-by-hand.mjs REPOSITORY BASE_IMAGE BUILDER DIRECTORY COMMIT, in the project's directory
import { spawnSync } from 'node:child_process'
import { rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'

const [, , repository = '', baseImage = '', builder = '', directory = '', commit = ''] = process.argv
process.env['RUNNER_TEMP'] = tmpdir()
process.env['GITHUB_WORKSPACE'] = '/'
const { restoreCache, saveCache } = await import('@actions/cache')

const key = `buildx-${commit}`
const found = await restoreCache([directory], key, ['buildx-'])
const args = [
  'buildx',
  'build',
  `--builder=${builder}`,
  `--build-arg=BASE_IMAGE=${baseImage}`,
  '--push',
  `--tag=${repository}:latest`,
  ...(found === undefined ? [] : [`--cache-from=type=local,src=${directory}`]),
  `--cache-to=type=local,dest=${directory}-new,mode=max`,
  '.'
]
const { status } = spawnSync('docker', args, { stdio: 'inherit' })
if (status !== 0) throw new Error(`docker ${args.join(' ')} ended with ${status}`)
await rm(directory, { recursive: true, force: true })
await rename(`${directory}-new`, directory)
if (found !== key && (await saveCache([directory], key)) === -1) throw new Error('the directory was not saved')
