import { posix } from 'node:path'
import { didYouMean } from '../did-you-mean'
import type { Compression } from '../plan/cache-attrs'
import { parseImageReference } from '../plan/image-reference'

// Each takes what the workflow wrote and gives what is wrong with it, to stand behind it, or undefined. What buildx itself refuses before it builds is
// refused here too, so that it is reported together with all else.

/** The kernel's own file systems take no directories: Node tries for ever to make one there. */
export function checkCacheDir(path: string): string | undefined {
  const place = posix.resolve('/', path)
  if (place === '/') return 'is the whole file system: write a directory of its own, such as /tmp/.buildx-cache'
  if (/^\/(?:proc|sys)(?:\/|$)/.test(place))
    return 'belongs to the kernel, and nothing can be kept there: write another directory, such as /tmp/.buildx-cache'
  // The name goes to BuildKit in a header of gRPC (buildx build/localcache, buildkit session/content).
  if (/[^ -~]/.test(path))
    return 'has characters beyond ASCII, which BuildKit cannot take: write another directory, such as /tmp/.buildx-cache'
  return undefined
}

/** Path of a file to write: one that ends like a directory's is a mistake. */
export function checkMetricsFile(path: string): string | undefined {
  return /(^|\/)\.{0,2}$/.test(path) ? 'is a directory: write the path of a file, such as metrics/build.prom' : undefined
}

/** The name is an argument of its own to docker, which would take it for a flag. */
export function checkBuilder(name: string): string | undefined {
  return name.startsWith('-') ? 'is no name of a builder: write one that docker buildx ls shows' : undefined
}

/** Of a builder to make (docker/buildx store/util.go, `ValidateName`, and its two words for docker's own). */
export function checkBuilderName(name: string): string | undefined {
  if (/^[a-zA-Z][a-zA-Z0-9._-]*$/.test(name) && name !== 'default') return undefined
  return "is no name for a builder: write letters, digits, '.', '_' and '-', a letter first, and not default"
}

/** Path or URL of the Dockerfile: `-` is buildx's word for standard input. */
export function checkFile(file: string): string | undefined {
  if (file === '-') return 'is standard input, which an action has not: write the path of the Dockerfile'
  return undefined
}

/** `name=path`. The value is no part of the problem: a URL may hold a password. */
export function checkBuildContext(entry: string): string | undefined {
  return /^[^=]+=./s.test(entry) ? undefined : 'is not name=path'
}

/** A release, by number or name, or a repository with what to build of it. */
export function checkBuildxVersion(version: string): string | undefined {
  if (/^(v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?|latest|edge)$/.test(version)) return undefined
  if (/^https?:\/\/[^\s#]+\.git(#\S+)?$/.test(version)) return undefined
  return `is no version of buildx: write a release such as v0.36.1, latest, edge, or https://github.com/docker/buildx.git#master${didYouMean(version, ['latest', 'edge'])}`
}

/** Whole days; a number of more digits is a mistake. */
export function checkDays(days: string): string | undefined {
  return /^\d{1,4}$/.test(days) ? undefined : 'is no number of days: write a whole number, such as 3, or 0 for never'
}

/** `NAME=value`, or `NAME` of the environment (docker/buildx commands/build.go, listToMap). The value is no part of the problem. */
export function checkNamed(entry: string): string | undefined {
  return entry.startsWith('=') ? 'has no name before its =: write NAME=value' : undefined
}

/** `host:ip`, or `host=ip` (docker/cli opts/hosts.go, `ValidateExtraHost`). */
export function checkHost(entry: string): string | undefined {
  return /^[^=:]+[=:]./.test(entry) ? undefined : 'is not host:ip, such as db:10.0.0.5'
}

/** Rules: buildx util/buildflags/export.go, `ParseAnnotations`. */
export function checkAnnotation(entry: string): string | undefined {
  return entry.includes('=') ? undefined : 'is not key=value, such as org.opencontainers.image.title=app'
}

/** Rules: github.com/docker/go-units, `RAMInBytes`. */
export function checkSize(size: string): string | undefined {
  return /^\d+(\.\d+)? ?([kmgtp]?i?b?)$/i.test(size) ? undefined : 'is not a size: write a number and a unit, such as 512m or 2g'
}

/** Rules: github.com/docker/go-units, `ParseUlimit`. */
export function checkUlimit(entry: string): string | undefined {
  const [, name = '', soft, hard] = /^([^=]+)=(-?\d+)(?::(-?\d+))?$/.exec(entry) ?? []
  if (soft === undefined) return 'is not name=soft:hard, such as nofile=1024:2048'
  if (!ulimits.includes(name)) return `has an unknown name: known are ${ulimits.join(', ')}${didYouMean(name, ulimits)}`
  if (hard !== undefined && hard !== '-1' && (soft === '-1' || Number(soft) > Number(hard))) {
    return 'has a soft limit above the hard one: write the lower number first'
  }
  return undefined
}

/** BuildKit has no networks of its own naming (docker/buildx build/opt.go). */
export function checkNetwork(network: string): string | undefined {
  const known = ['default', 'none', 'host']
  if (known.includes(network)) return undefined
  return `is no network of BuildKit: write default, none or host${didYouMean(network, known)}. Other networks are given to the builder, as driver-opts: network=…`
}

/** A name of an image, with or without tag and digest, by the rules of `parseImageReference`. */
export function checkTag(tag: string): string | undefined {
  const image = parseImageReference(tag)
  return typeof image === 'string' ? image : undefined
}

/** A repository alone: the tags of the caches are made by this action. */
export function checkRepository(repository: string): string | undefined {
  const image = parseImageReference(repository)
  if (typeof image === 'string') return image
  if (image.digest !== undefined) return 'has a digest: write the repository alone'
  if (image.tag !== undefined)
    return `has a tag: write ${repository.slice(0, -image.tag.length - 1)}, the action adds a tag for each stage`
  return undefined
}

/** `zstd` or `zstd:9`. Ranges: BuildKit README, `compression-level`. */
export function parseCompression(text: string): Compression | string {
  const [, name = '', level] = /^([^:]*)(?::(\d+))?$/.exec(text) ?? []
  const type = (['zstd', 'gzip', 'estargz', 'uncompressed'] as const).find(known => known === name)
  if (type === undefined) {
    const written = text.split(':')[0] ?? ''
    const hint = didYouMean(written, ['auto', ...Object.keys(highestLevel)])
    return `is not known: write auto, zstd, gzip, estargz or uncompressed, and a level where you want one, as in zstd:9${hint}`
  }
  if (level === undefined) return { type }
  if (type === 'uncompressed') return 'has a level: write uncompressed alone'
  if (Number(level) > highestLevel[type]) return `has a level out of range: ${type} takes 0 to ${highestLevel[type]}`
  return { type, level: Number(level) }
}

const highestLevel = { zstd: 22, gzip: 9, estargz: 9, uncompressed: 0 } as const
const ulimits: readonly string[] =
  'core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(' ')
