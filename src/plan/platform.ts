import { closest } from '../did-you-mean'

/** The platform, or the problem as text that follows the value. */
export type ParsedPlatform = { readonly platform: string } | { readonly problem: string }

/**
 * A platform as BuildKit shows it, so that two spellings of one platform share a cache: lower case, `linux/` where only the
 * architecture is named, `x86_64` → `amd64`, `aarch64` and `arm64/v8` → `arm64`, `arm` → `arm/v7`.
 * Rules: github.com/containerd/platforms, `Parse`, `normalizeOS` and `normalizeArch`. Unlike there, unknown systems and
 * architectures are refused, and so is what depends on the machine (`local`, or a system alone): a cache needs to know what it is for.
 */
export function parsePlatform(text: string): ParsedPlatform {
  const parts = text.trim().toLowerCase().split('/')
  const [first = '', second, third] = parts
  if (parts.length > 3 || parts.some(part => part === ''))
    return { problem: 'is no platform: write system/architecture, such as linux/amd64' }
  if (first === 'local')
    return { problem: 'says no platform: name it, such as linux/amd64, or leave platforms empty for what the builder runs on' }

  const [, name = first, version = ''] = /^([a-z0-9_-]+)(\([a-z0-9_.%+-]*\))?$/.exec(first) ?? []
  const system = name === 'macos' ? 'darwin' : name
  if (second === undefined) {
    if (systems.includes(system)) return { problem: `says no architecture: write it too, as in ${system}/amd64` }
    return known('linux', first, '')
  }
  if (!systems.includes(system)) {
    const likely = knownArchitecture(first)
      ? `linux/${parts.join('/')}`
      : suggestion(system, systems, `/${parts.slice(1).join('/')}`)
    return { problem: `has an unknown operating system: ${remedy(likely)}` }
  }
  return known(`${system}${version}`, second, third ?? '')
}

const systems: readonly string[] =
  'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos'.split(' ')
const architectures: readonly string[] =
  '386 amd64 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc riscv riscv64 s390 s390x sparc sparc64 wasm'.split(
    ' '
  )

function known(system: string, writtenArchitecture: string, writtenVariant: string): ParsedPlatform {
  const [architecture, variant] = normalized(writtenArchitecture, writtenVariant)
  if (!architectures.includes(architecture)) {
    const likely = closest(architecture, architectures)
    return { problem: `has an unknown architecture: ${remedy(likely === undefined ? undefined : `${system}/${likely}`)}` }
  }
  if (!/^[a-z0-9_.-]*$/.test(variant)) return { problem: 'has an unknown variant: write it as in linux/arm/v7' }
  return { platform: [system, architecture, ...(variant === '' ? [] : [variant])].join('/') }
}

function knownArchitecture(name: string): boolean {
  return architectures.includes(normalized(name, '')[0])
}

function remedy(likely: string | undefined): string {
  return likely === undefined ? 'write system/architecture, such as linux/amd64' : `did you mean ${likely}?`
}

function suggestion(name: string, candidates: readonly string[], rest: string): string | undefined {
  const likely = closest(name, candidates)
  return likely === undefined ? undefined : `${likely}${rest}`
}

function normalized(architecture: string, variant: string): readonly [string, string] {
  switch (architecture) {
    case 'i386':
      return ['386', '']
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return ['amd64', variant === 'v1' ? '' : variant]
    case 'aarch64':
    case 'arm64':
      if (['8', 'v8', 'v8.0'].includes(variant)) return ['arm64', '']
      return ['arm64', ['9', '9.0', 'v9.0'].includes(variant) ? 'v9' : variant]
    case 'armhf':
      return ['arm', 'v7']
    case 'armel':
      return ['arm', 'v6']
    case 'arm':
      if (variant === '' || variant === '7') return ['arm', 'v7']
      return ['arm', ['5', '6', '8'].includes(variant) ? `v${variant}` : variant]
    default:
      return [architecture, variant]
  }
}
