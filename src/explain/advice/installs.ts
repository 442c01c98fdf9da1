import type { Command } from './shell'

export type Manager =
  | 'apt'
  | 'pip'
  | 'uv'
  | 'poetry'
  | 'npm'
  | 'yarn'
  | 'pnpm'
  | 'go'
  | 'cargo'
  | 'maven'
  | 'gradle'
  | 'composer'
  | 'bundler'
  | 'nuget'
  | 'gem'

/** A command that downloads packages. */
export interface Install {
  readonly manager: Manager
  /** Those a manifest lists, those the command names, or what a build finds missing. */
  readonly of: 'manifest' | 'named' | 'build'
  /** Words behind the subcommand, flags among them. */
  readonly rest: readonly string[]
}

/** The download a command makes. undefined where it makes none or is not understood. */
export function readInstall(command: Command): Install | undefined {
  const [program = '', ...words] = normal(command.words)
  // Options before the subcommand may take a word: what is not known is not read.
  const at = words.findIndex(word => !word.startsWith('-'))
  const before = words.slice(0, at < 0 ? words.length : at)
  const subcommand = at < 0 ? '' : (words[at] ?? '')
  const rest = at < 0 ? words : [...before, ...words.slice(at + 1)]
  const found = readers[program]?.(subcommand, rest)
  return found === undefined ? undefined : { ...found, rest }
}

/** Words that are no flags. */
export function operands(words: readonly string[]): readonly string[] {
  return words.filter(word => !word.startsWith('-'))
}

/** `python3 -m pip` and its kind become `pip`, a path its program. */
function normal(words: readonly string[]): readonly string[] {
  const [first = '', second = '', third = ''] = words
  const program = first.replace(/^.*\//, '')
  if (/^python[\d.]*$/.test(program) && second === '-m') return normal([third, ...words.slice(3)])
  if (/^pip[\d.]*$/.test(program)) return ['pip', ...words.slice(1)]
  if (program === 'corepack' && (second === 'yarn' || second === 'pnpm')) return words.slice(1)
  if (program === 'mvnw') return ['mvn', ...words.slice(1)]
  if (program === 'gradlew') return ['gradle', ...words.slice(1)]
  return [program, ...words.slice(1)]
}

type Reading = Omit<Install, 'rest'> | undefined

const readers: Readonly<Record<string, (subcommand: string, rest: readonly string[]) => Reading>> = {
  'apt-get': apt,
  apt,
  pip: (subcommand, rest) => {
    if (subcommand !== 'install' || rest.some(word => ['--no-index', '--no-deps', '--dry-run'].includes(word))) return undefined
    return { manager: 'pip', of: rest.some(word => /^(?:-r|--requirement)/.test(word)) ? 'manifest' : 'named' }
  },
  uv: (subcommand, rest) => {
    if (subcommand === 'sync') return { manager: 'uv', of: 'manifest' }
    if (subcommand !== 'pip') return undefined
    if (rest[0] === 'sync') return { manager: 'uv', of: 'manifest' }
    if (rest[0] !== 'install' || rest.includes('--no-deps')) return undefined
    return { manager: 'uv', of: rest.some(word => /^(?:-r|--requirement)/.test(word)) ? 'manifest' : 'named' }
  },
  poetry: subcommand => (subcommand === 'install' ? { manager: 'poetry', of: 'manifest' } : undefined),
  npm: node('npm'),
  pnpm: node('pnpm'),
  yarn: (subcommand, rest) => {
    if (isAboutItself(rest)) return undefined
    if (subcommand === '' || subcommand === 'install') return { manager: 'yarn', of: 'manifest' }
    if (subcommand === 'add' || (subcommand === 'global' && rest[0] === 'add')) return { manager: 'yarn', of: 'named' }
    return undefined
  },
  go: (subcommand, rest) => {
    if (subcommand === 'mod' && rest[0] === 'download') return { manager: 'go', of: 'manifest' }
    if (subcommand === 'install' && operands(rest).some(word => word.includes('@'))) return { manager: 'go', of: 'named' }
    return subcommand === 'build' || subcommand === 'install' ? { manager: 'go', of: 'build' } : undefined
  },
  cargo: (subcommand, rest) => {
    if (subcommand === 'fetch') return { manager: 'cargo', of: 'manifest' }
    if (subcommand === 'install') return { manager: 'cargo', of: rest.includes('--path') ? 'build' : 'named' }
    return subcommand === 'build' ? { manager: 'cargo', of: 'build' } : undefined
  },
  mvn: (subcommand, rest) => {
    if (subcommand === '' || isAboutItself(rest)) return undefined
    return { manager: 'maven', of: /^(?:[\w.-]+:[\w.-]+:)?dependency:|^dependency:/.test(subcommand) ? 'manifest' : 'build' }
  },
  gradle: (subcommand, rest) => {
    if (['', 'wrapper', 'tasks', 'help'].includes(subcommand) || isAboutItself(rest)) return undefined
    return { manager: 'gradle', of: subcommand === 'dependencies' ? 'manifest' : 'build' }
  },
  composer: subcommand => {
    if (subcommand === 'install' || subcommand === 'update') return { manager: 'composer', of: 'manifest' }
    return subcommand === 'require' || subcommand === 'create-project' ? { manager: 'composer', of: 'named' } : undefined
  },
  bundle: (subcommand, rest) =>
    subcommand === 'install' || (subcommand === '' && rest.length === 0) ? { manager: 'bundler', of: 'manifest' } : undefined,
  gem: subcommand => (subcommand === 'install' ? { manager: 'gem', of: 'named' } : undefined),
  dotnet: (subcommand, rest) => {
    if (subcommand === 'restore') return { manager: 'nuget', of: 'manifest' }
    const builds =
      ['build', 'publish', 'pack'].includes(subcommand) && !rest.includes('--no-restore') && !rest.includes('--no-build')
    return builds ? { manager: 'nuget', of: 'build' } : undefined
  }
}

function apt(subcommand: string): Reading {
  return subcommand === 'install' || subcommand === 'build-dep' ? { manager: 'apt', of: 'named' } : undefined
}

function node(manager: 'npm' | 'pnpm') {
  return (subcommand: string, rest: readonly string[]): Reading => {
    const named = operands(rest).length > 0
    const global = rest.includes('-g') || rest.includes('--global')
    if (manager === 'npm' && ['ci', 'clean-install'].includes(subcommand)) return { manager, of: 'manifest' }
    if (manager === 'pnpm' && subcommand === 'fetch') return { manager, of: 'manifest' }
    if (!['install', 'i', 'add'].includes(subcommand)) return undefined
    // A word behind a flag may be the flag's.
    return { manager, of: global || (named && !rest.some(isValued)) ? 'named' : 'manifest' }
  }
}

function isAboutItself(rest: readonly string[]): boolean {
  return rest.some(word => ['-v', '--version', '--help'].includes(word))
}

function isValued(word: string): boolean {
  return /^(?:--prefix|--registry|--loglevel|--cache|--omit|--include|-C|--dir|--filter|-F)$/.test(word)
}
