import { createHash } from 'node:crypto'
import type { CacheMount, MountUse, UsedMount } from '../dockerfile/cache-mount'
import type { Stage } from '../dockerfile/dockerfile'
import type { MountEnvironment } from './mount-environment'
import { formatRef } from './ref'
import type { Scope } from './scope'

/** What a mount with `from` starts from, where BuildKit takes it for the same in every build of the builder: an image, or a stage. */
export interface MountBase {
  /** Index of the stage; absent for an image. */
  readonly stage?: number
}

/** A cache mount that is kept between jobs. */
export interface KeptMount {
  readonly mount: CacheMount
  readonly uses: readonly MountUse[]
  /** For a mount whose variables the base image may set: what sets them, so that BuildKit replaces them as it does for the step. */
  readonly environment?: MountEnvironment
  /** For a mount with `from`. */
  readonly base?: MountBase
  /** What its entries are called, by scope: that which is written first, then those that are only read. */
  readonly names: readonly string[]
}

export interface MountPlan {
  readonly kept: readonly KeptMount[]
  /** Those that cannot be: what they are called, or what they start from, is known to BuildKit alone. */
  readonly left: readonly { readonly mount: CacheMount; readonly uses: readonly MountUse[] }[]
}

export interface MountFacts {
  readonly used: readonly UsedMount[]
  /** What sets the variables of a step; undefined where that cannot be told. */
  readonly environmentOf: (use: MountUse) => MountEnvironment | undefined
  /** What a mount with `from` starts from; undefined where it cannot be kept. */
  readonly baseOf: (mount: CacheMount) => MountBase | undefined
  /** Build argument BUILDKIT_CACHE_MOUNT_NS; empty where there is none. */
  readonly namespace: string
  readonly scopes: readonly Scope[]
  readonly platforms: readonly string[]
  readonly version: string
}

/**
 * Each mount once, as BuildKit tells them apart: by namespace and id, and where uid, gid or mode are written by the directory these make
 * (moby/buildkit solver/llbsolver/mounts/mount.go, getRefCacheDir). The name of the image is no part of an entry's name, so Dockerfiles
 * that share an id share the entry. Platforms are, although BuildKit does not tell them apart: jobs for different ones would keep replacing
 * each other's packages. What a mount with `from` starts from is told apart by its content, when it is filled.
 */
export function planMounts({ used, environmentOf, baseOf, namespace, scopes, platforms, version }: MountFacts): MountPlan {
  const merged = new Map<string, { mount: CacheMount; environment: MountEnvironment | undefined; uses: MountUse[] }>()
  for (const { mount, uses } of used) {
    const { id, shown, known, owner, from, source } = mount
    const [use] = uses
    const environment = known || !use ? undefined : environmentOf(use)
    const name = known ? id : [shown, environment ?? null]
    const identity = JSON.stringify([namespace, name, owner ? [owner.uid, owner.gid, owner.mode] : null, from, from && source])
    const entry = merged.get(identity) ?? { mount, environment, uses: [] }
    entry.uses.push(...uses)
    merged.set(identity, entry)
  }
  const isKept = ({ mount: { known, from }, environment, base }: Omit<KeptMount, 'names' | 'uses'>) =>
    (known || environment !== undefined) && (from === '' || base !== undefined)
  const all = [...merged].map(([identity, { mount, environment, uses }]) => {
    const stage = `m${createHash('sha256').update(identity).digest('hex').slice(0, 32)}`
    const name = (scope: Scope) => formatRef({ prefix: mountPrefix, stage, named: true, scope, platforms, version })
    const base = mount.from === '' || environment ? undefined : baseOf(mount)
    return { mount, uses, ...(environment ? { environment } : {}), ...(base ? { base } : {}), names: scopes.map(name) }
  })
  return {
    kept: all.filter(isKept),
    left: all.filter(mount => !isKept(mount)).map(({ mount, uses }) => ({ mount, uses }))
  }
}

/**
 * What the mount's `from` names. A named context's directory is another for BuildKit in every build, and so is a mount that starts from it; with uid, gid
 * or mode it starts from a directory that BuildKit makes in it. Rules: moby/buildkit frontend/dockerfile/dockerfile2llb/convert_runmount.go.
 */
export function mountBase(
  { from, source, owner }: CacheMount,
  stages: readonly Stage[],
  contexts: readonly string[]
): MountBase | undefined {
  const name = from.toLowerCase()
  const named = stages.filter(stage => stage.named && stage.name === name)
  // Not to be quoted: BuildKit replaces variables in a flag, quoted or not.
  const isPlain = [from, source].every(text => /^[\w./:@+-]+$/.test(text))
  if (owner || !isPlain || named.length > 1 || contexts.some(context => context.toLowerCase() === name)) return undefined
  return named[0] ? { stage: named[0].index } : {}
}

const mountPrefix = 'stage-cache-build-mount-'

/**
 * Images to look for `tar` in for a group of mounts, best first: those the stages that use the mounts are made from, which the builder needs anyway. Names that
 * promise to hold next to nothing come last, then the one of input `cache-mounts-image`.
 */
export function toolImages(
  stages: readonly Stage[],
  mounts: readonly Pick<KeptMount, 'uses' | 'environment'>[],
  fallback: string
): readonly string[] {
  const own = mounts.find(({ environment }) => environment)?.environment?.image
  if (own !== undefined) return [own]
  const users = new Set(mounts.flatMap(({ uses }) => uses.map(({ stage }) => stage)))
  const bases = stages.filter(({ index }) => users.has(index)).flatMap(stage => baseImage(stages, stage) ?? [])
  const isBare = (image: string) => /distroless|static|scratch|chainguard/.test(image)
  const sorted = [...bases.filter(image => !isBare(image)), ...bases.filter(isBare), ...(fallback === '' ? [] : [fallback])]
  return [...new Set(sorted)]
}

/**
 * Mounts that one build can serve: those that need an environment are served by its own image alone, those with `from` by a build of the user's
 * Dockerfile.
 */
export function mountGroups<M extends Pick<KeptMount, 'environment' | 'base'>>(mounts: readonly M[]): readonly (readonly M[])[] {
  const groups = new Map<string, M[]>()
  for (const mount of mounts) {
    const key = JSON.stringify([mount.environment?.image ?? '', mount.base !== undefined])
    groups.set(key, [...(groups.get(key) ?? []), mount])
  }
  return [...groups.values()]
}

/** The image at the bottom of a stage. */
function baseImage(stages: readonly Stage[], { base }: Stage): string | undefined {
  if (base.kind === 'image') return base.reference
  const parent = base.kind === 'stage' ? stages.find(({ index }) => index === base.index) : undefined
  return parent && baseImage(stages, parent)
}
