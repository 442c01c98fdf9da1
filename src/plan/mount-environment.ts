import type { MountUse } from '../dockerfile/cache-mount'
import type { Stage } from '../dockerfile/dockerfile'
import { keywordOf } from '../dockerfile/instruction-text'
import type { LogicalLine } from '../dockerfile/logical-lines'
import type { Script } from '../dockerfile/parse-dockerfile'
import { splitAssignments } from '../dockerfile/words'

/** What sets the variables that a step's mounts mention, as instructions of a Dockerfile of one line each. */
export interface MountEnvironment {
  /** The image at the bottom, which may set variables of its own. */
  readonly image: string
  /** The ARGs before the first FROM. */
  readonly globals: readonly string[]
  /** Of each stage from the bottom up to the step's. */
  readonly stages: readonly (readonly string[])[]
  /** The build arguments given that these read, with their values. */
  readonly given: Readonly<Record<string, string>>
}

/** The ARG and ENV instructions in force at a step. Undefined where it stands on no image, or they cannot be written on a line each. */
export function mountEnvironment(
  { stage: index, line }: MountUse,
  stages: readonly Stage[],
  script: Script,
  buildArgs: Readonly<Record<string, string>>
): MountEnvironment | undefined {
  const chain: Stage[] = []
  for (let at = stages.find(stage => stage.index === index); at; at = parentOf(at, stages)) chain.unshift(at)
  const base = chain[0]?.base
  if (base?.kind !== 'image') return undefined
  const bodies = chain.map(stage => {
    const body = (script.stages[stage.index]?.body ?? []).map(({ instruction }) => instruction)
    const own =
      stage.index === index ? body.findIndex(({ lines, keyword }) => lines.start === line && /^run$/i.test(keyword)) : -1
    return (own < 0 ? body : body.slice(0, own)).filter(instruction => ['ARG', 'ENV'].includes(keywordOf(instruction)))
  })
  const all = [...script.globals, ...bodies.flat()]
  if (all.some(({ escape, text }) => escape !== '\\' || text.includes('\n'))) return undefined
  const declared = new Set(
    all.flatMap(({ rest, escape }) => splitAssignments(rest, escape).map(word => word.replace(/=.*$/s, '')))
  )
  const given = Object.fromEntries(Object.entries(buildArgs).filter(([name]) => declared.has(name)))
  const textOf = ({ text }: LogicalLine) => text
  return { image: base.reference, globals: script.globals.map(textOf), stages: bodies.map(body => body.map(textOf)), given }
}

function parentOf({ base }: Stage, stages: readonly Stage[]): Stage | undefined {
  return base.kind === 'stage' ? stages.find(({ index }) => index === base.index) : undefined
}
