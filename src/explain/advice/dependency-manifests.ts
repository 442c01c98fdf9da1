import type { Manager } from './installs'

/** Files that say what a manager installs, and when they are not enough to install from. */
export interface Manifests {
  readonly manifest: string
  readonly locks: readonly string[]
  /** Copied too where they are there. */
  readonly settings?: readonly string[]
  /** Without one of the locks there may be nothing to install. */
  readonly needsLock?: true
  /** The install needs more of the source than these files, as their texts show. */
  readonly needsMore?: (texts: ReadonlyMap<string, string>) => boolean
  /** Beside them, these say that all is there already or that there is more than one project. */
  readonly unless?: readonly string[]
}

const packageJson = {
  manifest: 'package.json',
  needsMore: (texts: ReadonlyMap<string, string>) =>
    /"(?:pre|post)?(?:install|prepare)"\s*:|"workspaces"\s*:|"(?:file|link|portal|workspace|catalog):|patch-package|"patchedDependencies"/.test(
      texts.get('package.json') ?? ''
    )
}

/** Managers whose install can be told to read its manifests alone. */
export const manifestsOf: { readonly [manager in Manager]?: Manifests } = {
  npm: { ...packageJson, locks: ['package-lock.json', 'npm-shrinkwrap.json'], settings: ['.npmrc'], unless: ['lerna.json'] },
  yarn: { ...packageJson, locks: ['yarn.lock'], settings: ['.npmrc', '.yarnrc'], unless: ['.yarnrc.yml', 'lerna.json'] },
  pnpm: {
    ...packageJson,
    locks: ['pnpm-lock.yaml'],
    settings: ['.npmrc'],
    unless: ['pnpm-workspace.yaml', '.pnpmfile.cjs', 'lerna.json']
  },
  uv: { manifest: 'pyproject.toml', locks: ['uv.lock'], needsLock: true, needsMore: hasLocalPython },
  poetry: { manifest: 'pyproject.toml', locks: ['poetry.lock'], needsMore: hasLocalPython },
  go: {
    manifest: 'go.mod',
    locks: ['go.sum'],
    needsLock: true,
    unless: ['vendor/modules.txt', 'go.work'],
    needsMore: texts => /^\s*(?:replace\b.*)?=>\s*\.{1,2}\/|=>\s*\.{1,2}\//m.test(texts.get('go.mod') ?? '')
  },
  composer: {
    manifest: 'composer.json',
    locks: ['composer.lock'],
    needsMore: texts => /"type"\s*:\s*"path"/.test(texts.get('composer.json') ?? '')
  },
  bundler: {
    manifest: 'Gemfile',
    locks: ['Gemfile.lock'],
    settings: ['.ruby-version'],
    needsMore: texts => /\bgemspec\b|\bpath:|:path\s*=>|eval_gemfile|require_relative|File\./.test(texts.get('Gemfile') ?? '')
  },
  maven: {
    manifest: 'pom.xml',
    locks: [],
    needsMore: texts => /<modules>|<relativePath>\s*[^<\s]|<systemPath>|<packaging>pom</.test(texts.get('pom.xml') ?? '')
  }
}

/** A requirements file that names only packages. */
export function isPlainRequirements(text: string): boolean {
  return text
    .split('\n')
    .every(
      line => !/^\s*(?:-(?!-?(?:i\b|index-url|extra-index-url|-hash|-index-url|-extra-index-url))|\.|file:)|@\s*file:/.test(line)
    )
}

function hasLocalPython(texts: ReadonlyMap<string, string>): boolean {
  return /\bpath\s*=|\[tool\.uv\.workspace\]|workspace\s*=\s*true|\bdynamic\s*=/.test(texts.get('pyproject.toml') ?? '')
}
