import type { DockerfileProblem, Stage, StageEdge, Step, StepKind } from './dockerfile'
import { instructionProblem } from './instruction-rules'
import { keywordOf, nestedInstruction } from './instruction-text'
import type { LogicalLine } from './logical-lines'
import type { Foundation } from './stage-bases'
import type { StageLines } from './stage-lines'
import { sourceLookup, type Reads } from './stage-reads'

/** A stage with what is needed to judge it. */
export interface StageDraft {
  readonly stage: Stage
  /** All its instructions behind FROM, the triggers it runs first; none for a replaced stage. */
  readonly script: readonly ReadingLine[]
  /** What its own instructions read, a replaced stage's too. */
  readonly ownReads: readonly StageEdge[]
  readonly problems: readonly DockerfileProblem[]
  /** Those of the triggers that it runs: BuildKit looks at them only in needed stages. */
  readonly triggerProblems: readonly DockerfileProblem[]
}

/** Puts lines, bases and reads together to stages. `foundations` goes with `stages`, one for each. */
export function draftStages(stages: readonly StageLines[], foundations: readonly Foundation[]): readonly StageDraft[] {
  const lookUp = sourceLookup(stages)
  const bodies = stages.map(stage => stage.body.map(instruction => ({ instruction, ...lookUp(instruction) })))
  const lastOfName = new Map(stages.map(stage => [stage.name, stage.index]))
  const isBuilt = (edge: StageEdge) => foundations[edge.stage]?.replaced !== true
  return stages.map((lines, at) => {
    const foundation = foundations[at]
    if (foundation === undefined) throw new RangeError(`no base is given for stage ${at}`)
    const parent = foundation.parent === undefined ? undefined : stages[foundation.parent]
    const triggers = (parent?.body ?? []).flatMap(triggerOf).map(instruction => ({ instruction, ...lookUp(instruction) }))
    const body = bodies[at] ?? []
    const edges = [...fromEdge(lines, foundation), ...[...triggers, ...body].flatMap(edgesOf)].filter(isBuilt)
    const start = lines.from.lines.start
    const stage: Stage = {
      index: lines.index,
      name: lines.name ?? `stage-${lines.index}`,
      named: lines.name !== undefined,
      targetable: lines.name !== undefined && lastOfName.get(lines.name) === lines.index,
      baseText: lines.baseText,
      base: foundation.base,
      ...(foundation.platform === undefined ? {} : { platform: foundation.platform }),
      lines: { start, end: (lines.body.at(-1) ?? lines.from).lines.end },
      steps: foundation.replaced ? [] : [...triggers.flatMap(stepOf).map(asTrigger), ...body.flatMap(stepOf)],
      edges: foundation.replaced ? [] : oncePerLine(edges)
    }
    return {
      stage,
      script: foundation.replaced ? [] : [...triggers, ...body],
      ownReads: body.flatMap(edgesOf).filter(isBuilt),
      problems: body.flatMap(({ instruction, problem }) => problemAt(instruction, problem)),
      triggerProblems: triggers.flatMap(({ instruction, problem }) =>
        problemAt(instruction, instructionProblem(instruction) ?? problem)
      )
    }
  })
}

/** An instruction and the stages it reads. */
export interface ReadingLine extends Reads {
  readonly instruction: LogicalLine
}

export function problemAt(instruction: LogicalLine, message: string | undefined): readonly DockerfileProblem[] {
  return message === undefined ? [] : [{ line: instruction.lines.start, message }]
}

/** The instruction that an ONBUILD holds for the stages FROM this one. */
function triggerOf(instruction: LogicalLine): readonly LogicalLine[] {
  if (keywordOf(instruction) !== 'ONBUILD' || instruction.rest === '') return []
  return [{ ...nestedInstruction(instruction), source: instruction.source.replace(/^onbuild\s*/i, ''), lines: instruction.lines }]
}

function fromEdge(lines: StageLines, { base }: Foundation): readonly StageEdge[] {
  return base.kind === 'stage' ? [{ stage: base.index, kind: 'from', line: lines.from.lines.start }] : []
}

function edgesOf({ instruction, reads }: ReadingLine): readonly StageEdge[] {
  return reads.map(read => ({ ...read, line: instruction.lines.start }))
}

function oncePerLine(edges: readonly StageEdge[]): readonly StageEdge[] {
  const isSame = (one: StageEdge, other: StageEdge) =>
    one.stage === other.stage && one.kind === other.kind && one.line === other.line
  return edges.filter((edge, at) => edges.findIndex(other => isSame(edge, other)) === at)
}

function stepOf({ instruction }: ReadingLine): readonly Step[] {
  const kind = keywordOf(instruction)
  return isStepKind(kind) ? [{ kind, text: instruction.source, lines: instruction.lines }] : []
}

function asTrigger(step: Step): Step {
  return { ...step, onbuild: true }
}

export function isStepKind(keyword: string): keyword is StepKind {
  return ['RUN', 'COPY', 'ADD', 'WORKDIR'].includes(keyword)
}
