import { closest } from '../did-you-mean'
import { isDockersFrontend } from '../dockerfile/frontend'
import { predefinedArguments } from '../dockerfile/global-arguments'
import { keywordOf, nestedInstruction } from '../dockerfile/instruction-text'
import type { InstructionText } from '../dockerfile/instruction-text'
import type { Script } from '../dockerfile/parse-dockerfile'
import { splitAssignments } from '../dockerfile/words'

/** A name in an input that means nothing in the Dockerfile, and the one there that it most likely meant. */
export interface UnusedName {
  readonly input: 'build-args' | 'no-cache-filters'
  readonly name: string
  readonly nearest?: string
}

export interface GivenNames {
  /** As given: `NAME=value` or `NAME`. */
  readonly buildArgs: readonly string[]
  readonly noCacheFilters: readonly string[]
}

/**
 * The names that BuildKit passes over without a word: stages that are not in the file, and build arguments that no ARG of any stage declares, and
 * BuildKit itself does not take; what ONBUILD of a base image declares is not known here. None of a file that is read by another frontend than Docker's. `values` are the build arguments by name.
 */
export function unusedNames(
  given: GivenNames,
  { text, script, stages }: { readonly text: string; readonly script: Script; readonly stages: readonly string[] },
  values: Readonly<Record<string, string>>
): readonly UnusedName[] {
  if (!isDockersFrontend(text, values)) return []
  const declared = [...new Set([...script.globals, ...script.stages.flatMap(bodyOf)].flatMap(declaredBy))]
  const unused = (input: UnusedName['input'], name: string, among: readonly string[]): UnusedName => {
    const nearest = closest(name, among)
    return { input, name, ...(nearest === undefined ? {} : { nearest }) }
  }
  // A name that is made of variables may be any.
  const isClear = declared.every(name => /^[\w.-]*$/.test(name))
  return [
    ...given.noCacheFilters
      .filter(name => !stages.includes(name.toLowerCase()))
      .map(name => unused('no-cache-filters', name, stages)),
    ...(isClear ? namesOf(given.buildArgs, values) : [])
      .filter(name => !declared.includes(name) && !isPredefined(name))
      .map(name => unused('build-args', name, declared))
  ]
}

/** None of what may be a line of a value of several lines that was not quoted, and so a secret: `AbC=` or `AbC` of no variable. */
function namesOf(given: readonly string[], values: Readonly<Record<string, string>>): readonly string[] {
  const parts = given.map(argument => /^([A-Za-z_]\w*)(?:=(.*))?$/s.exec(argument) ?? [])
  const doubtful = new Set(parts.flatMap(([, name = '', value]) => (/^=*\s*$/.test(value ?? 'x') ? [name] : [])))
  const names = parts.flatMap(([, name = '']) => (Object.hasOwn(values, name) && !doubtful.has(name) ? [name] : []))
  return [...new Set(names)]
}

function bodyOf({ body }: Script['stages'][number]): readonly InstructionText[] {
  return body.map(({ instruction }) => (keywordOf(instruction) === 'ONBUILD' ? nestedInstruction(instruction) : instruction))
}

function declaredBy(instruction: InstructionText): readonly string[] {
  if (keywordOf(instruction) !== 'ARG') return []
  return splitAssignments(instruction.rest, instruction.escape).map(word => word.split('=')[0] ?? '')
}

const platforms = predefinedArguments({ buildArgs: {}, platform: '', buildPlatform: '', targetName: '' })

/** What BuildKit takes without an ARG (frontend/dockerfile/dockerfile2llb/convert.go, proxyEnvFromBuildArgs; frontend/dockerui/config.go), or sets itself. */
function isPredefined(name: string): boolean {
  return /^((HTTPS?|FTP|NO|ALL)_PROXY)$/i.test(name) || /^BUILDKIT_|^SOURCE_DATE_EPOCH$/.test(name) || platforms.has(name)
}
