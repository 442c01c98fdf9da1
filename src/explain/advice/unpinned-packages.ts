import { placed, type Finding, type Rule } from './advice'
import { readInstall, type Install } from './installs'
import { isLiteral, type Command } from './shell'

/**
 * Packages named without a version, by managers whose old versions stay available: the cached layer keeps what was newest once.
 * Not apt or apk: their archives drop old versions, so that a pinned one breaks the build later.
 */
export const unpinnedPackages: Rule = stages =>
  stages.flatMap(stage =>
    stage.instructions.flatMap((instruction): Finding[] => {
      if (!instruction.ran || instruction.environment.has('PIP_CONSTRAINT')) return []
      const found = instruction.commands.flatMap(command => {
        const install = readInstall(command)
        const packages = install?.of === 'named' ? unpinned(install, command) : []
        return install && packages.length > 0 ? [{ manager: install.manager, packages }] : []
      })
      const [first] = found
      if (first === undefined) return []
      const packages = [...new Set(found.filter(({ manager }) => manager === first.manager).flatMap(other => other.packages))]
      return [
        {
          rule: 'unpinned-packages',
          manager: first.manager,
          packages,
          ...placed(stage, instruction.source.lines, instruction.seconds, 'notice')
        }
      ]
    })
  )

function unpinned(install: Install, { words }: Command): readonly string[] {
  const read = readers[install.manager]
  if (read === undefined) return []
  // A project's own have a manifest to pin them.
  if (read === node && !install.rest.some(word => word === '-g' || word.includes('global'))) return []
  const named = namedBy(install.rest, read)
  return named?.filter(word => isLiteral(word.replace(/\[[\w,-]+\]$/, '')) && read.isMoving(word, words)) ?? []
}

interface Reader {
  /** Flags that stand alone. Where any other is, nothing is said: the word behind it may be its value. */
  readonly plain: RegExp
  /** Flags whose next word is theirs, and says nothing of a version. */
  readonly valued: RegExp
  readonly isMoving: (word: string, words: readonly string[]) => boolean
}

const node: Reader = {
  plain:
    /^(?:-g|--global|-D|-E|-s|-f|--force|--save|--save-dev|--unsafe-perm|--silent|--no-audit|--no-fund|--production|--legacy-peer-deps|--no-optional|--no-save|--quiet|--prod)$|=/,
  valued: /^--(?:registry|loglevel|cache)$/,
  isMoving: word => /^(?:@[\w.-]+\/)?[\w.-]+(?:@(?:latest|next))?$/.test(word) && !/^\.|\.tgz$|^(?:add|global)$/.test(word)
}
const pip: Reader = {
  plain:
    /^(?:--no-cache-dir|--no-cache|--upgrade|-U|--user|--quiet|-q+|--verbose|-v+|--break-system-packages|--disable-pip-version-check|--no-input|--force-reinstall|--no-compile|--prefer-binary|--ignore-installed|-I|--no-warn-script-location|--no-build-isolation|--system|--compile)$|^--(?!constraint|requirement|editable|pre)[\w-]+=/,
  valued:
    /^(?:--index-url|-i|--extra-index-url|--trusted-host|--timeout|--default-timeout|--retries|--prefix|--target|-t|--root|--progress-bar|--python)$/,
  isMoving: word =>
    /^[A-Za-z][\w.-]*(?:\[[\w,-]+\])?$/.test(word) &&
    !/\.(?:whl|txt|zip|gz)$/.test(word) &&
    !['pip', 'setuptools', 'wheel', 'install'].includes(word.toLowerCase())
}

const readers: { readonly [manager in Install['manager']]?: Reader } = {
  npm: node,
  pnpm: node,
  yarn: node,
  pip,
  uv: pip,
  go: {
    plain: /^-(?:v|x|trimpath)$|=/,
    valued: /^-(?:ldflags|tags)$/,
    isMoving: word => /@(?:latest|master|main|HEAD)$/.test(word)
  },
  gem: {
    plain: /^(?:--no-document|-N|--no-ri|--no-rdoc|--force|-f|--quiet|-q)$/,
    valued: /^$/,
    isMoving: word => /^[a-z][\w-]*$/.test(word)
  },
  cargo: {
    plain:
      /^(?:--locked|--force|-f|--quiet|-q|--verbose|-v|--no-default-features|--all-features)$|^--(?!vers|git|path|rev|tag|branch)[\w-]+=/,
    valued: /^(?:--features|-F|--root|--target|--profile|-j)$/,
    isMoving: word => /^[a-z][\w-]*$/.test(word)
  }
}

/** undefined where a flag is not known. */
function namedBy(rest: readonly string[], { plain, valued }: Reader): readonly string[] | undefined {
  const named: string[] = []
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] ?? ''
    if (valued.test(word)) at++
    else if (!word.startsWith('-')) named.push(word)
    else if (!plain.test(word)) return undefined
  }
  return named
}
