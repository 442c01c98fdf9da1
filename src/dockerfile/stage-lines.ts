import type { DockerfileProblem } from './dockerfile'
import { argumentsOf, flagValues, keywordOf } from './instruction-text'
import type { LogicalLine } from './logical-lines'

/** A stage as it is written: nothing expanded or looked up yet. */
export interface StageLines {
  readonly index: number
  /** Lower-case; undefined where FROM has no AS. */
  readonly name: string | undefined
  readonly baseText: string
  readonly platformText: string
  readonly from: LogicalLine
  readonly body: readonly LogicalLine[]
}

export interface FileLines {
  /** The ARGs before the first FROM. */
  readonly globals: readonly LogicalLine[]
  readonly stages: readonly StageLines[]
  readonly problems: readonly DockerfileProblem[]
}

/** Deals the instructions out to stages. Rules: frontend/dockerfile/instructions/parse.go (Parse, parseFrom). */
export function groupStages(instructions: readonly LogicalLine[]): FileLines {
  const froms = instructions.flatMap((instruction, at) => (keywordOf(instruction) === 'FROM' ? [at] : []))
  const before = instructions.slice(0, froms[0])
  const stages = froms.map((at, index) => stageLines(index, instructions.slice(at, froms[index + 1])))
  const problems = before
    .filter(instruction => keywordOf(instruction) !== 'ARG')
    .map(instruction => ({
      line: instruction.lines.start,
      message: `${instruction.keyword} stands before the first FROM: no build stage in current context`
    }))
  if (stages.length === 0) {
    problems.push({
      line: 1,
      message: instructions.length === 0 ? 'file with no instructions' : 'no FROM: the Dockerfile contains no stages to build'
    })
  }
  return { globals: before.filter(instruction => keywordOf(instruction) === 'ARG'), stages, problems }
}

function stageLines(index: number, [from, ...body]: readonly LogicalLine[]): StageLines {
  if (from === undefined) throw new RangeError(`stage ${index} has no FROM`)
  const [baseText = '', as, name] = argumentsOf(from)
  return {
    index,
    name: as === undefined ? undefined : name?.toLowerCase(),
    baseText,
    platformText: flagValues(from, 'platform').at(-1) ?? '',
    from,
    body
  }
}
