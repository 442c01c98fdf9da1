import type { Inputs } from '../inputs'
import { parseFields } from './build-attributes'
import type { Compression } from './cache-attrs'
import { savesCaches } from './permissions'

/**
 * How cache layers are compressed; undefined is BuildKit's default, gzip.
 *
 * `auto`: as the image's layers where the build makes an image, so that no layer is compressed twice, and so that no cache makes the
 * image's layers something else than was asked for: BuildKit compresses a layer when it is first needed and takes that blob ever after
 * (cache/remote.go). Where no image is made, zstd. The docker driver makes an image also where no output is asked for
 * (docker/buildx build/opt.go).
 */
export function planCompression(inputs: Inputs, driver: string): Compression | undefined {
  if (inputs.cacheCompression !== 'auto') return inputs.cacheCompression
  const images = imageOutputs(inputs)
  if (!makesImage(inputs, driver)) return { type: 'zstd' }
  const type = images.map(fields => attribute(fields, 'compression')).find(value => value !== undefined)
  const level = images.map(fields => attribute(fields, 'compression-level')).find(value => value !== undefined)
  if (type !== 'zstd' && type !== 'estargz' && type !== 'uncompressed' && type !== 'gzip') return undefined
  return { type, ...(level !== undefined && /^\d+$/.test(level) ? { level: Number(level) } : {}) }
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
