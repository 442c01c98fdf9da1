import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { InputError } from '../../src/errors'
import { readInputs } from '../../src/inputs'
import type { Inputs } from '../../src/inputs'

export interface DeclaredInput {
  readonly description?: string
  readonly default?: string
  readonly required?: boolean
}

export interface ActionFile {
  readonly inputs: Readonly<Record<string, DeclaredInput>>
  readonly outputs: Readonly<Record<string, { readonly description?: string }>>
  readonly runs: Readonly<Record<string, string>>
}

export const action = load(readFileSync('action.yml', 'utf8')) as ActionFile

/** Reads inputs as a runner gives them: what the workflow wrote, else the default of action.yml, else an empty text. */
export function reading(given: Readonly<Record<string, string>>): (name: string) => string {
  for (const name of Object.keys(given)) if (!(name in action.inputs)) throw new Error(`action.yml has no input ${name}`)
  return name => given[name] ?? action.inputs[name]?.default ?? ''
}

/** As a job has it: throws an InputError with all problems. */
export function parseInputs(read: (name: string) => string): Inputs {
  const { inputs, problems } = readInputs(read)
  if (problems.length > 0) throw new InputError(problems)
  return inputs
}

export function inputsWith(given: Readonly<Record<string, string>> = {}): Inputs {
  return parseInputs(reading(given))
}

export function problemsOf(given: Readonly<Record<string, string>>): readonly string[] {
  return readInputs(reading(given)).problems
}
