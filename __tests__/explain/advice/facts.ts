import { parseDockerfile } from '../../../src/dockerfile/parse-dockerfile'
import { findTarget, neededStages } from '../../../src/dockerfile/stage-graph'
import type { AdviceRule, BuildFacts, Finding } from '../../../src/explain/advice/advice'
import { rules } from '../../../src/explain/advice/rules'
import { readSource } from '../../../src/explain/advice/source'
import type { StageResult } from '../../../src/explain/stage-result'

export interface Build extends Partial<Omit<BuildFacts, 'context'>> {
  readonly context?: Partial<BuildFacts['context']>
  /** Files of the context and their text. */
  readonly files?: Readonly<Record<string, string>>
  readonly platforms?: readonly string[]
  readonly targetName?: string
  /** Lines of steps that came from the cache; `all`: every one. */
  readonly cached?: readonly number[] | 'all'
}

/** A build of the Dockerfile in which every step ran for ten seconds, but for what the test says. */
export function factsOf(text: string, build: Build = {}): BuildFacts {
  const { files = {}, platforms = ['linux/amd64'], targetName, cached = [], context, ...more } = build
  const options = { buildArgs: {}, platform: 'linux/amd64', buildPlatform: 'linux/amd64' }
  const { dockerfile, problems } = parseDockerfile(text, { ...options, ...(targetName ? { target: targetName } : {}) })
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  const target = findTarget(dockerfile, targetName)
  if ('problem' in target) throw new Error(target.problem)
  const isCached = (line: number) => cached === 'all' || cached.includes(line)
  const results = platforms.flatMap(platform =>
    neededStages(dockerfile, targetName).map((stage): StageResult => {
      const steps = stage.steps.map((step, index) => {
        const hit = isCached(step.lines.start)
        return {
          number: index + 2,
          command: step.text,
          line: step.lines.start,
          status: hit ? 'cached' : 'ran',
          seconds: hit ? 0 : 10
        } as const
      })
      const count = steps.filter(({ status }) => status === 'cached').length
      const status = count === steps.length ? 'hit' : count === 0 ? 'miss' : 'partial'
      const seconds = steps.reduce((sum, step) => sum + step.seconds, 0)
      return { name: stage.name, index: stage.index, platform, status, steps, cached: count, seconds, reason: null, refs: [] }
    })
  )
  return {
    text,
    dockerfile,
    results,
    target: target.stage.index,
    withoutRef: new Set(),
    buildArgs: new Set(),
    buildContexts: new Set(),
    buildPlatform: 'linux/amd64',
    mountsKept: true,
    warnings: [],
    ...more,
    context: { files: new Map(Object.entries(files)), ignore: '.git', git: false, ...context }
  }
}

/** What one rule finds in a build. */
export function findings<Rule extends AdviceRule>(
  rule: Rule,
  text: string,
  build: Build = {}
): readonly (Finding & { rule: Rule })[] {
  const facts = factsOf(text, build)
  return rules[rule](readSource(text, facts.dockerfile, facts.results), facts) as readonly (Finding & { rule: Rule })[]
}

/** The lines that a rule speaks of. */
export function linesOf(rule: AdviceRule, text: string, build: Build = {}): readonly number[] {
  return findings(rule, text, build).map(({ lines }) => lines.start)
}
