import type { Stage } from '../dockerfile/dockerfile'
import { contextName } from '../dockerfile/image-reference'
import { flagValues } from '../dockerfile/instruction-text'
import type { LogicalLine } from '../dockerfile/logical-lines'
import { variablesIn, withSources } from './arguments'
import type { Globals } from './arguments'
import type { BaseMaterial, SettingMaterial } from './material'

/** What a stage is FROM: an image by its name with variables expanded, or a stage by its index. */
export function baseMaterial(stage: Stage, from: LogicalLine, globals: Globals): BaseMaterial {
  const { base } = stage
  const platform = flagValues(from, 'platform').at(-1) ?? ''
  return {
    line: from.lines.start,
    ...(base.kind === 'stage' ? { stage: base.index } : {}),
    ...(base.kind === 'image' ? { image: contextName(base.reference) ?? base.reference } : {}),
    // The name behind AS, and what a stage it is FROM is called, are no part of any key.
    written: JSON.stringify([platform, base.kind === 'stage' ? null : stage.baseText]),
    shown: base.kind === 'image' && !givenAny(globals) ? (contextName(base.reference) ?? base.reference) : stage.baseText,
    variables: withSources(variablesIn(`${stage.baseText} ${platform}`), globals.sources).flatMap(
      name => globals.settings.get(name) ?? []
    ),
    opaque: base.kind === 'context'
  }
}

/** The same for a stage that is FROM one without steps: nothing of that one but its own base and its settings counts, and settings are inherited. */
export function throughAlias(own: BaseMaterial, alias: BaseMaterial): BaseMaterial {
  const variables = new Map<string, SettingMaterial>([...alias.variables, ...own.variables].map(one => [one.name, one]))
  return { ...alias, written: `${own.written}\n${alias.written}`, variables: [...variables.values()] }
}

/** Whether a global argument has a value of input build-args, which others may be made from: such a value is not to be shown. */
function givenAny({ settings }: Globals): boolean {
  return [...settings.values()].some(({ given }) => given)
}
