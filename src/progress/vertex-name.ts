/** Where a step stands: `[linux/amd64->arm64 build  3/12]`. */
export interface StepPlace {
  /** Platform the step runs on; only when several platforms are built. */
  readonly platform?: string
  /** Platform it is built for, where that is another one (`linux/amd64->arm64`): `linux/arm64`. */
  readonly crossPlatform?: string
  /** Missing when the Dockerfile has one stage and reads no other image. */
  readonly stage?: string
  readonly number: number
  readonly total: number
}

export type VertexName =
  | (StepPlace & {
      readonly kind: 'step'
      /** First word, upper case: `RUN`. */
      readonly keyword: string
      /** Without ONBUILD and LINK; variables are expanded by BuildKit. */
      readonly command: string
      readonly onbuild: boolean
      /** The merging half of a `COPY --link`. */
      readonly link: boolean
    })
  /** The place is missing for an image that is only read from (`COPY --from=alpine`). */
  | { readonly kind: 'from'; readonly image: string; readonly place?: StepPlace }
  | { readonly kind: 'internal'; readonly platform?: string; readonly text: string }
  | { readonly kind: 'auth'; readonly text: string }
  /** `ref` is the reference for a registry, `gha:<number>` or `local:<number>` otherwise. */
  | { readonly kind: 'importing'; readonly ref: string }
  | { readonly kind: 'exporting'; readonly what: string }
  | { readonly kind: 'other'; readonly text: string }

/**
 * What a vertex is, from the name BuildKit gives it (frontend/dockerfile/dockerfile2llb/convert.go: prefixCommand,
 * formatTargetPlatform; convert_copy.go for LINK; client/llb/imagemetaresolver and solver/llbsolver for the rest).
 * The number is padded to the width of the total, stage names are lower case, and a name may hold line ends.
 */
export function parseVertexName(name: string): VertexName {
  const step = stepPattern.exec(name)?.groups
  if (step) return parseStep(step)
  const internal = /^\[(?:(\S+\/\S+) )?internal\] ([\s\S]*)$/.exec(name)
  if (internal) return { kind: 'internal', ...(internal[1] ? { platform: internal[1] } : {}), text: internal[2] ?? '' }
  for (const [kind, pattern] of simplePatterns) {
    const rest = pattern.exec(name)?.[1]
    if (rest === undefined) continue
    if (kind === 'from') return { kind, image: rest }
    if (kind === 'auth') return { kind, text: rest }
    if (kind === 'importing') return { kind, ref: rest }
    return { kind, what: rest }
  }
  return { kind: 'other', text: name }
}

const stepPattern =
  /^\[(?:(?<platform>[a-z0-9]+(?:\([^)]*\))?\/[^\s\]>]+?)(?:->(?<cross>[^\s\]]+))? )?(?:(?<stage>[a-z][a-z0-9._-]*) )? *(?<number>\d+)\/(?<total>\d+)\] (?<onbuild>ONBUILD )?(?<link>LINK )?(?<command>[\s\S]*)$/

const simplePatterns = [
  ['from', /^FROM ([\s\S]*)$/],
  ['auth', /^\[auth\] ([\s\S]*)$/],
  ['importing', /^importing cache manifest from ([\s\S]*)$/],
  ['exporting', /^exporting ([\s\S]*)$/]
] as const

const operatingSystems = new Set(
  'aix android darwin dragonfly freebsd illumos ios js linux netbsd openbsd plan9 solaris wasi wasip1 windows'.split(' ')
)

function parseStep(groups: Record<string, string | undefined>): VertexName {
  const { platform, cross, stage, command = '' } = groups
  const place: StepPlace = {
    ...(platform ? { platform } : {}),
    ...(platform && cross ? { crossPlatform: crossPlatformOf(platform, cross) } : {}),
    ...(stage ? { stage } : {}),
    number: Number(groups['number']),
    total: Number(groups['total'])
  }
  if (command.startsWith('FROM ') && !groups['onbuild']) return { kind: 'from', image: command.slice('FROM '.length), place }
  const keyword = (/^\S*/.exec(command)?.[0] ?? '').toUpperCase()
  return {
    kind: 'step',
    ...place,
    keyword,
    command,
    onbuild: groups['onbuild'] !== undefined,
    link: groups['link'] !== undefined
  }
}

/** BuildKit leaves the operating system out where it is the same: `->arm64`, `->arm/v7`, but `->windows/amd64`. */
function crossPlatformOf(platform: string, cross: string): string {
  const [first = ''] = cross.split('/')
  if (operatingSystems.has(first.replace(/\(.*/, ''))) return cross
  return `${platform.split('/')[0]}/${cross}`
}
