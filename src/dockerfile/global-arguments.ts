import type { InstructionText } from './instruction-text'
import { formatPlatform, parsePlatform } from './platform'
import { expandWord, type Variables } from './shell-words'
import { splitAssignments } from './words'

/** Where a build runs and what it is for, as the Dockerfile may ask. */
export interface BuildSettings {
  readonly buildArgs: Readonly<Record<string, string>>
  readonly platform: string
  readonly buildPlatform: string
  /** `--target`, else the last stage's name. */
  readonly targetName: string
}

/**
 * The variables that hold before any ARG: the platforms' and TARGETSTAGE, each overridden by a build arg of its name.
 * Rules: frontend/dockerfile/dockerfile2llb/platform.go (defaultArgs).
 */
export function predefinedArguments(settings: BuildSettings): Variables {
  const target = parsePlatform(settings.platform)
  const build = parsePlatform(settings.buildPlatform)
  const defaults: Readonly<Record<string, string>> = {
    BUILDPLATFORM: build === undefined ? settings.buildPlatform : formatPlatform(build, false),
    BUILDOS: build?.os ?? '',
    BUILDOSVERSION: build?.osVersion ?? '',
    BUILDARCH: build?.architecture ?? '',
    BUILDVARIANT: build?.variant ?? '',
    TARGETPLATFORM: target === undefined ? settings.platform : formatPlatform(target, true),
    TARGETOS: target?.os ?? '',
    TARGETOSVERSION: target?.osVersion ?? '',
    TARGETARCH: target?.architecture ?? '',
    TARGETVARIANT: target?.variant ?? '',
    TARGETSTAGE: settings.targetName === '' ? 'default' : settings.targetName
  }
  return new Map(Object.entries(defaults).map(([name, value]) => [name, buildArgument(settings, name) ?? value]))
}

/**
 * Takes an ARG from before the first FROM and gives the variables after it: a build arg as it is, else the expanded default;
 * an ARG with neither changes nothing. Throws WordError. Rules: frontend/dockerfile/dockerfile2llb/convert.go (buildMetaArgs).
 */
export function withGlobalArgument(variables: Variables, instruction: InstructionText, settings: BuildSettings): Variables {
  const after = new Map(variables)
  for (const word of splitAssignments(instruction.rest, instruction.escape)) {
    const equals = word.indexOf('=')
    const name = equals < 0 ? word : word.slice(0, equals)
    const value =
      buildArgument(settings, name) ?? (equals < 0 ? undefined : expandWord(word.slice(equals + 1), after, instruction.escape))
    if (value !== undefined) after.set(name, value)
  }
  return after
}

function buildArgument(settings: BuildSettings, name: string): string | undefined {
  return Object.hasOwn(settings.buildArgs, name) ? settings.buildArgs[name] : undefined
}
