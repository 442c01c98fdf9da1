import { hideCredentials, withoutQueries } from '../signed-urls'
import type { SolveStatus } from './solve-status'
import { parseVertexName } from './vertex-name'

/** Takes text of BuildKit's; gives it with `${NAME}` in the place of values it has expanded. */
export type Hide = (text: string) => string

/** Shorter values are no secrets, and would be found everywhere. */
const shortest = 4

/**
 * Hides values by their names, all in one go: one may be part of another. BuildKit expands those of build arguments in names of steps and in errors
 * (dockerfile2llb/convert.go).
 */
export function hideValues(values: Iterable<readonly [name: string, value: string]>): Hide {
  const names = new Map<string, string>()
  for (const [name, value] of values) {
    for (const part of [value, ...value.split(/\r?\n/)]) if (part.length >= shortest && !names.has(part)) names.set(part, name)
  }
  if (names.size === 0) return text => text
  const longestFirst = [...names.keys()].sort((a, b) => b.length - a.length)
  const pattern = new RegExp(longestFirst.map(value => value.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'g')
  return text => text.replace(pattern, value => `\${${names.get(value)}}`)
}

/** Names and errors of a status; what steps themselves write is theirs. Stages, numbers and the refs of imports stay readable. */
export function hideInStatus(status: SolveStatus, hide: Hide): SolveStatus {
  if (!status.vertexes) return status
  return {
    ...status,
    vertexes: status.vertexes.map(({ name, error, progressGroup, ...event }) => ({
      ...event,
      ...(name === undefined ? {} : { name: hideInName(name, hide) }),
      ...(error === undefined ? {} : { error: hideInText(error, hide) }),
      ...(progressGroup === undefined
        ? {}
        : {
            progressGroup: progressGroup.name ? { ...progressGroup, name: hideInName(progressGroup.name, hide) } : progressGroup
          })
    }))
  }
}

/** Errors, and what buildx says besides progress: queries and passwords of URLs are cut too. Values come first, since one may be such a URL. */
export function hideInText(text: string, hide: Hide): string {
  return hideCredentials(withoutQueries(hide(text)))
}

function hideInName(name: string, hide: Hide): string {
  if (parseVertexName(name).kind === 'importing') return name
  const [, place = '', rest = ''] = /^(\[[^\]]*\] )?([\s\S]*)$/.exec(name) ?? []
  const [keyword = ''] = /^(?:ONBUILD )?(?:LINK )?\S* /.exec(rest) ?? []
  const shown = `${place}${keyword}${hide(rest.slice(keyword.length))}`
  // BuildKit names a git context with its password; the names of steps are those of the Dockerfile.
  return place === '[internal] ' ? hideCredentials(shown) : shown
}
