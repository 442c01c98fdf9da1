import { predefinedArguments, withGlobalArgument, type BuildSettings } from '../dockerfile/global-arguments'
import type { LogicalLine } from '../dockerfile/logical-lines'
import type { Variables } from '../dockerfile/shell-words'
import { splitAssignments } from '../dockerfile/words'
import type { SettingMaterial } from './material'

/** What the ARGs before the first FROM come to. */
export interface Globals {
  readonly variables: Variables
  /** Of the arguments declared before the first FROM. */
  readonly settings: ReadonlyMap<string, SettingMaterial>
  readonly sources: Sources
}

/** What the value of a variable was made from: names of other variables, and of those that they were made from. */
export type Sources = ReadonlyMap<string, readonly string[]>

/** Names with all that they were made from. */
export function withSources(names: readonly string[], sources: Sources): readonly string[] {
  return [...new Set(names.flatMap(name => [name, ...(sources.get(name) ?? [])]))]
}

/** Takes the ARG lines before the first FROM. Throws a WordError where one cannot be read, which parseDockerfile reported before. */
export function globalSettings(lines: readonly LogicalLine[], settings: BuildSettings): Globals {
  let variables = predefinedArguments(settings)
  const found = new Map<string, SettingMaterial>()
  const sources = new Map<string, readonly string[]>()
  for (const line of lines) {
    variables = withGlobalArgument(variables, line, settings)
    for (const word of splitAssignments(line.rest, line.escape)) {
      const name = nameOf(word)
      sources.set(name, isGiven(settings, name) ? [] : withSources(variablesIn(word.slice(name.length)), sources))
      const value = variables.get(name)
      if (value === undefined) continue
      // Where it is declared again it stands behind what that line made it from.
      found.delete(name)
      found.set(name, argumentSetting(name, value, line, isGiven(settings, name) ? given : variablesIn(word.slice(name.length))))
    }
  }
  return { variables, settings: found, sources }
}

/** Names of the variables that a text mentions. */
export function variablesIn(text: string): readonly string[] {
  return [...new Set(Array.from(text.matchAll(/\$\{?([A-Za-z_]\w*)/g), ([, name]) => name ?? ''))]
}

/** `NAME` of `NAME` and of `NAME=value`. */
export function nameOf(word: string): string {
  return word.includes('=') ? word.slice(0, word.indexOf('=')) : word
}

/** The value comes from input build-args. */
export function isGiven({ buildArgs }: BuildSettings, name: string): boolean {
  return Object.hasOwn(buildArgs, name)
}

/** Stands for what an argument's value was made from: input build-args. */
export const given = 'given'

/** One ARG as what a step may be made from; `of`: the variables of its default, or that its value was given. */
export function argumentSetting(
  name: string,
  value: string,
  { lines }: LogicalLine,
  of: readonly string[] | typeof given
): SettingMaterial {
  return { kind: 'setting', name, by: 'ARG', value, line: lines.start, given: of === given, of: of === given ? [] : of }
}
