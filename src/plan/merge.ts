import { valued } from './flag-argv'
import { parsePlatform } from './platform'

/** What is to be one image. */
export interface Merge {
  readonly tags: readonly string[]
  /** Digests, or references as they are. */
  readonly digests: readonly string[]
  /** `host/path` that digests are in. */
  readonly repository: string
  readonly annotations: readonly string[]
}

/** `docker buildx imagetools create …`; a dry run only prints the manifest list. */
export function mergeArgv({ tags, digests, repository, annotations }: Merge, dryRun = false): readonly string[] {
  return [
    'buildx',
    'imagetools',
    'create',
    ...(dryRun ? ['--dry-run'] : []),
    ...tags.flatMap(tag => valued('--tag', tag)),
    // Those of a list as a whole, where the flag says nothing else.
    ...annotations.flatMap(annotation =>
      valued('--annotation', /^[a-z-]+(\[[^\]]*\])?:/.test(annotation) ? annotation : `index:${annotation}`)
    ),
    ...digests.map(digest => (digest.startsWith('sha256:') ? `${repository}@${digest}` : digest))
  ]
}

/** `docker buildx imagetools inspect …` that prints what `parseMerged` reads. */
export function inspectMergedArgv(tag: string): readonly string[] {
  return ['buildx', 'imagetools', 'inspect', '--format', '{{json .Manifest}}', tag]
}

/** Digest and platforms of a manifest list, as JSON of buildx; attestations are for no platform. Throws where the text is of another shape. */
export function parseMerged(text: string): { readonly digest: string; readonly platforms: readonly string[] } {
  const { digest = '', manifests = [] } = JSON.parse(text) as {
    readonly digest?: string
    readonly manifests?: readonly {
      readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string }
    }[]
  }
  const platforms = manifests.flatMap(({ platform }) => {
    if (!platform || platform.os === 'unknown') return []
    const { os, architecture, variant } = platform
    const parsed = parsePlatform([os, architecture, ...(variant ? [variant] : [])].join('/'))
    return 'platform' in parsed ? [parsed.platform] : []
  })
  return { digest, platforms: [...new Set(platforms)] }
}

/** The digest that a file stands for: by its name, as docker's own examples keep it, or by what is in it. */
export function digestOfFile(name: string, text: string): string | undefined {
  if (/^[0-9a-f]{64}$/.test(name)) return `sha256:${name}`
  return /^\s*(sha256:[0-9a-f]{64})\s*$/.exec(text)?.[1]
}
