import { isImageReference } from './image-reference'
import { flagValues, keywordOf, type InstructionText } from './instruction-text'
import { expandWord } from './shell-words'
import { WordError } from './word-error'
import type { StageLines } from './stage-lines'
import { splitFields } from './words'

/** A stage that an instruction reads. */
export interface Read {
  readonly kind: 'copy' | 'mount'
  readonly stage: number
}

export interface Reads {
  readonly reads: readonly Read[]
  readonly problem?: string
}

/**
 * Looks up what `COPY --from` and `RUN --mount=from` name: a stage of any place in the file, without regard to case, or an
 * image; a number for COPY only. Ask in the order of the file: BuildKit counts every image that is read as one more stage.
 * Rules: frontend/dockerfile/dockerfile2llb/convert.go (toCommand), convert_runmount.go (detectRunMount, dispatchRunMounts).
 */
export function sourceLookup(stages: readonly StageLines[]): (instruction: InstructionText) => Reads {
  const stageNamed = new Map(stages.flatMap(stage => (stage.name === undefined ? [] : [[stage.name, stage.index] as const])))
  let states = stages.length

  function named(name: string): { stage?: number; problem?: string } {
    const stage = stageNamed.get(name.toLowerCase())
    if (stage !== undefined) return { stage }
    states++
    if (name === 'scratch' || isImageReference(name)) return {}
    return { problem: `"${name}" is neither a stage nor a valid image reference` }
  }

  function copied(from: string): Reads {
    const index = /^[+-]?[0-9]+$/.test(from) ? Number(from) : undefined
    if (index !== undefined && (index < 0 || index >= states)) return { reads: [], problem: `invalid stage index ${from}` }
    if (index !== undefined) return { reads: index < stages.length ? [{ kind: 'copy', stage: index }] : [] }
    const problem = expansionProblem(from)
    if (problem !== undefined) return { reads: [], problem }
    const source = named(from)
    return { ...source, reads: source.stage === undefined ? [] : [{ kind: 'copy', stage: source.stage }] }
  }

  function mounted(mount: string): Reads {
    const { type = 'bind', from = '' } = Object.fromEntries(splitFields(mount).map(keyAndValue))
    const dollar = from.indexOf('$')
    if (dollar >= 0 && dollar < from.length - 1) {
      return { reads: [], problem: "'from' doesn't support variable expansion, define alias stage instead" }
    }
    const source = named(from === '' ? 'scratch' : from)
    // Only these types mount what they name, and a bind without from mounts the build context.
    const isRead = from === '' ? type === 'cache' : !['tmpfs', 'secret', 'ssh'].includes(type)
    return { ...source, reads: isRead && source.stage !== undefined ? [{ kind: 'mount', stage: source.stage }] : [] }
  }

  return instruction => {
    const keyword = keywordOf(instruction)
    if (keyword === 'COPY') {
      const from = flagValues(instruction, 'from').at(-1) ?? ''
      return from === '' ? { reads: [] } : copied(from)
    }
    if (keyword !== 'RUN') return { reads: [] }
    const mounts = flagValues(instruction, 'mount').map(value => mounted(value ?? ''))
    const problem = mounts.find(mount => mount.problem !== undefined)?.problem
    return { reads: mounts.flatMap(mount => mount.reads), ...(problem === undefined ? {} : { problem }) }
  }
}

function expansionProblem(from: string): string | undefined {
  try {
    if (expandWord(from, new Map(), '\\') === from) return undefined
    return 'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround'
  } catch (error) {
    if (error instanceof WordError) return error.message
    throw error
  }
}

function keyAndValue(field: string): readonly [string, string] {
  const equals = field.indexOf('=')
  return equals < 0 ? [field.toLowerCase(), ''] : [field.slice(0, equals).toLowerCase(), field.slice(equals + 1)]
}
