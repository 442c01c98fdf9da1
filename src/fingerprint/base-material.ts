import type { Stage } from '../dockerfile/dockerfile'
import { contextName } from '../dockerfile/image-reference'
import { flagValues } from '../dockerfile/instruction-text'
import type { LogicalLine } from '../dockerfile/logical-lines'
import type { Globals } from './arguments'
import type { BaseMaterial } from './material'
import { variablesIn } from './step-material'

/** What a stage stands on. */
export function baseMaterial(stage: Stage, from: LogicalLine, globals: Globals): BaseMaterial {
  const { base } = stage
  const platform = flagValues(from, 'platform').at(-1) ?? ''
  return {
    line: from.lines.start,
    ...(base.kind === 'stage' ? { stage: base.index } : {}),
    ...(base.kind === 'image' ? { image: contextName(base.reference) ?? base.reference } : {}),
    // The name behind AS, and what a stage it is FROM is called, are no part of any key.
    written: JSON.stringify([platform, base.kind === 'stage' ? null : stage.baseText]),
    shown: stage.baseText,
    variables: variablesIn(`${stage.baseText} ${platform}`).flatMap(name => globals.settings.get(name) ?? []),
    opaque: base.kind === 'context'
  }
}
