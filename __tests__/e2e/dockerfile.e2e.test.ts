import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ParseOptions } from '../../src/dockerfile/parse-dockerfile'
import { parseDockerfile } from '../../src/dockerfile/parse-dockerfile'
import { neededStages } from '../../src/dockerfile/stage-graph'
import { buildx, docker } from '../../testbed/builder.mjs'
import { readFixtures, type Fixture } from '../dockerfile/fixtures'

// The frontend that it names would have to be pulled.
const fixtures = readFixtures().filter(fixture => fixture.name !== 'syntax-directive')
const taken = fixtures.filter(fixture => fixture.expected.problems.length === 0)
const refused = fixtures.filter(fixture => fixture.expected.problems.length > 0)
const builds = taken.flatMap(fixture => targetsOf(fixture).map(target => ({ fixture, name: fixture.name, target })))

let context: string

beforeAll(async () => {
  context = await mkdtemp(join(tmpdir(), 'dockerfile-e2e-'))
  await writeFile(join(context, 'a.txt'), 'a\n')
  await writeFile(join(context, 'b.txt'), 'b\n')
  await writeFile(join(context, '--from=base'), 'named like a flag\n')
})
afterAll(() => rm(context, { recursive: true }))

// `outline` converts the Dockerfile as a build does, and runs nothing. Those that are taken are built below.
test.concurrent.each(refused)('BuildKit refuses $name', async fixture => {
  const error = await call('outline', fixture).then(
    () => 'nothing was refused',
    (error: { stderr: string }) => error.stderr
  )
  expect(error).toMatch(/ERROR: failed to build:/)
  expect(error).not.toMatch(/resolve source metadata|nothing was refused/)
})

test.concurrent.each(taken)('the stages of $name are those that BuildKit lists', async fixture => {
  const listed = JSON.parse(await call('targets', fixture)) as { targets: readonly Listed[] }
  const { stages } = parseDockerfile(fixture.text, fixture.options).dockerfile
  const ours = stages.map((stage, at) => ({
    ...(stage.named ? { name: stage.name } : {}),
    ...(at === stages.length - 1 ? { default: true } : {}),
    base: stage.baseText,
    hasPlatform: stage.platform !== undefined,
    line: stage.lines.start
  }))
  const theirs = listed.targets.map(({ name, default: isDefault, base, platform, location }) => ({
    ...(name === undefined ? {} : { name }),
    ...(isDefault === true ? { default: true } : {}),
    base,
    hasPlatform: platform !== undefined,
    line: location.ranges[0]?.start.line
  }))
  expect(ours).toEqual(theirs)
})

interface Listed {
  readonly name?: string
  readonly default?: boolean
  readonly base: string
  readonly platform?: string
  readonly location: { readonly ranges: readonly { readonly start: { readonly line: number } }[] }
}

// One after another: builds that run at the same time share steps, under the name that one of them gave.
test.each(builds)('a build of $name for the target "$target" has the steps of the needed stages', async ({ fixture, target }) => {
  const options = { ...fixture.options, target }
  const { dockerfile, problems } = parseDockerfile(fixture.text, options)
  if (problems.length > 0) {
    await expect(stepsBuilt(fixture, options)).rejects.toBeDefined()
    return
  }
  const needed = neededStages(dockerfile, target)
  const expected = new Map<string, number>()
  for (const { name, steps } of needed) {
    if (steps.length > 0) expected.set(name, (expected.get(name) ?? 0) + steps.length)
  }
  const built = await stepsBuilt(fixture, options)
  // The stage of a file that has but one is not named.
  if (built.size === 1 && built.has('')) expect([...built.values()]).toEqual([...expected.values()])
  else expect(Object.fromEntries(built)).toEqual(Object.fromEntries(expected))
})

function targetsOf({ options, expected, text }: Fixture): readonly string[] {
  const named = parseDockerfile(text, options).dockerfile.stages.filter(stage => stage.targetable)
  const some = expected.stages.length > 10 ? named.filter(stage => stage.index % 33 === 0) : named
  return [...new Set([options.target ?? '', ...some.map(stage => stage.name)])]
}

function call(method: 'outline' | 'targets', fixture: Fixture): Promise<string> {
  return docker(['buildx', ...buildArguments(fixture, fixture.options), '--call', `${method},format=json`, context])
}

/** Stage names as BuildKit shows them, with the number of their steps. */
async function stepsBuilt(fixture: Fixture, options: ParseOptions): Promise<ReadonlyMap<string, number>> {
  const log = await buildx([...buildArguments(fixture, options), '--progress=rawjson', '--output=type=cacheonly', context])
  const names = log
    .split('\n')
    .filter(line => line.startsWith('{'))
    .flatMap(line => (JSON.parse(line) as { vertexes?: readonly { name: string }[] }).vertexes ?? [])
    .map(vertex => /^\[(?:(\S+) )?\s*\d+\/\d+\] (?!FROM |LINK ).*/s.exec(vertex.name))
  const distinct = new Map(names.flatMap(match => (match === null ? [] : [[match[0], match[1] ?? ''] as const])))
  const counts = new Map<string, number>()
  for (const stage of distinct.values()) counts.set(stage, (counts.get(stage) ?? 0) + 1)
  return counts
}

function buildArguments({ path }: Fixture, { buildArgs, buildContexts = [], platform, target }: ParseOptions): readonly string[] {
  return [
    'build',
    '--file',
    path,
    '--platform',
    platform,
    ...(target ? ['--target', target] : []),
    ...Object.entries(buildArgs).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    ...buildContexts.flatMap(name => ['--build-context', `${name}=docker-image://busybox`])
  ]
}
