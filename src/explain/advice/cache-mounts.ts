import { emptiedBy } from './defeated-mounts'
import { placed, type AptMountFault, type Finding, type Rule } from './advice'
import { readInstall, type Install, type Manager } from './installs'
import type { Command } from './shell'
import { imageName, withParents, type Instruction, type WrittenStage } from './source'

/** Seconds a step has to take before its downloads are worth keeping. */
const worthKeeping = 1

/** A download of packages that nothing keeps for the next time the step runs: one for each step, its project's rather than a tool's. */
export const noCacheMount: Rule = (stages, { mountsKept }) =>
  stages.flatMap(stage =>
    stage.instructions.flatMap((instruction): Finding[] => {
      const { home, environment, mounts, ran, seconds, source, commands } = instruction
      if (!ran || seconds < worthKeeping || mounts.length > 0 || home === undefined) return []
      const wanted = commands.flatMap(command => {
        const install = readInstall(command)
        if (install === undefined || isTooSmall(install) || choosesDirectory(command)) return []
        const place = placeOf(install, stage, instruction)
        return place === undefined ? [] : [{ ...install, ...place, command }]
      })
      const chosen = wanted.find(({ of }) => of !== 'named') ?? wanted[0]
      if (chosen === undefined) return []
      const { manager, targets, set, command } = chosen
      const emptied = commands.flatMap(other => targets.flatMap(target => emptiedBy(other, { target }) ?? []))
      const dropped = [
        ...command.words.filter(word => word === '--no-cache-dir' || (manager !== 'pip' && word === '--no-cache')),
        ...['PIP_NO_CACHE_DIR', 'UV_NO_CACHE'].filter(
          name => environment.has(name) && name.startsWith(`${manager.toUpperCase()}_`)
        ),
        // Of apt's lists the words tell anyway.
        ...[...new Set(emptied)].filter(text => !text.includes('/var/lib/apt/lists'))
      ]
      const place = placed(stage, source.lines, seconds, mountsKept ? 'warning' : 'notice')
      const details = { manager, targets, ...(set === undefined ? {} : { set }), dropped, kept: mountsKept }
      return [{ rule: 'no-cache-mount', ...details, ...place }]
    })
  )

/** Mounts for apt that do not do what they are for. */
export const aptCacheMount: Rule = (stages, { mountsKept }) =>
  stages.flatMap(stage =>
    stage.instructions.flatMap((instruction): Finding[] => {
      const { mounts, ran, source, seconds, commands } = instruction
      const own = mounts.filter(({ target }) => /^\/var\/(?:cache|lib)\/apt(?:\/|$)/.test(target))
      const isInstall = commands.some(command => readInstall(command)?.manager === 'apt')
      if (!ran || own.length === 0 || !isInstall || mounts.some(({ target }) => target.includes('$'))) return []
      const covers = (directory: string) =>
        mounts.some(({ target }) => `${directory}/`.startsWith(`${target}/`) || target.startsWith(directory))
      const missing: AptMountFault[] = [
        ...(own.some(({ sharing }) => sharing === 'shared') ? (['locked'] as const) : []),
        ...(['/var/cache/apt', '/var/lib/apt'] as const).filter(directory => !covers(directory)),
        ...(covers('/var/cache/apt') && removesPackages(stage, instruction) ? (['docker-clean'] as const) : [])
      ]
      if (missing.length === 0) return []
      return [{ rule: 'apt-cache-mount', missing, ...placed(stage, source.lines, seconds, mountsKept ? 'warning' : 'notice') }]
    })
  )

/** Official images of Debian and Ubuntu, and those that are FROM them: there apt removes each package once it is installed. */
const debianImages =
  /^(?:debian|ubuntu|buildpack-deps|python|node|golang|rust|ruby|php|perl|gcc|openjdk|eclipse-temurin|nginx|httpd|postgres|maven)$/

function removesPackages(stage: WrittenStage, instruction: Instruction): boolean {
  if (!debianImages.test(imageName(stage)) || /alpine/.test(stage.image)) return false
  const all = withParents(stage)
  return !all
    .slice(0, all.indexOf(instruction) + 1)
    .some(({ source }) => /docker-clean|Keep-Downloaded-Packages/i.test(source.source))
}

/** pip that only brings itself up to date. */
function isTooSmall({ manager, of, rest }: Install): boolean {
  const named = rest.filter(word => !word.startsWith('-'))
  return manager === 'pip' && of === 'named' && named.every(word => /^(?:pip|setuptools|wheel)(?:[=<>~].*)?$/.test(word))
}

/** The step says itself where its cache is. */
function choosesDirectory({ words, assignments }: Command): boolean {
  return (
    words.some(word =>
      /^--(?:cache|cache-dir|store-dir|cache-folder|packages)(?:=|$)|^-Dmaven\.repo|^--gradle-user-home/.test(word)
    ) || [...assignments.keys()].some(name => /CACHE|HOME|STORE|GOPATH|NUGET_PACKAGES/.test(name))
  )
}

/** An earlier step put what this one builds from into a layer: a mount of its own would hide that. */
function isDownloaded(manager: Manager, stage: WrittenStage, instruction: Instruction): boolean {
  const all = withParents(stage)
  return all
    .slice(0, all.indexOf(instruction))
    .some(({ commands }) =>
      commands.some(command => readInstall(command)?.manager === manager && readInstall(command)?.of !== 'named')
    )
}

interface Place {
  readonly targets: readonly string[]
  /** What the step has to set for the directory to be used. */
  readonly set?: string
}

/** Where a manager keeps what it downloads, for root, as the usual images set it. undefined where that is not known. */
function placeOf({ manager, of, rest }: Install, stage: WrittenStage, instruction: Instruction): Place | undefined {
  const { environment, home = '' } = instruction
  const image = imageName(stage)
  if ([...environment.keys()].some(name => chosenBy[manager]?.test(name))) return undefined
  const downloaded = of !== 'named' && usedLater.has(manager) && isDownloaded(manager, stage, instruction)
  if (downloaded && manager !== 'go') return undefined
  switch (manager) {
    case 'apt':
      return { targets: ['/var/cache/apt', '/var/lib/apt'] }
    case 'pip':
    case 'uv':
      return { targets: [`${home}/.cache/${manager}`] }
    case 'poetry':
      // Beside these lie the virtual environments, which the image needs.
      return { targets: [`${home}/.cache/pypoetry/cache`, `${home}/.cache/pypoetry/artifacts`] }
    case 'npm':
      return { targets: [`${home}/.npm`] }
    case 'yarn':
      // Later versions may run from their cache, which the image then needs.
      return rest.some(word => yarn1.test(word)) && !rest.includes('--immutable')
        ? { targets: ['/usr/local/share/.cache/yarn'] }
        : undefined
    case 'pnpm':
      return { targets: [`${environment.get('PNPM_HOME') ?? `${home}/.local/share/pnpm`}/store`] }
    case 'go':
      if (image !== 'golang') return undefined
      return { targets: [...(downloaded || rest.includes('-mod=vendor') ? [] : ['/go/pkg/mod']), `${home}/.cache/go-build`] }
    case 'cargo':
      return /^(?:rust|cargo-chef)$/.test(image) ? { targets: ['/usr/local/cargo/registry', '/usr/local/cargo/git'] } : undefined
    case 'maven':
      return { targets: [`${home}/.m2/repository`] }
    case 'gradle':
      return { targets: [image === 'gradle' ? '/home/gradle/.gradle' : `${home}/.gradle`] }
    case 'composer':
      return { targets: ['/tmp/composer-cache'], set: 'COMPOSER_CACHE_DIR=/tmp/composer-cache' }
    case 'bundler':
      return { targets: [`${home}/.bundle/cache`], set: 'BUNDLE_GLOBAL_GEM_CACHE=true' }
    case 'nuget':
      return { targets: [`${home}/.nuget/packages`] }
    case 'gem':
      return undefined
  }
}

/** Flags that only the first version of yarn has. */
const yarn1 =
  /^--(?:frozen-lockfile|pure-lockfile|production|prod|non-interactive|network-timeout|ignore-engines|ignore-platform|ignore-optional|prefer-offline)(?:=|$)/

/** What these download is read again by the steps that build. */
const usedLater: ReadonlySet<Manager> = new Set<Manager>(['go', 'cargo', 'maven', 'gradle', 'nuget'])

/** Variables that move the cache elsewhere. */
const chosenBy: { readonly [manager in Manager]?: RegExp } = {
  pip: /^(?:PIP_CACHE_DIR|XDG_CACHE_HOME)$/,
  uv: /^(?:UV_CACHE_DIR|XDG_CACHE_HOME)$/,
  poetry: /^(?:POETRY_CACHE_DIR|XDG_CACHE_HOME)$/,
  npm: /^npm_config_cache$/i,
  yarn: /^YARN_/,
  pnpm: /^XDG_DATA_HOME$/,
  go: /^(?:GOPATH|GOMODCACHE|GOCACHE|GOFLAGS)$/,
  cargo: /^CARGO_HOME$/,
  gradle: /^GRADLE_USER_HOME$/,
  composer: /^COMPOSER_CACHE_DIR$/,
  bundler: /^BUNDLE_(?:USER_|GLOBAL_)/,
  nuget: /^NUGET_PACKAGES$/
}
