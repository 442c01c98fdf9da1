import type { Dockerfile, DockerfileProblem } from './dockerfile'
import { predefinedArguments, withGlobalArgument, type BuildSettings } from './global-arguments'
import { neededStages, findTarget } from './stage-graph'
import { instructionProblem } from './instruction-rules'
import { readLogicalLines, type LogicalLine } from './logical-lines'
import type { Variables } from './shell-words'
import { WordError } from './word-error'
import { findBases } from './stage-bases'
import { draftStages, problemAt, type ReadingLine, type StageDraft } from './stage-draft'
import { groupStages, type StageLines } from './stage-lines'
import { orderProblems } from './stage-order'

export interface ParseOptions {
  readonly buildArgs: Readonly<Record<string, string>>
  /** What is built for: `linux/amd64`. */
  readonly platform: string
  /** What it is built on. */
  readonly buildPlatform: string
  readonly target?: string
  /** Names of `--build-context name=…`: such a name stands for the context, not for a stage or an image. */
  readonly buildContexts?: readonly string[]
}

/** The instructions behind the stages, for what a stage is made from. */
export interface Script {
  /** The ARGs before the first FROM. */
  readonly globals: readonly LogicalLine[]
  /** By stage index: FROM, and what follows it with the triggers it runs first. Its steps come in the order of `Stage.steps`. */
  readonly stages: readonly { readonly from: LogicalLine; readonly body: readonly ReadingLine[] }[]
}

export interface ParsedDockerfile {
  readonly dockerfile: Dockerfile
  readonly script: Script
  /** By line. */
  readonly problems: readonly DockerfileProblem[]
}

/**
 * Takes the text of a Dockerfile and gives its stages as BuildKit would build them for this target, and what BuildKit would
 * refuse. Never throws: with problems, the stages are those that could be made out. An unknown target is no problem of the
 * file's: findTarget tells. What an image itself brings (its ONBUILD triggers, its platform) is not known here.
 */
export function parseDockerfile(text: string, options: ParseOptions): ParsedDockerfile {
  const { escape, instructions, problems: lineProblems } = readLogicalLines(text)
  const file = groupStages(instructions)
  const targetName = options.target || (file.stages.at(-1)?.name ?? '')
  const globals = readGlobals(file.globals, { ...options, targetName })
  const foundations = findBases(file.stages, globals.variables, escape, options.buildContexts ?? [])
  const drafts = draftStages(file.stages, foundations)
  const dockerfile = { stages: drafts.map(draft => draft.stage) }
  const ownReads = drafts.map(draft => draft.ownReads)
  const problems = [
    ...lineProblems,
    ...instructions.flatMap(instruction => problemAt(instruction, instructionProblem(instruction))),
    ...file.problems,
    ...globals.problems,
    ...foundations.flatMap((foundation, at) => (isWellFormed(file.stages[at]) ? foundation.problems : [])),
    ...drafts.flatMap(draft => draft.problems),
    ...triggerProblems(dockerfile, drafts, options.target),
    ...orderProblems(dockerfile, ownReads, options.target)
  ]
  const script = {
    globals: file.globals,
    stages: file.stages.map(({ from }, at) => ({ from, body: drafts[at]?.script ?? [] }))
  }
  return { dockerfile, script, problems: problems.sort((one, other) => one.line - other.line) }
}

/** One fault of a FROM is told once. */
function isWellFormed(stage: StageLines | undefined): boolean {
  return stage !== undefined && instructionProblem(stage.from) === undefined
}

function readGlobals(args: readonly LogicalLine[], settings: BuildSettings) {
  const problems: DockerfileProblem[] = []
  let variables: Variables = predefinedArguments(settings)
  for (const arg of args) {
    try {
      variables = withGlobalArgument(variables, arg, settings)
    } catch (error) {
      if (!(error instanceof WordError)) throw error
      problems.push(...problemAt(arg, error.message))
    }
  }
  return { variables, problems }
}

function triggerProblems(dockerfile: Dockerfile, drafts: readonly StageDraft[], target: string | undefined) {
  if ('problem' in findTarget(dockerfile, target)) return []
  return neededStages(dockerfile, target).flatMap(stage => drafts[stage.index]?.triggerProblems ?? [])
}
