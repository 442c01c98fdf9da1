import type { StageResult, StepResult } from '../explain/stage-result'
import type { ExportCause } from '../plan/exports'
import type { Backend } from '../reasons'
import { placeWords } from './places'
import { words, type Words } from './words'

export const noStepsWords: Words = ['no steps of its own']
/** In a node of the graph. */
export const noStepsShort: Words = ['no steps']

/** On the edge from a stage that was rebuilt to one that had to be for that. */
export const rebuiltWords: Words = ['rebuilt']

/** In the timeline. */
export const timelineTitle: Words = ['When it ran']
export const broughtInWords: Words = ['brought in']
export function savingWords(backend: Backend): Words {
  return words`saved to ${placeWords(backend)}`
}

/** Heading of the causes, and what else was rebuilt for one. */
export const whyTitle: Words = ['Why it was rebuilt']
export function alsoWords(names: Words): Words {
  return words`With it: ${names}`
}

/** A job that was refused, by the number of its problems. */
export function nothingBuiltWords(problems: number): Words {
  return problems === 1 ? words`Nothing was built` : words`Nothing was built: ${problems} problems`
}

export const cancelledBeforeWords: Words = words`Build cancelled before it began`

/** Why a stage was saved although it came from the cache; nothing for one that was left alone. */
export function savedAnewWords({ refs }: StageResult): Words {
  const cause = refs.find(({ exported, cause }) => exported !== 'unchanged' && exported !== 'not-asked' && cause)?.cause
  return cause ? savedAnew[cause] : []
}

/** The Dockerfile's line: BuildKit's number of a step counts FROM, so it is not what people count. */
export function lineWords({ line }: StepResult): Words {
  return line === undefined ? words` a step` : words` line ${line}`
}

const savedAnew: { readonly [cause in ExportCause]: Words } = {
  ran: [],
  'by-content': words`what it reads was rebuilt, now or in a build that failed, and came out as before`,
  'holds-others': words`holds stages that its ref lacks`,
  unsaved: words`the builder had it, and no ref did`,
  stale: words`its ref held something else`,
  absent: words`had no ref there yet`,
  refresh: words`saved again, so that it is not evicted`
}
