import { createHash } from 'node:crypto'
import type { CacheMount, MountUse, UsedMount } from '../dockerfile/cache-mount'
import type { Stage } from '../dockerfile/dockerfile'
import { formatRef } from './ref'
import type { Scope } from './scope'

/** A cache mount that is kept between jobs. */
export interface KeptMount {
  readonly mount: CacheMount
  readonly uses: readonly MountUse[]
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
 * each other's packages.
 */
export function planMounts({ used, namespace, scopes, platforms, version }: MountFacts): MountPlan {
  const merged = new Map<string, { mount: CacheMount; uses: MountUse[] }>()
  for (const { mount, uses } of used) {
    const { id, owner, from, source } = mount
    const identity = JSON.stringify([namespace, id, owner ? [owner.uid, owner.gid, owner.mode] : null, from, from && source])
    const entry = merged.get(identity) ?? { mount, uses: [] }
    entry.uses.push(...uses)
    merged.set(identity, entry)
  }
  const isKept = ({ known, from }: CacheMount) => known && from === ''
  const all = [...merged].map(([identity, { mount, uses }]) => {
    const stage = `m${createHash('sha256').update(identity).digest('hex').slice(0, 32)}`
    const name = (scope: Scope) => formatRef({ prefix: mountPrefix, stage, named: true, scope, platforms, version })
    return { mount, uses, names: scopes.map(name) }
  })
  return {
    kept: all.filter(({ mount }) => isKept(mount)),
    left: all.filter(({ mount }) => !isKept(mount)).map(({ mount, uses }) => ({ mount, uses }))
  }
}

const mountPrefix = 'stage-cache-build-mount-'

/**
 * Images to look for `tar` in, best first: those the stages that use the mounts are made from, which the builder needs anyway. Names that
 * promise to hold next to nothing come last, then the one of input `cache-mounts-image`.
 */
export function toolImages(stages: readonly Stage[], users: ReadonlySet<number>, fallback: string): readonly string[] {
  const bases = stages.filter(({ index }) => users.has(index)).flatMap(stage => baseImage(stages, stage) ?? [])
  const isBare = (image: string) => /distroless|static|scratch|chainguard/.test(image)
  const sorted = [...bases.filter(image => !isBare(image)), ...bases.filter(isBare), ...(fallback === '' ? [] : [fallback])]
  return [...new Set(sorted)]
}

/** The image at the bottom of a stage. */
function baseImage(stages: readonly Stage[], { base }: Stage): string | undefined {
  if (base.kind === 'image') return base.reference
  const parent = base.kind === 'stage' ? stages.find(({ index }) => index === base.index) : undefined
  return parent && baseImage(stages, parent)
}
