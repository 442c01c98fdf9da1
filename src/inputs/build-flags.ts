import { buildFlags } from '../plan/flags'
import type { BuildFlagRow, BuildFlagValues } from '../plan/flags'
import type { ListForm } from '../plan/input-list'
import { parsePlatform } from '../plan/platform'
import * as checks from './checks'
import type { Check, InputReader } from './reader'

/** Reads every input of the table of plain flags, each in the form the table gives. */
export function readBuildFlags(reader: InputReader): BuildFlagValues {
  // The table says the type of each value, and so does BuildFlagValues, which is made from it.
  return Object.fromEntries(buildFlags.map(row => [row.key, readFlag(reader, row)])) as unknown as BuildFlagValues
}

function readFlag(reader: InputReader, row: BuildFlagRow): BuildFlagValues[BuildFlagRow['key']] {
  const { input } = row
  switch (row.form) {
    case 'text':
    case 'attestation':
      return reader.ifGiven(input, textChecks[input] ?? accept)
    case 'boolean':
      return reader.boolean(input)
    case 'comma-list':
    case 'line-list':
    case 'verbatim-list':
      return readList(reader, input, row.form)
    case 'attestations':
      return readList(reader, input, 'line-list')
    case 'platforms':
      return readPlatforms(reader, input)
    case 'secrets':
      return readSecrets(reader, input)
    case 'secret-envs':
      return readPairs(reader, input, 'comma-list', 'id=VARIABLE').map(([id, env]) => ({ id, env }))
    case 'secret-files':
      return readPairs(reader, input, 'line-list', 'id=path').map(([id, path]) => ({ id, path }))
  }
}

const accept: Check = () => undefined
const textChecks: Readonly<Record<string, Check>> = {
  builder: checks.checkBuilder,
  file: checks.checkFile,
  network: checks.checkNetwork,
  'shm-size': checks.checkSize
}
const itemChecks: Readonly<Record<string, Check>> = {
  'add-hosts': checks.checkHost,
  annotations: checks.checkAnnotation,
  tags: checks.checkTag,
  ulimit: checks.checkUlimit
}
/** As itemChecks, for values that may hold a password. */
const hiddenItemChecks: Readonly<Record<string, Check>> = {
  'build-args': checks.checkNamed,
  'build-contexts': checks.checkBuildContext,
  labels: checks.checkNamed
}

function readList(reader: InputReader, input: string, form: ListForm): readonly string[] {
  const items = reader.list(input, form)
  for (const [index, item] of items.entries()) {
    const problem = itemChecks[input]?.(item)
    if (problem !== undefined) reader.problem(input, item, problem)
    const hidden = hiddenItemChecks[input]?.(item)
    if (hidden !== undefined) reader.hiddenProblem(input, index, hidden)
  }
  return items
}

/** Each platform once, as BuildKit shows it; `local` stands for the machine's own, as with buildx. */
export function readPlatforms(reader: InputReader, input: string): readonly string[] {
  const platforms = reader.list(input, 'comma-list').flatMap(item => {
    if (item === 'local') return [item]
    const parsed = parsePlatform(item)
    if ('platform' in parsed) return [parsed.platform]
    reader.problem(input, item, parsed.problem)
    return []
  })
  return [...new Set(platforms)]
}

/**
 * Values go to docker as environment variables, of which Linux takes 128 KiB each (MAX_ARG_STRLEN). A value that is only `=` is the
 * end of a base64 line: a secret of several lines that was not quoted.
 */
function readSecrets(reader: InputReader, input: string): readonly { id: string; value: string }[] {
  return readPairs(reader, input, 'secret-list', 'id=value', (value, refuse) => {
    if (/^=*\s*$/.test(value)) refuse(`is not id=value. ${severalLines}`)
    else if (value.includes('\0')) refuse('has a NUL character in its value: use secret-files')
    else if (new TextEncoder().encode(value).length > 128_000) refuse('is longer than 128000 bytes: use secret-files')
  }).map(([id, value]) => ({ id, value }))
}

const severalLines = 'A secret of several lines stands in double quotes, from before its id to after its value'

function readPairs(
  reader: InputReader,
  input: string,
  form: ListForm,
  wanted: string,
  check: (value: string, refuse: (what: string) => void) => void = () => undefined
): readonly (readonly [string, string])[] {
  return reader.list(input, form).flatMap((entry, index) => {
    const problems = reader.problems.length
    const refuse = (what: string) => {
      reader.hiddenProblem(input, index, what)
    }
    const [, id = '', value = ''] = /^([^=]*)=(.*)$/s.exec(form === 'secret-list' ? entry.trimStart() : entry) ?? []
    if (id === '' || value === '') refuse(`is not ${wanted}. ${form === 'secret-list' ? severalLines : ''}`.trim())
    else if (/[\s\p{Cc}]/u.test(id)) refuse('has white space in its id')
    else check(value, refuse)
    return reader.problems.length > problems ? [] : [[id, value] as const]
  })
}
