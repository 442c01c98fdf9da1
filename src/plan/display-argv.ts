import { hideCredentials } from '../signed-urls'
import { parseFields } from './build-attributes'
import { formatAttributes } from './cache-attrs'

/**
 * A command as one line for the log, quoted for a shell. Values of build arguments are hidden, and so are credentials in caches,
 * outputs and URLs, and the ids of secrets given by value: where a secret of several lines was not quoted, its lines are taken for
 * secrets of their own, and an id may be a piece of it.
 */
export function displayArgv(program: string, argv: readonly string[]): string {
  const shown = argv.map((argument, index) => {
    const [, flag, value] = /^(--[a-z-]+)=(.*)$/s.exec(argument) ?? []
    return flag === undefined ? hideValue(argv[index - 1] ?? '', argument) : `${flag}=${hideValue(flag, value ?? '')}`
  })
  return [program, ...shown].map(quoteForShell).join(' ')
}

/** The build arguments of a command with their values; `NAME` alone takes its value from the environment. */
export function givenBuildArguments(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>
): Readonly<Record<string, string>> {
  const given = argv.flatMap((argument, index) =>
    argv[index - 1] === flagOfArgument
      ? [argument]
      : argument.startsWith(`${flagOfArgument}=`)
        ? [argument.slice(flagOfArgument.length + 1)]
        : []
  )
  return Object.fromEntries(
    given.map(text => {
      const [, name = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? []
      return [name, value ?? env[name] ?? '']
    })
  )
}

const flagOfArgument = '--build-arg'
const mark = '***'

function hideValue(flag: string, value: string): string {
  switch (flag) {
    case '--build-arg':
      return value.includes('=') ? `${value.slice(0, value.indexOf('='))}=${mark}` : value
    case '--secret':
      return /STAGE_CACHE_SECRET_\d+"?$/.test(value) ? `id=${mark}${value.slice(value.lastIndexOf(',env='))}` : value
    case '--cache-from':
    case '--cache-to':
    case '--output':
      return hideCredentials(hideAttributes(value))
    default:
      return hideCredentials(value)
  }
}

/** Attributes such as `token`, `ghtoken`, `secret_access_key` and `account_key`. */
function hideAttributes(value: string): string {
  const fields = parseFields(value)
  if (fields === undefined) return mark
  if (!fields.some(field => secretAttribute.test(field))) return value
  return formatAttributes(
    fields.map(field => {
      const [key, ...rest] = field.split('=')
      return [key ?? '', secretAttribute.test(field) ? mark : rest.join('=')]
    })
  )
}

const secretAttribute = /^[^=]*(token|secret|password|key)[^=]*=/i

function quoteForShell(argument: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`
}
