import { placed, type Finding, type Rule } from './advice'
import type { Command } from './shell'
import type { CacheMount } from './source'

/** A cache mount, and in the same step a command that empties it or does not use it. */
export const defeatedCacheMount: Rule = (stages, { mountsKept }) =>
  stages.flatMap(stage =>
    stage.instructions.flatMap((instruction): Finding[] => {
      const { mounts, ran, commands, environment, source, seconds } = instruction
      if (!ran || mounts.length === 0) return []
      for (const command of commands) {
        for (const mount of mounts) {
          const by = emptiedBy(command, mount) ?? unusedBy(command, mount, environment)
          if (by === undefined) continue
          const place = placed(stage, source.lines, seconds, mountsKept ? 'warning' : 'notice')
          return [{ rule: 'defeated-cache-mount', target: mount.target, by, ...place }]
        }
      }
      return []
    })
  )

/** The command as written, where it leaves nothing in the mount. */
export function emptiedBy({ words }: Command, { target }: Pick<CacheMount, 'target'>): string | undefined {
  const [program = '', ...rest] = words
  if (program === 'rm' && rest.some(word => /^-[a-zA-Z]*[rR]|^--recursive/.test(word))) {
    const hit = rest.some(word => isAllOf(word, target))
    return hit ? words.join(' ') : undefined
  }
  const called = words.slice(0, 3).join(' ')
  return cleaners.some(({ command, directory }) => command.test(called) && directory.test(target)) ? words.join(' ') : undefined
}

/** The path is the mount or lies above it, or is all that is in it. */
function isAllOf(word: string, target: string): boolean {
  const path = word.replace(/^(?:~|\$HOME|\$\{HOME\})(?=\/)/, '/root').replace(/\/(?:\*+)?$/, '')
  if (!path.startsWith('/') || /[$`*?[]/.test(path) || path === '') return false
  return `${target}/`.startsWith(`${path}/`) || (target === '/var/lib/apt' && path === '/var/lib/apt/lists')
}

const cleaners: readonly { readonly command: RegExp; readonly directory: RegExp }[] = [
  { command: /^apt(?:-get)? (?:clean|distclean)$/, directory: /^\/var\/cache\/apt(?:\/|$)|^\/var\/cache$/ },
  { command: /^npm cache clean/, directory: /\/\.npm$/ },
  { command: /^yarn cache clean/, directory: /yarn/ },
  { command: /^pip3? cache purge/, directory: /\.cache(?:\/pip)?$/ },
  { command: /^uv cache clean/, directory: /\.cache(?:\/uv)?$/ },
  { command: /^go clean -modcache/, directory: /\/pkg\/mod$/ },
  { command: /^go clean -cache/, directory: /go-build$/ },
  { command: /^composer clear-?cache/, directory: /composer|\/tmp\/cache/ },
  { command: /^dotnet nuget locals/, directory: /\.nuget/ }
]

function unusedBy(
  { words, assignments }: Command,
  { target }: CacheMount,
  environment: ReadonlyMap<string, string>
): string | undefined {
  const called = words.join(' ')
  const given = (name: string) => assignments.get(name) ?? environment.get(name)
  const isOn = (name: string) => /^(?:1|true|yes|on)$/i.test(given(name) ?? '')
  if (/^(?:python[\d.]* -m )?pip[\d.]* (?:\S+ )*?install\b/.test(called) && /\/\.cache(?:\/pip)?$/.test(target)) {
    if (words.includes('--no-cache-dir')) return '--no-cache-dir'
    return isOn('PIP_NO_CACHE_DIR') && !words.includes('--cache-dir') ? 'PIP_NO_CACHE_DIR' : undefined
  }
  if (/^uv (?:sync|pip install)\b/.test(called) && /\/\.cache(?:\/uv)?$/.test(target)) {
    if (words.includes('--no-cache')) return '--no-cache'
    return isOn('UV_NO_CACHE') ? 'UV_NO_CACHE' : undefined
  }
  if (/^apk (?:\S+ )*?add\b/.test(called) && /^\/(?:var\/cache|etc)\/apk$/.test(target) && words.includes('--no-cache'))
    return '--no-cache'
  return undefined
}
