import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Dockerfile, DockerfileProblem, Stage } from '../../src/dockerfile/dockerfile'
import { parseDockerfile, type ParseOptions } from '../../src/dockerfile/parse-dockerfile'

const folder = '__tests__/fixtures/dockerfiles'

/** A Dockerfile and, beside it, what it is about, how it is built and what must come out. */
export interface Fixture {
  readonly name: string
  readonly path: string
  readonly text: string
  readonly what: string
  readonly options: ParseOptions
  readonly expected: Golden
}

/** What a person can check against the Dockerfile: one text a stage and one a problem. */
export interface Golden {
  readonly stages: readonly string[]
  readonly problems: readonly string[]
}

interface GoldenFile extends Golden {
  readonly what: string
  readonly options?: Partial<ParseOptions>
}

export function readFixtures(): readonly Fixture[] {
  return readdirSync(folder)
    .filter(file => file.endsWith('.Dockerfile'))
    .sort()
    .map(file => {
      const name = file.slice(0, -'.Dockerfile'.length)
      const path = `${folder}/${file}`
      const { what, options, stages, problems } = JSON.parse(readFileSync(`${folder}/${name}.json`, 'utf8')) as GoldenFile
      const settings = { buildArgs: {}, platform: 'linux/amd64', buildPlatform: 'linux/amd64', ...options }
      return { name, path, text: readFileSync(path, 'utf8'), what, options: settings, expected: { stages, problems } }
    })
}

export function parseFixture({ text, options }: Fixture) {
  return parseDockerfile(text, options)
}

/** Compares with the JSON beside the Dockerfile; `UPDATE_GOLDEN=1` writes it instead, to be read in the diff. */
export function expectFixture(fixture: Fixture, dockerfile: Dockerfile, problems: readonly DockerfileProblem[]): void {
  const actual = {
    stages: dockerfile.stages.map(describeStage),
    problems: problems.map(problem => `${problem.line}: ${problem.message}`)
  }
  if (process.env['UPDATE_GOLDEN']) {
    const path = `${folder}/${fixture.name}.json`
    const kept = JSON.parse(readFileSync(path, 'utf8')) as GoldenFile
    writeFileSync(path, `${JSON.stringify({ ...kept, ...actual }, undefined, 2)}\n`)
    return
  }
  expect(actual).toEqual(fixture.expected)
}

/** `1 last [5-7] FROM $B = stage 0; COPY 6, RUN 7; from 0 at 5, copy 2 at 6`. */
function describeStage(stage: Stage): string {
  const { base } = stage
  const from = { stage: 'index', image: 'reference', context: 'name', scratch: 'kind' }[base.kind]
  const names = `${stage.index} ${stage.name}${stage.targetable ? '' : ' (no target)'}`
  const platform = stage.platform === undefined ? '' : ` on ${stage.platform}`
  const steps = stage.steps.map(step => `${step.kind} ${range(step.lines)}${step.onbuild ? ' onbuild' : ''}`)
  const edges = stage.edges.map(edge => `${edge.kind} ${edge.stage} at ${edge.line}`)
  return [
    `${names} [${range(stage.lines)}] FROM ${stage.baseText} = ${base.kind} ${Object.entries(base).find(([key]) => key === from)?.[1]}${platform}`,
    steps.join(', ') || 'no steps',
    edges.join(', ') || 'no edges'
  ].join('; ')
}

function range({ start, end }: { readonly start: number; readonly end: number }): string {
  return start === end ? String(start) : `${start}-${end}`
}
