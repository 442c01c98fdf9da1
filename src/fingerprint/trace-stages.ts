import type { Stage } from '../dockerfile/dockerfile'
import type { BuildSettings } from '../dockerfile/global-arguments'
import type { Expand } from '../dockerfile/cache-mount'
import { contextName } from '../dockerfile/image-reference'
import type { Script } from '../dockerfile/parse-dockerfile'
import { globalSettings } from './arguments'
import { baseMaterial, throughAlias } from './base-material'
import type { BaseMaterial, StageMaterial, StepMaterial } from './material'
import { StageTrace } from './stage-trace'
import type { StageLine } from './stage-trace'

export interface TraceOptions {
  readonly script: Script
  /** Dockerfile order. */
  readonly needed: readonly Stage[]
  readonly settings: BuildSettings
  /** Names of named build contexts. */
  readonly contexts: readonly string[]
  /** Inputs that are part of the keys of RUN steps, such as `ulimit`, with their values. */
  readonly inputs: Readonly<Record<string, string>>
  /** Told of every step, with what replaces the variables where it stands. */
  readonly onStep?: (stage: Stage, line: StageLine, expand: Expand) => void
}

/**
 * Goes through the stages as BuildKit does and gives what each is made from: settings with their values, and steps.
 * Rules: frontend/dockerfile/dockerfile2llb/convert.go (dispatch, dispatchArg, dispatchEnv, init).
 */
export function traceStages(options: TraceOptions): readonly StageMaterial[] {
  const { settings, script, needed, inputs, onStep } = options
  const globals = globalSettings(script.globals, settings)
  const contexts = new Set(options.contexts.flatMap(name => [name, contextName(name) ?? name]))
  const names = new Set(needed.filter(({ named }) => named).map(({ name }) => name))
  const traces = new Map<number, StageTrace>()
  // Of the stages without steps.
  const aliases = new Map<number, BaseMaterial>()
  return needed.map(stage => {
    const lines = script.stages[stage.index]
    if (!lines) throw new RangeError(`the script has no stage ${stage.index}`)
    const parent = stage.base.kind === 'stage' ? traces.get(stage.base.index) : undefined
    const trace = new StageTrace(globals, settings, contexts, names, parent ?? inputs, (line, expand) =>
      onStep?.(stage, line, expand)
    )
    traces.set(stage.index, trace)
    for (const line of lines.body) trace.take(line)
    const own = baseMaterial(stage, lines.from, globals)
    const alias = own.stage === undefined ? undefined : aliases.get(own.stage)
    const base = alias ? throughAlias(own, alias) : own
    if (stage.steps.length === 0) aliases.set(stage.index, base)
    return {
      name: stage.name,
      index: stage.index,
      platform: settings.platform,
      base,
      globals: [...globals.settings.values()],
      parts: trace.parts.map(part => (part.kind === 'step' ? withBases(part, aliases) : part))
    }
  })
}

function withBases(step: StepMaterial, aliases: ReadonlyMap<number, BaseMaterial>): StepMaterial {
  const found = step.stages.flatMap((stage, at): readonly (readonly [number, BaseMaterial])[] => {
    const base = aliases.get(stage)
    return base ? [[at, base]] : []
  })
  return { ...step, bases: Object.fromEntries(found) }
}
