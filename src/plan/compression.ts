import type { Inputs } from '../inputs'
import { parseFields } from './build-attributes'
import type { Compression } from './cache-attrs'
import type { Backend } from '../reasons'
import { savesCaches } from './permissions'

/**
 * Of gzip, for layers that no image is waiting for: on files as they are in images it takes half of the time of the default, and gives 3 % more bytes (Go's
 * compress/gzip, which BuildKit compresses with).
 */
const fastGzip: Compression = { type: 'gzip', level: 4 }

export interface CachedLayers {
  readonly backend: Backend
  /** They are layers of the image, too: the stage is the target, or one that it is FROM. */
  readonly inImage: boolean
}

/**
 * How cache layers are compressed; undefined is BuildKit's default, gzip.
 *
 * `auto`: as the image's layers where the build makes an image, so that no layer is compressed twice, and so that no cache makes the
 * image's layers something else than was asked for: BuildKit compresses a layer when it is first needed and takes that blob ever after
 * (cache/remote.go). Layers that are not in it are of the same type, since the next image may have them, and fast. Where no image is made, zstd. The docker
 * driver makes an image also where no output is asked for (docker/buildx build/opt.go). gha has gzip alone.
 */
export function planCompression(inputs: Inputs, driver: string, { backend, inImage }: CachedLayers): Compression | undefined {
  const chosen = inputs.cacheCompression === 'auto' ? autoCompression(inputs, driver, inImage) : inputs.cacheCompression
  if (backend !== 'gha' || chosen?.type === 'gzip') return chosen
  return inputs.cacheCompression === 'auto' && !makesImage(inputs, driver) ? fastGzip : undefined
}

function autoCompression(inputs: Inputs, driver: string, inImage: boolean): Compression | undefined {
  if (!makesImage(inputs, driver)) return { type: 'zstd' }
  const images = imageOutputs(inputs)
  const type = images.map(fields => attribute(fields, 'compression')).find(value => value !== undefined)
  const level = images.map(fields => attribute(fields, 'compression-level')).find(value => value !== undefined)
  const asked = level !== undefined && /^\d+$/.test(level) ? { level: Number(level) } : {}
  if (type === 'zstd' || type === 'estargz' || type === 'uncompressed') return { type, ...asked }
  if (level !== undefined) return { type: 'gzip', ...asked }
  return inImage ? undefined : fastGzip
}

/** Whether all that needs the target's layers compressed takes them in the same way, and something does. */
export function compressesOnce(inputs: Inputs, driver: string): boolean {
  return inputs.cacheCompression === 'auto' && (makesImage(inputs, driver) || savesCaches(inputs))
}

function makesImage(inputs: Inputs, driver: string): boolean {
  return inputs.push || inputs.load || imageOutputs(inputs).length > 0 || (driver === 'docker' && inputs.outputs.length === 0)
}

/** Fields of the outputs that are images. */
function imageOutputs({ outputs }: Inputs): readonly (readonly string[])[] {
  return outputs.map(output => parseFields(output) ?? []).filter(fields => imageTypes.has(attribute(fields, 'type') ?? 'local'))
}

const imageTypes: ReadonlySet<string> = new Set(['image', 'registry', 'docker', 'oci'])

function attribute(fields: readonly string[], name: string): string | undefined {
  const field = fields.find(text => text.toLowerCase().startsWith(`${name}=`))
  return field?.slice(name.length + 1)
}
