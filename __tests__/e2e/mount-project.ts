// A checkout whose one step installs into a cache mount, and what is seen of that.
import { newProject } from './project'
import type { Job, Project } from './project'
import { outputOfSteps } from './steps'

export const inputs = { 'cache-backends': 'gha', outputs: 'type=cacheonly' }

/** A package manager: what is not in the mount is fetched, which it says. */
export const install = (mount: string, names = '$(cat wanted)') =>
  `RUN --mount=type=cache,${mount} for name in ${names}; do [ -e /kept/$name ] || { echo "fetched $name"; echo $name >/kept/$name; }; done\n`

export const fetched = (job: Job) => outputOfSteps(job).filter(line => line.startsWith('fetched'))

/** A stage that installs `one` and `two`; `before` are instructions above that. */
export const newMountProject = (mount: string, before = '') =>
  newProject({ Dockerfile: `FROM busybox AS app\nCOPY wanted .\n${before}${install(mount)}`, wanted: 'one two' })

/** What GitHub's cache holds of mounts. */
export const mountEntries = async (project: Project) =>
  (await project.cacheService.entries()).filter(({ key }) => key.startsWith('stage-cache-build-mount-'))
