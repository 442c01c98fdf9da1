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
}

export function globalSettings(lines: readonly LogicalLine[], settings: BuildSettings): Globals {
  let variables = predefinedArguments(settings)
  const found = new Map<string, SettingMaterial>()
  for (const line of lines) {
    variables = withGlobalArgument(variables, line, settings)
    for (const name of splitAssignments(line.rest, line.escape).map(nameOf)) {
      const value = variables.get(name)
      if (value !== undefined) found.set(name, argumentSetting(name, value, line, isGiven(settings, name)))
    }
  }
  return { variables, settings: found }
}

/** `NAME` of `NAME` and of `NAME=value`. */
export function nameOf(word: string): string {
  return word.includes('=') ? word.slice(0, word.indexOf('=')) : word
}

/** The value comes from input build-args. */
export function isGiven({ buildArgs }: BuildSettings, name: string): boolean {
  return Object.hasOwn(buildArgs, name)
}

export function argumentSetting(name: string, value: string, { lines }: LogicalLine, given: boolean): SettingMaterial {
  return { kind: 'setting', name, by: 'ARG', value, line: lines.start, given }
}
