import type { Inputs } from '../inputs'
import type { Backend } from '../reasons'
import { parseFields, pushesImage } from './build-attributes'
import { parseImageReference } from './image-reference'

export interface BackendPlan {
  readonly backends: readonly Backend[]
  /** Repository of registry refs, `host/path`; empty when that backend is not used. */
  readonly repository: string
  /** Why these, for the log. */
  readonly reason: string
  /** gha was asked for, and the job has no cache service. */
  readonly serviceMissing: boolean
  readonly problems: readonly string[]
}

/**
 * Which backends keep the cache. auto: registry if there is a repository to write to (a tag that is pushed, or `cache-image`),
 * else gha if the job has a cache service, else local.
 */
export function planBackends(inputs: Inputs, hasCacheService: boolean): BackendPlan {
  const named = inputs.cacheImage || inputs.tags[0] || ''
  const parsed = named ? parseImageReference(named) : ''
  const repository = typeof parsed === 'string' ? '' : parsed.repository
  if (inputs.cacheBackends === 'auto') {
    const plan = (backend: Backend, reason: string): BackendPlan => ({
      backends: [backend],
      repository: backend === 'registry' ? repository : '',
      reason,
      serviceMissing: false,
      problems: []
    })
    if (repository && (inputs.cacheImage || pushes(inputs))) {
      return plan('registry', inputs.cacheImage ? 'cache-image names a repository' : 'the image is pushed to a repository')
    }
    return hasCacheService
      ? plan('gha', 'no repository to write to, and the job has a cache service')
      : plan('local', 'neither a repository nor a cache service to write to')
  }
  const asked = [...new Set(inputs.cacheBackends)]
  const serviceMissing = asked.includes('gha') && !hasCacheService
  return {
    backends: asked.filter(backend => backend !== 'gha' || hasCacheService),
    repository: asked.includes('registry') ? repository : '',
    reason: 'input cache-backends asks for it',
    serviceMissing,
    problems:
      asked.includes('registry') && !named
        ? [
            'cache-backends: registry needs a repository to write to: give cache-image, such as ghcr.io/owner/app, or a tag in tags'
          ]
        : []
  }
}

/** Repositories, `host/path`, that the build sends the image to. */
export function pushedRepositories(inputs: Inputs): ReadonlySet<string> {
  if (!pushes(inputs)) return new Set()
  const named = inputs.outputs
    .filter(pushesImage)
    .flatMap(output => parseFields(output) ?? [])
    .flatMap(field => /^name=(.*)$/i.exec(field)?.[1]?.split(',') ?? [])
  return repositoriesOf([...inputs.tags, ...named])
}

/** Repositories of images by their names; what is no name of an image is left out. */
export function repositoriesOf(images: Iterable<string>): ReadonlySet<string> {
  const parsed = [...images].map(parseImageReference)
  return new Set(parsed.flatMap(image => (typeof image === 'string' ? [] : [image.repository])))
}

/** Whether the build sends the image to a registry. */
function pushes(inputs: Inputs): boolean {
  return inputs.push || inputs.outputs.some(pushesImage)
}
