export interface Platform {
  readonly os: string
  readonly osVersion: string
  readonly architecture: string
  readonly variant: string
}

/**
 * Takes `linux/arm64`, `arm64`, `windows(10.0)/amd64` and gives the platform as buildx passes it on, or undefined where
 * BuildKit refuses the text. A lone architecture is Linux's, a lone system amd64's.
 * Rules: github.com/containerd/platforms (Parse, Normalize).
 */
export function parsePlatform(text: string): Platform | undefined {
  const [first = '', architecture, variant, ...more] = text.split('/')
  const system = /^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.-]*)\))?$/.exec(first)
  const others = [architecture, variant].filter(part => part !== undefined)
  if (system === null || more.length > 0 || !others.every(part => /^[A-Za-z0-9_.-]+$/.test(part))) return undefined
  const os = normalOs(system[1] ?? '')
  const osVersion = system[2] ?? ''
  if (architecture !== undefined) return { os, osVersion, ...normalArchitecture(architecture, variant ?? '') }
  if (systems.has(os)) return { os, osVersion, architecture: 'amd64', variant: '' }
  const alone = normalArchitecture(first, '')
  return architectures.has(alone.architecture) ? { os: 'linux', osVersion: '', ...alone } : undefined
}

/** `linux/arm/v7`; with the version of the system where it has one and that is asked for. */
export function formatPlatform(platform: Platform, withOsVersion: boolean): string {
  const os = withOsVersion && platform.osVersion !== '' ? `${platform.os}(${platform.osVersion})` : platform.os
  return [os, platform.architecture, platform.variant].filter(part => part !== '').join('/')
}

const systems = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos'.split(' ')
)
const architectures = new Set(
  (
    '386 amd64 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ' +
    'ppc riscv riscv64 s390 s390x sparc sparc64 wasm'
  ).split(' ')
)

function normalOs(text: string): string {
  const os = text.toLowerCase()
  return os === 'macos' ? 'darwin' : os
}

function normalArchitecture(text: string, variantText: string): { architecture: string; variant: string } {
  const architecture = text.toLowerCase()
  const variant = variantText.toLowerCase()
  switch (architecture) {
    case 'i386':
      return { architecture: '386', variant: '' }
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return { architecture: 'amd64', variant: variant === 'v1' ? '' : variant }
    case 'aarch64':
    case 'arm64':
      if (/^(?:v?8|v8\.0)$/.test(variant)) return { architecture: 'arm64', variant: '' }
      return { architecture: 'arm64', variant: /^(?:9|v?9\.0)$/.test(variant) ? 'v9' : variant }
    case 'armhf':
      return { architecture: 'arm', variant: 'v7' }
    case 'armel':
      return { architecture: 'arm', variant: 'v6' }
    case 'arm':
      if (variant === '') return { architecture, variant: 'v7' }
      return { architecture, variant: /^[5-8]$/.test(variant) ? `v${variant}` : variant }
    default:
      return { architecture, variant }
  }
}
