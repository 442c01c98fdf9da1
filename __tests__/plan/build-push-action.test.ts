// Our main build beside what docker/build-push-action starts buildx with: its argv was recorded (scripts/record-build-push-action.mjs).
import { readFileSync } from 'node:fs'
import { defaultGitContext, gitServer } from '../../src/git-context'
import { readInputs } from '../../src/inputs'
import { mainBuildArgv } from '../../src/plan/argv'
import type { BuildCommand } from '../../src/plan/argv'
import { parseBuilderFacts } from '../../src/plan/builder'
import { parseAttestedRun } from '../../src/plan/provenance'
import { action, reading } from '../inputs/fixture'

interface Case {
  readonly description: string
  readonly inputs: Record<string, string>
  readonly env?: Record<string, string>
  readonly event?: unknown
  readonly inspect?: string
  readonly argv?: readonly string[]
  readonly secrets?: readonly string[]
  readonly failed?: boolean
  readonly said?: readonly string[]
}

const { common, cases } = JSON.parse(readFileSync('__tests__/fixtures/build-push-action/argv.json', 'utf8')) as {
  readonly common: { readonly env: Record<string, string>; readonly inspect: string }
  readonly cases: readonly Case[]
}

/** Where we differ on purpose: docs/migration.md says why. */
const better: Readonly<Record<string, { readonly flags?: Record<string, unknown>; readonly refused?: RegExp }>> = {
  'context: template of nothing': { refused: /template that is not known \(other\)/ },
  // Theirs passes a second one under the same id, the job's token.
  'context: none, own GIT_AUTH_TOKEN of a host': { flags: { '--secret': [{ id: 'GIT_AUTH_TOKEN.github.com', value: 'mine' }] } },
  // Theirs escapes the `=` of the query as for HTML, and then takes it for another repository.
  'context: as a query with a directory': {
    flags: {
      context: [`https://github.com/acme/app.git?ref=${'c'.repeat(40)}:docker`],
      '--secret': [{ id: 'GIT_AUTH_TOKEN.github.com', value: 'the-job-token' }]
    }
  },
  // The same platforms: two spellings share a cache.
  'platforms in short forms': { flags: { '--platform': ['linux/amd64,linux/arm64'] } },
  // Theirs prints the entry and builds without the secret.
  'secrets: none has a value': { refused: /entry 1 is not id=value/ },
  'secrets: no equals sign': { refused: /entry 1 is not id=value/ },
  'secret-envs: none has a name': { refused: /entry 1 is not id=VARIABLE/ },
  // Theirs builds without it; buildx refuses.
  'secret-files: one is not there': { flags: { '--secret': ['id=A,src=./gone.txt', 'id=B,src=secret.txt'] } }
}

test.each(cases)('$description', theirs => {
  const ours = build(theirs)
  const { flags, refused } = better[theirs.description] ?? {}
  if (refused) {
    expect(ours.problems.join('\n')).toMatch(refused)
    expect(ours.problems.join('\n')).not.toContain('hush')
  } else if (theirs.failed) expect(ours.problems).not.toEqual([])
  else {
    expect(ours.problems).toEqual([])
    expect(grouped(ours.command.argv, secret => ours.command.env[secret])).toEqual({
      ...grouped(theirs.argv ?? [], secret => theirs.secrets?.[Number(secret)]),
      ...flags
    })
  }
})

test('every input of theirs is in the table, and every difference is in a case', () => {
  const theirs = Object.keys(action.inputs).slice(0, Object.keys(action.inputs).indexOf('buildx-version'))
  const given = new Set(cases.flatMap(({ inputs }) => Object.keys(inputs)))
  expect(theirs.filter(name => !given.has(name))).toEqual([])
  expect(Object.keys(better).filter(name => !cases.some(({ description }) => description === name))).toEqual([])
})

function build({ inputs: given, env: more, event, inspect }: Case): {
  readonly problems: readonly string[]
  readonly command: BuildCommand
} {
  const env = { ...common.env, ...more }
  const repository = { defaultContext: defaultGitContext(env, event), server: gitServer(env) }
  // As in the recording.
  const { inputs, problems } = readInputs(reading({ 'github-token': 'the-job-token', ...given }), repository)
  const attested = {
    run: parseAttestedRun(env, event),
    ...parseBuilderFacts(inspect ?? common.inspect),
    driver: driverOf(inspect)
  }
  const files = { metadataFile: '/m.json', iidFile: '/iid' }
  return { problems, command: mainBuildArgv({ inputs, builder: inputs.builder, attested, ...files }) }
}

function driverOf(inspect = common.inspect): string {
  return parseBuilderFacts(inspect)?.driver ?? ''
}

/** By flag its values in their order; of files only that there is one, and of secrets what they hold. */
function grouped(argv: readonly string[], secretValue: (name: string) => string | undefined): Record<string, unknown[]> {
  const flags: Record<string, unknown[]> = { context: argv.slice(-1) }
  const rest = argv.slice(2, -1)
  const add = (flag: string, value: unknown) => (flags[flag] = [...(flags[flag] ?? []), value])
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const [, joined, value] = /^(--[a-z-]+)=(.*)$/s.exec(argument) ?? []
    const flag = joined ?? argument
    if (flag === '--progress') continue
    const given = value ?? (alone.has(flag) ? true : rest.shift())
    if (flag === '--iidfile' || flag === '--metadata-file') add(flag, 'a file')
    else add(flag, flag === '--secret' ? secretOf(`${given}`, secretValue) : given)
  }
  return flags
}

const alone = new Set(['--load', '--no-cache', '--pull', '--push'])

function secretOf(text: string, valueOf: (name: string) => string | undefined): unknown {
  const [, id, name] = /^id=(.*),(?:src=<(?=\d+>$)|env=(?=STAGE_CACHE_SECRET_))(.*?)>?$/s.exec(text) ?? []
  return name === undefined ? text : { id, value: valueOf(name) }
}
