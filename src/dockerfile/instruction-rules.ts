import { didYouMean } from '../did-you-mean'
import { readHeredoc } from './heredoc'
import {
  argumentsOf,
  flagValues,
  isBrokenJsonForm,
  isJsonForm,
  keywordOf,
  nestedInstruction,
  type InstructionText
} from './instruction-text'
import { splitAssignments } from './words'

/**
 * What BuildKit refuses in an instruction by itself, or undefined. Flags that this does not know are left to BuildKit: newer
 * ones take more. Rules: frontend/dockerfile/instructions/parse.go, frontend/dockerfile/parser/line_parsers.go.
 */
export function instructionProblem(instruction: InstructionText): string | undefined {
  const keyword = keywordOf(instruction)
  const rule = Object.hasOwn(rules, keyword) ? rules[keyword] : undefined
  if (rule === undefined) return `unknown instruction: ${instruction.keyword}${didYouMean(keyword, Object.keys(rules))}`
  return rule(instruction)
}

type Rule = (instruction: InstructionText) => string | undefined

const stageName = /^[a-z][a-z0-9-_.]*$/

const rules: Readonly<Record<string, Rule>> = {
  FROM: firstOf(fromArguments, onlyFlag('platform')),
  RUN: texts,
  COPY: firstOf(texts, sourceAndDestination, singleValue('from')),
  ADD: firstOf(texts, sourceAndDestination),
  CMD: texts,
  ENTRYPOINT: texts,
  SHELL: firstOf(atLeastOne, texts, jsonOnly),
  VOLUME: firstOf(texts, atLeastOne),
  ARG: firstOf(atLeastOne, namedArguments),
  ENV: firstOf(atLeastOne, assignments),
  LABEL: firstOf(atLeastOne, assignments),
  EXPOSE: atLeastOne,
  HEALTHCHECK: firstOf(atLeastOne, healthcheck),
  ONBUILD: firstOf(atLeastOne, trigger),
  MAINTAINER: exactlyOne,
  STOPSIGNAL: exactlyOne,
  USER: exactlyOne,
  WORKDIR: exactlyOne
}

function firstOf(...all: readonly Rule[]): Rule {
  return instruction => {
    for (const rule of all) {
      const problem = rule(instruction)
      if (problem !== undefined) return problem
    }
    return undefined
  }
}

function fromArguments(instruction: InstructionText): string | undefined {
  const [, as, name, ...more] = argumentsOf(instruction)
  if (instruction.rest === '') return 'FROM requires either one or three arguments'
  if (as === undefined) return undefined
  if (name === undefined || more.length > 0 || as.toLowerCase() !== 'as') return 'FROM requires either one or three arguments'
  if (stageName.test(name.toLowerCase())) return undefined
  return `invalid name for build stage: "${name}", name can't start with a number or contain symbols`
}

function onlyFlag(name: string): Rule {
  return instruction => {
    const other = instruction.flags.find(flag => flag.replace(/=.*/s, '') !== `--${name}`)
    return other === undefined ? singleValue(name)(instruction) : `unknown flag: ${other.replace(/=.*/s, '')}`
  }
}

function singleValue(name: string): Rule {
  return instruction => {
    const values = flagValues(instruction, name)
    if (values.includes(undefined)) return `missing a value on flag: --${name}`
    return values.length > 1 ? `duplicate flag specified: --${name}` : undefined
  }
}

function texts(instruction: InstructionText): string | undefined {
  return isBrokenJsonForm(instruction) ? 'when using JSON array syntax, arrays must be comprised of strings only' : undefined
}

function jsonOnly(instruction: InstructionText): string | undefined {
  if (!isJsonForm(instruction)) return 'SHELL requires the arguments to be in JSON form'
  return argumentsOf(instruction).length === 0 ? 'SHELL requires at least one argument' : undefined
}

function sourceAndDestination(instruction: InstructionText): string | undefined {
  const keyword = keywordOf(instruction)
  const words = argumentsOf(instruction)
  if (words.length < 2) return `${keyword} requires at least two arguments, a source and a destination`
  return readHeredoc(words.at(-1) ?? '') === undefined ? undefined : `${keyword} cannot accept a heredoc as a destination`
}

function atLeastOne(instruction: InstructionText): string | undefined {
  return instruction.rest === '' ? `${keywordOf(instruction)} requires at least one argument` : undefined
}

function exactlyOne(instruction: InstructionText): string | undefined {
  return instruction.rest === '' ? `${keywordOf(instruction)} requires exactly one argument` : undefined
}

function namedArguments({ rest, escape }: InstructionText): string | undefined {
  return splitAssignments(rest, escape).some(word => word.startsWith('=')) ? 'ARG names can not be blank' : undefined
}

/** `NAME=value …`, or of old one `NAME value`. */
function assignments(instruction: InstructionText): string | undefined {
  const keyword = keywordOf(instruction)
  const words = splitAssignments(instruction.rest, instruction.escape)
  if (!words[0]?.includes('=')) return /[\t\v\f\r ]/.test(instruction.rest) ? undefined : `${keyword} must have two arguments`
  const bare = words.find(word => !word.includes('='))
  if (bare !== undefined) return `can't find = in "${bare}", must be of the form: name=value`
  return words.some(word => word.startsWith('=')) ? `${keyword} names can not be blank` : undefined
}

function healthcheck({ rest }: InstructionText): string | undefined {
  const [type = '', ...more] = rest.split(/\s+/)
  if (type.toUpperCase() === 'NONE') return more.length > 0 ? 'HEALTHCHECK NONE takes no arguments' : undefined
  if (type.toUpperCase() !== 'CMD') return `unknown type "${type}" in HEALTHCHECK (try CMD)`
  return more.length === 0 ? 'missing command after HEALTHCHECK CMD' : undefined
}

/** The trigger itself is judged where it runs: BuildKit does not look at it before. */
function trigger(instruction: InstructionText): string | undefined {
  const keyword = keywordOf(nestedInstruction(instruction))
  if (keyword === 'ONBUILD') return "chaining ONBUILD via ONBUILD ONBUILD isn't allowed"
  return keyword === 'FROM' || keyword === 'MAINTAINER' ? `${keyword} isn't allowed as an ONBUILD trigger` : undefined
}
