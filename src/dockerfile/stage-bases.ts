import type { DockerfileProblem, StageBase } from './dockerfile'
import { contextName, isImageReference } from './image-reference'
import { parsePlatform } from './platform'
import { expandWord, type Variables } from './shell-words'
import { WordError } from './word-error'
import type { StageLines } from './stage-lines'

/** What a stage starts from. */
export interface Foundation {
  readonly base: StageBase
  /** The stage whose ONBUILD triggers it runs. */
  readonly parent: number | undefined
  /** A named build context takes the place of the whole stage. */
  readonly replaced: boolean
  readonly platform: string | undefined
  readonly problems: readonly DockerfileProblem[]
}

/**
 * Finds what every stage is FROM: an earlier stage (the latest of that name, lower-case only), nothing, a named context or an image.
 * Rules: frontend/dockerfile/dockerfile2llb/convert.go (buildDispatchStates, addState, resolveBaseImage).
 */
export function findBases(
  stages: readonly StageLines[],
  variables: Variables,
  escape: string,
  contexts: readonly string[]
): readonly Foundation[] {
  const stageNamed = new Map<string, number>()
  const replaced = new Set<number>()
  const known = new Set(contexts.map(name => contextName(name) ?? name))
  return stages.map(stage => {
    const foundation = findBase(stage, { variables, escape, stageNamed, contexts: known, replaced })
    if (stage.name !== undefined) stageNamed.set(stage.name, stage.index)
    if (foundation.replaced) replaced.add(stage.index)
    return foundation
  })
}

interface Surroundings {
  readonly variables: Variables
  readonly escape: string
  readonly stageNamed: ReadonlyMap<string, number>
  readonly contexts: ReadonlySet<string>
  /** Stages so far whose place a context takes. */
  readonly replaced: ReadonlySet<number>
}

function findBase(stage: StageLines, surroundings: Surroundings): Foundation {
  const { variables, escape, stageNamed, contexts } = surroundings
  const problems: DockerfileProblem[] = []
  const refuse = (message: string) => problems.push({ line: stage.from.lines.start, message })
  const name = expand(stage.baseText, variables, escape, refuse)
  // What arguments come to may be secret.
  const remedy = 'check the values of its arguments, which ARG before the first FROM and build-args give'
  if (name === '') refuse(`base name (${stage.baseText}) should not be blank: ${remedy}`)
  const platform = stage.platformText === '' ? undefined : expand(stage.platformText, variables, escape, refuse)
  if (platform === '') refuse(`empty platform value from expression ${stage.platformText}`)
  else if (platform !== undefined && parsePlatform(platform) === undefined)
    refuse(`failed to parse platform ${stage.platformText}`)

  const own = stage.name === 'scratch' || stage.name === 'context' ? undefined : stage.name
  if (own !== undefined && !isImageReference(own))
    refuse(`invalid name for build stage: "${own}", it can not be looked up as a build context`)
  const replaced = own !== undefined && contexts.has(contextName(own) ?? own)
  const parent = name === undefined || replaced ? undefined : stageNamed.get(name)
  const settled = { parent, replaced, platform, problems }
  if (replaced) return { ...settled, base: { kind: 'context', name: own } }
  if (parent !== undefined && surroundings.replaced.has(parent))
    return { ...settled, base: { kind: 'context', name: name ?? '' } }
  if (parent !== undefined) return { ...settled, base: { kind: 'stage', index: parent } }
  if (name === 'scratch') return { ...settled, base: { kind: 'scratch' } }
  if (name !== undefined && name !== '' && !isImageReference(name))
    refuse(
      `"${stage.baseText}" is neither an earlier stage nor a valid image reference${name === stage.baseText ? '' : `: ${remedy}`}`
    )
  const context = contextName(name ?? '')
  if (context !== undefined && contexts.has(context)) return { ...settled, base: { kind: 'context', name: context } }
  return { ...settled, base: { kind: 'image', reference: name ?? stage.baseText } }
}

function expand(word: string, variables: Variables, escape: string, refuse: (message: string) => void): string | undefined {
  try {
    return expandWord(word, variables, escape)
  } catch (error) {
    if (!(error instanceof WordError)) throw error
    refuse(error.message)
    return undefined
  }
}
