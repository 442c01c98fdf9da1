import type { StageResult } from '../explain/stage-result'
import { group } from './group'
import { bold, bullets, code, NOTHING, ours, sentence, type Markdown } from './markdown'
import type { BuildReport } from './report'
import { whyWords } from './sentences'
import { alsoWords, whyTitle } from './sentences-stages'
import { hasOwnCause, inOrder } from './tallies'
import { namesWords } from './words'

/** Stages that were rebuilt for a cause of their own, the cause, and what was rebuilt with them. */
export function whySection({ stages }: Pick<BuildReport, 'stages'>, rows: number): Markdown {
  const ordered = inOrder(stages)
  const roots = group(ordered.filter(isRoot), ({ index }) => index).map(([first]) => first)
  if (roots.length === 0 || rows === 0) return NOTHING
  const items = roots.slice(0, rows).map(root => {
    const also = followers(root, ordered)
    const line = ours`${bold(code(root.name))}: ${sentence(whyWords(root))}`
    return also.length === 0 ? line : ours`${line}. ${sentence(alsoWords(namesWords(also)))}`
  })
  const left = roots.length - items.length
  return ours`### ${sentence(whyTitle)}\n\n${bullets([...items, ...(left > 0 ? [ours`… and ${left} more`] : [])])}`
}

/** A failed step is shown above. */
function isRoot({ status, reason }: StageResult): boolean {
  return (status === 'miss' || status === 'partial') && reason !== null && hasOwnCause(reason)
}

/** Names of the stages that had to be rebuilt for this one, directly or through others, in Dockerfile order. */
function followers(root: StageResult, stages: readonly StageResult[]): readonly string[] {
  const names = new Set([root.name])
  // What a stage is made from comes before it in the Dockerfile.
  for (const { name, reason } of stages) if (reason?.code === 'parent-rebuilt' && names.has(reason.parent)) names.add(name)
  return [...names].slice(1)
}
