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

const isOfMount = (key: string) => key.startsWith('stage-cache-build-mount-')

/** What GitHub's cache holds of mounts. */
export const mountEntries = async (project: Project) => (await project.cacheService.entries()).filter(({ key }) => isOfMount(key))

/** Keys of mounts that it was asked for, or to write, since the counts were reset. */
export const mountKeys = async (project: Project) => (await project.cacheService.keys()).filter(isOfMount)
